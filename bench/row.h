// SPDX-License-Identifier: MIT
// Rows of the library, as all operations here have them.
#ifndef BENCH_ROW_H_
#define BENCH_ROW_H_

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>

namespace ima_bench {

// Ends a row with an error, which also makes ima-bench exit with 1.
void FailRow(benchmark::State& state, const std::string& message);
bool AnyRowFailed();

// Registers the row NAME/ARGUMENT:value. Each repetition calls `measure` once,
// which tells by SetIterationTime() what it took.
void RegisterRow(const std::string& name, const char* argument, uint64_t value,
                 std::function<void(benchmark::State&)> measure);

// Runs `measure`, which returns a Result, and hands what it measured to
// `report`, which sets the time and the counters of the row. An error fails it.
template <typename Measure, typename Report>
void RunRow(benchmark::State& state, Measure measure, Report report) {
  for (auto _ : state) {
    const auto measured = measure();
    if (!measured) {
      FailRow(state, measured.error().Message());
      break;
    }
    report(*measured);
  }
}

}  // namespace ima_bench

#endif  // BENCH_ROW_H_
