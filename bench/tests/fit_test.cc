// SPDX-License-Identifier: MIT
#include "util/fit.h"

#include <gtest/gtest.h>

#include <vector>

namespace ima_bench {
namespace {

TEST(FitLine, FindsTheLineThatTheSamplesAreOn) {
  const std::vector<Sample> samples = {
      {100, 5 + 0.5}, {1000, 5 + 5}, {20000, 5 + 100}};
  const auto fit = FitLine(samples);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fixed, 5, 1e-9);
  EXPECT_NEAR(fit->per_record, 0.005, 1e-12);
  EXPECT_NEAR(fit->largest_deviation, 0, 1e-9);
}

// A tenth too much at 10,000 records is ten times the fixed cost: plain least
// squares makes the fixed cost 2.3 of it, and misses the small samples.
TEST(FitLine, WeighsSamplesByRelativeError) {
  const std::vector<Sample> samples = {
      {100, 2}, {200, 3}, {300, 4}, {10000, 101 * 1.1}, {20000, 201}};
  const auto fit = FitLine(samples);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fixed, 1, 0.1);
  EXPECT_NEAR(fit->per_record, 0.01, 0.0005);
}

TEST(FitLine, ShowsThatACurveIsNoLine) {
  const std::vector<Sample> samples = {
      {100, 0.01}, {1000, 1}, {10000, 100}, {20000, 400}};
  const auto fit = FitLine(samples);
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->largest_deviation, 0.5);
}

TEST(FitLine, RefusesWhatIsNoLine) {
  EXPECT_FALSE(FitLine({}));
  const std::vector<Sample> one_size = {{100, 1}, {100, 2}};
  EXPECT_FALSE(FitLine(one_size));
  const std::vector<Sample> no_time = {{100, 1}, {200, 0}};
  EXPECT_FALSE(FitLine(no_time));
}

}  // namespace
}  // namespace ima_bench
