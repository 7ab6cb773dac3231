// SPDX-License-Identifier: MIT
// A straight line through measured times.
#ifndef BENCH_UTIL_FIT_H_
#define BENCH_UTIL_FIT_H_

#include <optional>
#include <span>

namespace ima_bench {

struct Sample {
  double records;  // > 0
  double time;     // any unit, > 0
};

// time = fixed + per_record * records.
struct LinearFit {
  double fixed;              // unit of time
  double per_record;         // unit of time a record
  double largest_deviation;  // largest |time - fitted| / time of any sample
};

// The line with the smallest sum of squared *relative* residuals, so that a
// flush of 100 records counts as much as one of 100,000 and the fixed cost is
// not drowned. Nothing with fewer than two different record counts, or if a
// sample is not positive.
std::optional<LinearFit> FitLine(std::span<const Sample> samples);

}  // namespace ima_bench

#endif  // BENCH_UTIL_FIT_H_
