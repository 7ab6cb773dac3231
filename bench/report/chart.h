// SPDX-License-Identifier: MIT
// Charts, drawn by gnuplot.
#ifndef BENCH_REPORT_CHART_H_
#define BENCH_REPORT_CHART_H_

#include <filesystem>
#include <string>
#include <vector>

#include "report/results.h"

namespace ima_bench {

// A gnuplot script for an SVG in the file `output`: time over records on two
// logarithmic axes, median with extremes, and the fitted line of each series
// that has points. `title` goes above it.
std::string ChartScript(const std::vector<Series>& series,
                        const std::string& title,
                        const std::filesystem::path& output);

// Runs gnuplot on a script.
Result<void> RunGnuplot(const std::string& script);

}  // namespace ima_bench

#endif  // BENCH_REPORT_CHART_H_
