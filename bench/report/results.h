// SPDX-License-Identifier: MIT
// The JSON that Google Benchmark writes, and what a reader wants from it.
#ifndef BENCH_REPORT_RESULTS_H_
#define BENCH_REPORT_RESULTS_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "util/fit.h"
#include "util/posix_error.h"

namespace ima_bench {

// What repetitions of one measurement gave.
struct Spread {
  double median = 0, least = 0, most = 0;
  double variation = 0;  // standard deviation / mean
};

// All repetitions of one operation at one number of records.
struct Point {
  double records;  // really saved, or in memory, median
  Spread time_ms;
  std::vector<nlohmann::json> rows;  // as they stand in the file

  // A counter over the repetitions; 0 where a row lacks it.
  Spread Counter(const char* name) const;
};

// One operation, by ascending number of records.
struct Series {
  std::string name;  // "BM_Flush"
  std::vector<Point> points;
  std::optional<LinearFit> fit;  // over all repetitions, in milliseconds
};

// Checks that `json` is a whole result of ima-bench: at least one row, none
// with an error, times in ms, and a context that tells all that one must know
// to compare. What follows takes checked results only.
Result<void> CheckResult(const nlohmann::json& json);

// The rows of the operation `name`; a series without points if there are none.
Series CollectSeries(const nlohmann::json& json, const std::string& name);

// The result without the name of the machine and with a member "fits" (one a
// series that has one: name, fixed_ms, per_record_ms, largest_deviation): what
// is kept in results/.
nlohmann::json CleanResult(nlohmann::json json,
                           const std::vector<Series>& series);

// Tables of flush time and memory, ours beside upstream's, of the latency of
// measuring, without and with a flush, and the context.
std::string MarkdownReport(const nlohmann::json& json,
                           const std::vector<Series>& series);

// The operations reported, in the order of `series` above.
extern const std::vector<std::string> kOperations;

}  // namespace ima_bench

#endif  // BENCH_REPORT_RESULTS_H_
