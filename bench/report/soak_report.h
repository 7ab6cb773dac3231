// SPDX-License-Identifier: MIT
// The JSON of ima-soak, and what a reader wants from it.
#ifndef BENCH_REPORT_SOAK_REPORT_H_
#define BENCH_REPORT_SOAK_REPORT_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "soak/soak.h"
#include "util/posix_error.h"

namespace ima_bench {

// A whole run.
struct SoakResult {
  std::string machine;  // for a title
  uint64_t limit = 0;
  SoakSample start, end;
  std::optional<SoakFill> fill;
  std::vector<SoakSample> samples;
};

// Refuses a run that failed, with its reason, and what is no result.
Result<SoakResult> ParseSoak(const nlohmann::json& json);

// A table of one line: the figures of the run.
std::string SoakTable(const SoakResult& result);

// A gnuplot script that draws, as an SVG in `output`, records in memory and
// below them slab memory over time.
std::string SoakScript(const SoakResult& result,
                       const std::filesystem::path& output);

}  // namespace ima_bench

#endif  // BENCH_REPORT_SOAK_REPORT_H_
