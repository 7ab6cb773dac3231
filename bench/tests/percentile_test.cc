// SPDX-License-Identifier: MIT
#include "util/percentile.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace ima_bench {
namespace {

// 1 to `count`: each sample is its own rank.
std::vector<double> Ranks(size_t count) {
  std::vector<double> ranks(count);
  std::iota(ranks.begin(), ranks.end(), 1);
  return ranks;
}

TEST(NearestRank, IsExactWhereTheRankIsWhole) {
  EXPECT_EQ(NearestRank(Ranks(1000), 500), 500);
  EXPECT_EQ(NearestRank(Ranks(1000), 990), 990);
  EXPECT_EQ(NearestRank(Ranks(1000), 999), 999);
  EXPECT_EQ(NearestRank(Ranks(1000), 1000), 1000);
}

TEST(NearestRank, RoundsTheRankUp) {
  EXPECT_EQ(NearestRank(Ranks(1001), 999), 1000);
  EXPECT_EQ(NearestRank(Ranks(5), 500), 3);
  EXPECT_EQ(NearestRank(Ranks(4), 500), 2);
  EXPECT_EQ(NearestRank(Ranks(4), 501), 3);
}

TEST(NearestRank, OfFewSamplesTheTailIsTheLargest) {
  EXPECT_EQ(NearestRank(Ranks(99), 990), 99);
  EXPECT_EQ(NearestRank(Ranks(1), 1), 1);
  EXPECT_EQ(NearestRank(Ranks(1), 1000), 1);
}

TEST(NearestRank, GivesASampleNeverAValueBetween) {
  const std::vector<double> samples = {1, 1, 50, 1000};
  EXPECT_EQ(NearestRank(samples, 500), 1);
  EXPECT_EQ(NearestRank(samples, 750), 50);
  EXPECT_EQ(NearestRank(samples, 751), 1000);
}

TEST(Percentiles, AscendAndEndWithTheLargest) {
  for (size_t i = 1; i < kPercentiles.size(); ++i)
    EXPECT_LT(kPercentiles[i - 1].per_mille, kPercentiles[i].per_mille);
  EXPECT_EQ(kPercentiles.back().per_mille, 1000U);
}

}  // namespace
}  // namespace ima_bench
