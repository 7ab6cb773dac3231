// SPDX-License-Identifier: MIT
// From when to when something ran.
#ifndef BENCH_UTIL_TIME_SPAN_H_
#define BENCH_UTIL_TIME_SPAN_H_

#include <chrono>

namespace ima_bench {

// Two readings of CLOCK_MONOTONIC.
struct TimeSpan {
  std::chrono::steady_clock::time_point begin{}, end{};

  std::chrono::duration<double> Length() const { return end - begin; }
};

// Whether some moment lies in both.
inline bool Overlap(const TimeSpan& a, const TimeSpan& b) {
  return a.begin < b.end && b.begin < a.end;
}

}  // namespace ima_bench

#endif  // BENCH_UTIL_TIME_SPAN_H_
