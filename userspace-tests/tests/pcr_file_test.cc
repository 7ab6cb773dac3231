// SPDX-License-Identifier: MIT
#include "verify/pcr_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"

namespace ima::test {
namespace {

constexpr size_t kSha1Digits = 40;
constexpr size_t kSha256Digits = 64;

// One bank's lines; the value of PCR n is n in each byte.
std::vector<std::string> BankLines(size_t digits) {
  std::vector<std::string> lines;
  for (uint32_t pcr = 0; pcr < kPcrCount; ++pcr) {
    lines.push_back(fmt::format("PCR-{:02}: ", pcr));
    while (lines.back().size() < digits + 8) {
      lines.back() += fmt::format("{:02x}", pcr);
    }
  }
  return lines;
}

std::string ToText(const std::vector<std::string>& lines,
                   std::string_view end = "\n") {
  return fmt::format("{}{}", fmt::join(lines, end), end);
}

// One bank, whose line `number` (from 1) is another one.
Result<PcrBanks> ParseWithLine(size_t number, const std::string& line) {
  auto lines = BankLines(kSha1Digits);
  lines[number - 1] = line;
  return ParsePcrFile(ToText(lines));
}

std::string ValueOf(const PcrBanks& banks, std::string_view bank,
                    uint32_t pcr) {
  return HexEncode(banks.at(Hash::FromName(bank)).at(pcr).bytes());
}

TEST(PcrFile, TellsBanksByTheNumberOfDigits) {
  const auto banks = ParsePcrFile(ToText(BankLines(kSha1Digits)) +
                                  ToText(BankLines(kSha256Digits)));
  ASSERT_THAT(banks, IsOk());
  ASSERT_EQ(banks->size(), 2U);
  EXPECT_EQ(ValueOf(*banks, "sha1", 23), BankLines(kSha1Digits)[23].substr(8));
  EXPECT_EQ(ValueOf(*banks, "sha256", 10),
            BankLines(kSha256Digits)[10].substr(8));
}

TEST(PcrFile, TakesAnyOrderAndLineEnds) {
  auto lines = BankLines(kSha1Digits);
  std::swap(lines[0], lines[23]);
  lines.insert(lines.begin() + 7, "");
  for (const auto* end : {"\n", "\r\n"}) {
    const auto banks = ParsePcrFile(ToText(lines, end));
    ASSERT_THAT(banks, IsOk());
    EXPECT_EQ(ValueOf(*banks, "sha1", 23), lines[0].substr(8));
  }
  std::string text = ToText(lines);
  text.pop_back();
  EXPECT_THAT(ParsePcrFile(text), IsOk());
}

// As the kernel shows the PCRs of a TPM 1.2.
TEST(PcrFile, SkipsBlanksBetweenDigits) {
  std::string line = "PCR-03:";
  for (int i = 0; i < 20; ++i) line += " AF";
  const auto banks = ParseWithLine(4, line);
  ASSERT_THAT(banks, IsOk());
  EXPECT_EQ(ValueOf(*banks, "sha1", 3).substr(0, 4), "afaf");
}

TEST(PcrFile, NamesTheLineThatDoesNotFit) {
  const std::string digits(kSha1Digits, '0');
  for (const std::string& line :
       {"PCR-24: " + digits, "PCR-3: " + digits, "PCR-003: " + digits,
        "pcr-03: " + digits, "PCR-03 " + digits, "PCR-0x: " + digits,
        "PCR-:3: " + digits, "PCR-03: 0" + digits, "PCR-03: 00" + digits,
        "PCR-03: " + digits.substr(2), "PCR-03: " + digits.substr(1) + "g",
        std::string("PCR-03:"), std::string("PCR-03"), std::string("x")}) {
    EXPECT_THAT(ParseWithLine(4, line),
                FailsWith(Verdict::kBadInput, "line 4 is not"))
        << line;
  }
}

TEST(PcrFile, WantsEachPcrOnce) {
  const auto lines = BankLines(kSha1Digits);
  EXPECT_THAT(ParseWithLine(4, lines[2]),
              FailsWith(Verdict::kBadInput, "line 4 gives PCR 2 of bank sha1"));
  EXPECT_THAT(ParseWithLine(4, ""),
              FailsWith(Verdict::kBadInput, "has 23 PCRs of bank sha1"));
  EXPECT_THAT(ParseWithLine(4, BankLines(kSha256Digits)[3]),
              FailsWith(Verdict::kBadInput, "PCRs of bank sha"));
  EXPECT_THAT(ParsePcrFile(""),
              FailsWith(Verdict::kBadInput, "holds no PCR values"));
  EXPECT_THAT(ParsePcrFile("\n\n"),
              FailsWith(Verdict::kBadInput, "holds no PCR values"));
}

}  // namespace
}  // namespace ima::test
