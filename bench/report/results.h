// SPDX-License-Identifier: MIT
// The JSON that ima-bench writes, of one run or of several, and what a reader
// wants from it.
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

// Of `values`, at least one.
Spread SpreadOf(std::vector<double> values);

// All repetitions of one operation at one number of records.
struct Point {
  double records;  // really saved, read, in memory or known, median
  Spread time_ms;
  std::vector<nlohmann::json> rows;  // as they stand in the file

  // A counter over the repetitions; 0 where a row lacks it.
  Spread Counter(const char* name) const;
};

// One operation on one kernel, by ascending number of records.
struct Series {
  std::string name;  // "BM_Flush"
  std::vector<Point> points;
  std::optional<LinearFit> fit;  // over all repetitions, in milliseconds

  // The point of the size `records`: rows of one size differ by the few records
  // that others caused meanwhile. Null if there is none that is that near.
  const Point* At(double records) const;
};

// The runs on one kernel, those on several boots taken together.
struct Kernel {
  nlohmann::json contexts;  // an array, one a run
  nlohmann::json rows;      // an array: repetitions, no aggregates
  nlohmann::json courses;   // an array: memory over time, of all runs

  // What the first run's context tells under `key`, as text; empty if nothing.
  std::string Context(const char* key) const;
};

// Kernels with the series and without it. At least one is there.
struct Results {
  std::optional<Kernel> patched, unpatched;

  const Kernel& Any() const { return patched ? *patched : *unpatched; }
};

// One file, and the path to name in errors.
struct RunFile {
  std::string path;
  nlohmann::json json;
};

// Checks that each is a whole result of ima-bench (at least one row, none with
// an error, times in ms, a context that tells all that one must know to
// compare), and puts those of one kernel together. It is an error if they come
// from machines that differ in more than the series.
Result<Results> MergeRuns(std::vector<RunFile> files);

// The rows of the operation `name`; a series without points if there are none,
// or no such kernel.
Series CollectSeries(const std::optional<Kernel>& kernel,
                     const std::string& name);

// What is kept in results/: everything above, without the machine's name, and
// the fits (name, fixed_ms, per_record_ms, largest_deviation) of the operations
// `names`.
nlohmann::json ToJson(const Results& results,
                      const std::vector<std::string>& names);

// What a reader of a context gets to see, in this order.
extern const std::vector<const char*> kContextKeys;
// And of that of User-mode Linux, which scripts/bench adds.
extern const std::vector<const char*> kHostKeys;

}  // namespace ima_bench

#endif  // BENCH_REPORT_RESULTS_H_
