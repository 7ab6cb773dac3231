// SPDX-License-Identifier: MIT
#include "verify/pcr_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

namespace ima {
namespace {

struct Line {
  uint32_t pcr;
  const Hash* bank;
  Digest value;
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes "PCR-NN:" off the front of `line`.
std::optional<uint32_t> TakeIndex(std::string_view& line) {
  constexpr std::string_view kPrefix = "PCR-";
  constexpr size_t kDigits = 2;
  if (!line.starts_with(kPrefix)) return std::nullopt;
  line.remove_prefix(kPrefix.size());
  if (line.size() <= kDigits || line[kDigits] != ':' || !IsDigit(line[0]) ||
      !IsDigit(line[1])) {
    return std::nullopt;
  }
  const int index = (line[0] - '0') * 10 + (line[1] - '0');
  line.remove_prefix(kDigits + 1);
  return static_cast<uint32_t>(index);
}

std::optional<Line> ParseLine(std::string_view line) {
  const auto pcr = TakeIndex(line);
  if (!pcr || *pcr >= kPcrCount) return std::nullopt;
  std::string digits(line);
  std::erase(digits, ' ');
  const auto value = HexDecode(digits);
  const Hash* bank = value ? Hash::FromSize(value->size()) : nullptr;
  if (bank == nullptr) return std::nullopt;
  return Line{*pcr, bank, Digest(*value)};
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<PcrBanks> ParsePcrFile(std::string_view text) {
  PcrBanks banks;
  std::map<const Hash*, std::array<bool, kPcrCount>> seen;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) continue;
    const auto parsed = ParseLine(line);
    if (!parsed) {
      return BadInput(fmt::format(
          "line {} is not of the form 'PCR-00: hexadecimal digits'", number));
    }
    bool& taken = seen[parsed->bank][parsed->pcr];
    if (taken) {
      return BadInput(fmt::format("line {} gives PCR {} of bank {} again",
                                  number, parsed->pcr, parsed->bank->name()));
    }
    taken = true;
    banks[parsed->bank][parsed->pcr] = parsed->value;
  }
  for (const auto& [bank, lines] : seen) {
    if (const auto count = std::count(lines.begin(), lines.end(), true);
        count != kPcrCount) {
      return BadInput(fmt::format("has {} PCRs of bank {} instead of {}", count,
                                  bank->name(), kPcrCount));
    }
  }
  if (banks.empty()) return BadInput("holds no PCR values");
  return banks;
}

}  // namespace ima
