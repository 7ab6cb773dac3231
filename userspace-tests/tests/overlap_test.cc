// SPDX-License-Identifier: MIT
#include "verify/overlap.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sample.h"

namespace ima::test {
namespace {

// What each letter stands for; 'v' is a violation.
std::vector<Record> ToRecords(std::string_view letters) {
  static const Buffer a = NgRecord("a");
  static const Buffer b = NgRecord("b");
  static const Buffer v = Violation("v");
  std::vector<Record> records;
  for (const char letter : letters) {
    records.push_back(ParseOne(letter == 'a' ? a : (letter == 'b' ? b : v)));
  }
  return records;
}

size_t Count(std::string_view before, std::string_view after) {
  return CountRepeated(ToRecords(before), ToRecords(after));
}

// The definition, word for word.
size_t CountSlowly(std::string_view before, std::string_view after) {
  for (size_t n = std::min(before.size(), after.size()); n > 0; --n) {
    if (before.ends_with(after.substr(0, n))) {
      return after.substr(0, n).find_first_not_of('v') == std::string_view::npos
                 ? 0
                 : n;
    }
  }
  return 0;
}

// All words of at most `length` letters.
std::vector<std::string> Words(size_t length) {
  std::vector<std::string> words = {""};
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].size() < length) {
      for (const char letter : {'a', 'b', 'v'}) {
        words.push_back(words[i] + letter);
      }
    }
  }
  return words;
}

TEST(Overlap, IsTheLargestRunAtTheJoin) {
  EXPECT_EQ(Count("ab", "ab"), 2U);
  EXPECT_EQ(Count("bbab", "abb"), 2U);
  EXPECT_EQ(Count("ab", "ba"), 1U);
  EXPECT_EQ(Count("aba", "bb"), 0U);
  EXPECT_EQ(Count("aaa", "aa"), 2U);
  EXPECT_EQ(Count("", "a"), 0U);
  EXPECT_EQ(Count("a", ""), 0U);
}

TEST(Overlap, IsNotMadeOfViolationsAlone) {
  EXPECT_EQ(Count("avv", "vvb"), 0U);
  EXPECT_EQ(Count("avv", "avvb"), 3U);
}

TEST(Overlap, IsAlsoCountedFromTheStart) {
  const auto count = [](std::string_view a, std::string_view b) {
    return CountSame(ToRecords(a), ToRecords(b));
  };
  EXPECT_EQ(count("abv", "aba"), 2U);
  EXPECT_EQ(count("ab", "abv"), 2U);
  EXPECT_EQ(count("abv", "ab"), 2U);
  EXPECT_EQ(count("a", "b"), 0U);
  EXPECT_EQ(count("", "a"), 0U);
  EXPECT_EQ(count("a", ""), 0U);
}

TEST(Overlap, FollowsItsDefinitionOnAllShortLists) {
  for (const std::string& before : Words(4)) {
    for (const std::string& after : Words(4)) {
      ASSERT_EQ(Count(before, after), CountSlowly(before, after))
          << before << " | " << after;
    }
  }
}

}  // namespace
}  // namespace ima::test
