// SPDX-License-Identifier: MIT
#include "row.h"

#include <utility>

namespace ima_bench {
namespace {

bool row_failed = false;

}  // namespace

void FailRow(benchmark::State& state, const std::string& message) {
  row_failed = true;
  state.SkipWithError(message.c_str());
}

bool AnyRowFailed() { return row_failed; }

void RegisterRow(const std::string& name, const char* argument, uint64_t value,
                 std::function<void(benchmark::State&)> measure) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(measure))
      ->ArgName(argument)
      ->Arg(static_cast<int64_t>(value))
      ->Iterations(1)
      ->UseManualTime();
}

}  // namespace ima_bench
