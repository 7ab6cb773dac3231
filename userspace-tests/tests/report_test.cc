// SPDX-License-Identifier: MIT
#include "tools/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const Buffer kBoot = NgRecord("boot_aggregate");
const Buffer kViolation = Violation("/v");

// Two records, one of them a violation, and one more that nothing attests.
Checked MakeChecked() {
  const PcrBanks values = ReplayAll({kBoot, kViolation}, {"sha1"});
  return {VerifyAgainst({kBoot, Join({kViolation, NgRecord("/new")})}, values)
              .value(),
          {}};
}

// A list that repeats its segment and goes on.
Checked MakeRepeated() {
  const Buffer whole = Join({kBoot, kViolation});
  const PcrBanks values = ReplayAll({whole}, {"sha1"});
  return {VerifyAgainst({kBoot, whole}, values).value(), {}};
}

// The same list against a quote, beside a PCR that no record extends.
Checked MakeQuoted() {
  const PcrBanks values = ReplayAll({kBoot}, {"sha256"});
  const std::vector<PcrSelection> selections = {{kTpmAlgSha256, {0, 10}}};
  auto quote = MakeQuote(
      {.selections = selections, .pcr_digest = DigestOf(values, selections)});
  auto list = UnverifiedList::Parse(ToFiles({kBoot}), Hash::Sha1()).value();
  const auto target =
      Target::FromQuote(quote, &values, list.ExtendedPcrs(), nullptr).value();
  auto verified = Verify(std::move(list), target).value();
  return {std::move(verified), std::move(quote)};
}

json ToJson(const Result<Checked>& outcome) {
  return json::parse(JsonReport(outcome));
}

TEST(TextReport, TellsWhatIsAttested) {
  const std::string text = TextReport(MakeChecked());
  EXPECT_THAT(text, HasSubstr("verified: 2 records fit the PCR values\n"));
  EXPECT_THAT(text, HasSubstr("  file-0: records 0 to 0\n"));
  EXPECT_THAT(text, HasSubstr("  file-1: records 1 to 1\n"));
  EXPECT_THAT(text, HasSubstr("  PCR 10 (sha1): "));
  EXPECT_THAT(text, HasSubstr("1 violations among them: nothing attests"));
  EXPECT_THAT(text, HasSubstr("1 more records were added after that"));
}

TEST(TextReport, SaysNothingOfWhatIsNot) {
  const std::string text = TextReport(MakeQuoted());
  EXPECT_THAT(text, HasSubstr("verified: 1 records fit the TPM quote\n"));
  EXPECT_THAT(text, HasSubstr("PCR 0 (sha256): " + std::string(64, '0') +
                              ", as given: no record extends it\n"));
  EXPECT_THAT(text, Not(HasSubstr("violations")));
  EXPECT_THAT(text, Not(HasSubstr("more records")));
}

TEST(TextReport, TellsWhatIsRepeated) {
  const std::string text = TextReport(MakeRepeated());
  EXPECT_THAT(text, HasSubstr("verified: 2 records fit the PCR values\n"));
  EXPECT_THAT(text, HasSubstr("  file-1: records 1 to 1\n"
                              "  the first 1 records of file-1 are those of "
                              "segments, which count once\n"));
  EXPECT_THAT(TextReport(MakeChecked()), Not(HasSubstr("count once")));
}

TEST(TextReport, NamesThePlaceOfAnError) {
  const auto report = [](const Place& place) {
    return TextReport(NotVerified("why", place));
  };
  EXPECT_EQ(report({}), "not verified: why\n");
  EXPECT_EQ(report({"log.1", {}, {}}), "not verified: log.1: why\n");
  EXPECT_EQ(report({"log.1", 7, 512}),
            "not verified: record 7 (log.1, byte 512): why\n");
  EXPECT_EQ(report({{}, 7, {}}), "not verified: record 7: why\n");
  EXPECT_THAT(TextReport(BadInput("why")), EndsWith("bad input: why\n"));
}

TEST(JsonReport, TellsWhatIsAttested) {
  const json report = ToJson(MakeChecked());
  EXPECT_EQ(report["result"], "verified");
  EXPECT_EQ(report["records"], 2);
  EXPECT_EQ(report["records_after"], 1);
  EXPECT_EQ(report["records_repeated"], 0);
  EXPECT_EQ(report["violations"], 1);
  EXPECT_EQ(report["files"],
            json::parse(R"([{"file":"file-0","first_record":0,"records":1},
                            {"file":"file-1","first_record":1,"records":1}])"));
  const PcrBanks values = ReplayAll({kBoot, kViolation}, {"sha1"});
  EXPECT_EQ(report["pcrs"]["sha1"]["10"],
            HexEncode(values.at(&Hash::Sha1())[10].bytes()));
  EXPECT_FALSE(report.contains("quote"));
}

TEST(JsonReport, TellsWhatIsRepeated) {
  const json report = ToJson(MakeRepeated());
  EXPECT_EQ(report["records"], 2);
  EXPECT_EQ(report["records_repeated"], 1);
  EXPECT_EQ(report["files"][1], json::parse(R"({"file":"file-1",
                                "first_record":1,"records":1})"));
}

TEST(JsonReport, TellsOfTheQuote) {
  const json report = ToJson(MakeQuoted());
  EXPECT_EQ(report["given_pcrs"],
            json({{"sha256", {{"0", std::string(64, '0')}}}}));
  EXPECT_EQ(report["quote"],
            json::parse(R"({"scheme":"ecdsa","hash":"sha256","clock":1000,
                            "reset_count":2,"restart_count":3,"safe":true,
                            "firmware_version":4})"));
}

TEST(JsonReport, NamesThePlaceOfAnError) {
  EXPECT_EQ(ToJson(NotVerified("why", {"log.1", 7, 512})),
            json::parse(R"({"result":"not verified","reason":"why",
                            "file":"log.1","record":7,"offset":512})"));
  EXPECT_EQ(ToJson(BadInput("why")),
            json::parse(R"({"result":"bad input","reason":"why"})"));
}

TEST(JsonReport, HoldsAnyFileName) {
  EXPECT_EQ(ToJson(BadInput("why", {"a\xff\"\n", {}, {}}))["file"],
            "a\ufffd\"\n");
}

}  // namespace
}  // namespace ima::test
