// SPDX-License-Identifier: MIT
#include "verify/overlap.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace ima {
namespace {

bool Same(const Record& a, const Record& b) {
  return AsText(a.bytes) == AsText(b.bytes);
}

// How a search goes on (Knuth, Morris, Pratt): `matched` records of `pattern`,
// not all of them, were found before `next`; how many are with it.
size_t Advance(std::span<const Record> pattern,
               const std::vector<size_t>& borders, size_t matched,
               const Record& next) {
  while (matched > 0 && !Same(pattern[matched], next)) {
    matched = borders[matched - 1];
  }
  return Same(pattern[matched], next) ? matched + 1 : 0;
}

// For each prefix of `pattern` the length of its longest border.
std::vector<size_t> FindBorders(std::span<const Record> pattern) {
  std::vector<size_t> borders(pattern.size(), 0);
  for (size_t i = 1; i < pattern.size(); ++i) {
    borders[i] = Advance(pattern, borders, borders[i - 1], pattern[i]);
  }
  return borders;
}

}  // namespace

size_t CountRepeated(std::span<const Record> before,
                     std::span<const Record> after) {
  if (after.empty()) return 0;
  const auto borders = FindBorders(after);
  size_t matched = 0;
  for (const Record& record :
       before.last(std::min(before.size(), after.size()))) {
    matched = Advance(after, borders, matched, record);
  }
  const auto run = after.first(matched);
  const bool only_violations =
      std::all_of(run.begin(), run.end(),
                  [](const Record& record) { return record.IsViolation(); });
  return only_violations ? 0 : matched;
}

size_t CountSame(std::span<const Record> a, std::span<const Record> b) {
  const auto [end, other] =
      std::mismatch(a.begin(), a.end(), b.begin(), b.end(), Same);
  return static_cast<size_t>(end - a.begin());
}

}  // namespace ima
