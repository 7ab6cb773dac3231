// SPDX-License-Identifier: MIT
// The charts of a report.
#ifndef BENCH_REPORT_CHARTS_H_
#define BENCH_REPORT_CHARTS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "report/results.h"

namespace ima_bench {

// One chart, ready to be drawn into `file`.
struct ChartFile {
  std::filesystem::path file;
  std::string script;  // for gnuplot
};

// All charts for which there are rows, in files PREFIX-<name>.svg.
std::vector<ChartFile> MakeCharts(const Results& results,
                                  const std::string& prefix);

}  // namespace ima_bench

#endif  // BENCH_REPORT_CHARTS_H_
