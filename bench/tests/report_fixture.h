// SPDX-License-Identifier: MIT
// Runs of ima-bench, made up for tests of what reads them.
#ifndef BENCH_TESTS_REPORT_FIXTURE_H_
#define BENCH_TESTS_REPORT_FIXTURE_H_

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "report/results.h"
#include "util/percentile.h"

namespace ima_bench {

// One repetition of the operation `name`.
inline nlohmann::json Row(const std::string& name, int size, double time_ms) {
  const std::string run =
      fmt::format("{}/records:{}/iterations:1/manual_time", name, size);
  return {{"name", run},
          {"run_name", run},
          {"run_type", "iteration"},
          {"real_time", time_ms},
          {"time_unit", "ms"},
          {"records", size + 1.0},
          {"segment_bytes", size * 100.0}};
}

// A run without rows on a kernel with or without the series.
inline nlohmann::json EmptyRun(bool patched) {
  return {{"context",
           {{"host_name", "secret"},
            {"date", "today"},
            {"kernel", "7.3.4 x86_64"},
            {"series", patched ? "v1" : "none"},
            {"flush", patched ? "yes" : "no"},
            {"processor", "tcg"},
            {"num_cpus", 2},
            {"tpm_vendor", "IBM SW TPM"},
            {"tpm_firmware", "1.2"},
            {"ima_parameters", "ima_policy=tcb"},
            {"ima_banks", "sha1"},
            {"filesystem", "ext4"},
            {"files_filesystem", "ext4"},
            {"files_apart", "yes"},
            {"max_records", "1000"}}},
          {"benchmarks", nlohmann::json::array()}};
}

inline void AddRow(nlohmann::json& run, nlohmann::json row) {
  run["benchmarks"].push_back(std::move(row));
}

// Three repetitions of both ways at two sizes, and an aggregate.
inline nlohmann::json PatchedRun() {
  nlohmann::json run = EmptyRun(true);
  for (const double time : {1.1, 0.9, 1.0}) {
    AddRow(run, Row("BM_Flush", 1000, time * 10));
    AddRow(run, Row("BM_Flush", 100, time));
    AddRow(run, Row("BM_StagedDelete", 100, time * 3));
    AddRow(run, Row("BM_StagedDelete", 1000, time * 300));
  }
  nlohmann::json mean = Row("BM_Flush", 100, 77);
  mean["run_type"] = "aggregate";
  AddRow(run, mean);
  return run;
}

// The same of upstream's way only, twice as slow.
inline nlohmann::json UnpatchedRun() {
  nlohmann::json run = EmptyRun(false);
  for (const double time : {1.1, 0.9, 1.0}) {
    AddRow(run, Row("BM_StagedDelete", 100, time * 6));
    AddRow(run, Row("BM_StagedDelete", 1000, time * 600));
  }
  return run;
}

// One repetition of measuring: percentiles in steps of `step_us`.
inline nlohmann::json LatencyRow(const std::string& name, double step_us) {
  nlohmann::json row = Row(name, 100, step_us / 1e3);
  row["samples"] = 1000.0;
  double ns = 0;
  for (const Percentile& percentile : kPercentiles)
    row[percentile.counter] = ns += 1e3 * step_us;
  return row;
}

// Three repetitions, half as long again during a flush, a fifth beside dd.
inline nlohmann::json LatencyRun() {
  nlohmann::json run = PatchedRun();
  for (const double step : {10, 9, 11}) {
    AddRow(run, LatencyRow("BM_Measure/idle", step));
    AddRow(run, LatencyRow("BM_Measure/flushing", 1.5 * step));
    AddRow(run, LatencyRow("BM_Measure/beside_dd", 1.2 * step));
  }
  return run;
}

inline Result<Results> Merge(std::vector<nlohmann::json> runs) {
  std::vector<RunFile> files;
  for (nlohmann::json& run : runs)
    files.push_back({fmt::format("{}.json", files.size()), std::move(run)});
  return MergeRuns(std::move(files));
}

// What is read of the operation `name` in a run with the series.
inline Series CollectOurs(const nlohmann::json& run, const std::string& name) {
  return CollectSeries(Merge({run}).value().patched, name);
}

}  // namespace ima_bench

#endif  // BENCH_TESTS_REPORT_FIXTURE_H_
