// SPDX-License-Identifier: MIT
// Percentiles of a latency, computed from all samples.
#ifndef BENCH_UTIL_PERCENTILE_H_
#define BENCH_UTIL_PERCENTILE_H_

#include <array>
#include <cstdint>
#include <span>

namespace ima_bench {

struct Percentile {
  const char* label;    // for people
  const char* counter;  // in a row of the JSON, in nanoseconds
  uint64_t per_mille;   // of all samples
};

// Those that rows of latency have, ascending.
inline constexpr std::array<Percentile, 5> kPercentiles = {{
    {"p50", "p50_ns", 500},
    {"p90", "p90_ns", 900},
    {"p99", "p99_ns", 990},
    {"p99.9", "p99_9_ns", 999},
    {"max", "max_ns", 1000},
}};

// The smallest sample such that at least `per_mille` (1 to 1000) of all are not
// above it: the nearest rank, never a value between two samples. `sorted` is
// ascending and not empty.
double NearestRank(std::span<const double> sorted, uint64_t per_mille);

}  // namespace ima_bench

#endif  // BENCH_UTIL_PERCENTILE_H_
