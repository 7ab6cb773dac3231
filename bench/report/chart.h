// SPDX-License-Identifier: MIT
// Charts, drawn by gnuplot.
#ifndef BENCH_REPORT_CHART_H_
#define BENCH_REPORT_CHART_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/results.h"

namespace ima_bench {

// Medians with their extremes over the number of records.
struct Curve {
  struct Mark {
    double records;
    Spread value;
  };
  std::string label;
  std::vector<Mark> marks;
  std::optional<LinearFit> line;  // drawn through them
};

struct Chart {
  std::string title;
  std::string y_label;
  bool logarithmic_y;  // the number of records always is
  std::vector<Curve> curves;
};

// Time of a series, with its fit.
Curve TimeCurve(const Series& series, const std::string& label);

// A counter of a series.
Curve CounterCurve(const Series& series, const char* counter,
                   const std::string& label);

// A gnuplot script that draws the curves that have marks as an SVG in `output`;
// nothing if none has.
std::optional<std::string> ChartScript(const Chart& chart,
                                       const std::filesystem::path& output);

// Runs gnuplot on a script.
Result<void> RunGnuplot(const std::string& script);

}  // namespace ima_bench

#endif  // BENCH_REPORT_CHART_H_
