// SPDX-License-Identifier: MIT
// Charts, drawn by gnuplot.
#ifndef BENCH_REPORT_CHART_H_
#define BENCH_REPORT_CHART_H_

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/results.h"

namespace ima_bench {

// Medians with their extremes over something, such as the number of records.
struct Curve {
  struct Mark {
    double x = 0;
    Spread value;
  };
  std::string label;
  std::vector<Mark> marks;
  std::optional<LinearFit> line = std::nullopt;  // drawn through them
  bool joined = false;                           // one mark to the next
};

struct Chart {
  std::string title;
  std::string y_label;
  bool logarithmic_y;  // x always is
  std::vector<Curve> curves;
  std::string x_label = "records";
  std::string x_tics = "auto";  // as gnuplot's `set xtics` takes them
};

// Time of a series, with its fit.
Curve TimeCurve(const Series& series, const std::string& label);

// A counter of a series.
Curve CounterCurve(const Series& series, const char* counter,
                   const std::string& label);

// The percentiles of a series of latencies in microseconds, joined, for
// LatencyChart(). Without marks if there are no rows.
Curve PercentileCurve(const Series& series, const std::string& label);

// Latency over percentile: the tail gets as much room as what is before it.
Chart LatencyChart(const std::string& title, std::vector<Curve> curves);

// A gnuplot script that draws the curves that have marks as an SVG in `output`;
// nothing if none has.
std::optional<std::string> ChartScript(const Chart& chart,
                                       const std::filesystem::path& output);

// Memory over time: a run of ima-bench, or one of its repetitions.
struct CourseCurve {
  std::string label;
  std::vector<std::pair<double, double>> samples = {};  // seconds, bytes
  double drained = 0;  // seconds: when the records were out of the list
};

// A gnuplot script that draws curves over the seconds since each drain began;
// nothing if none has samples.
std::optional<std::string> CourseScript(const std::string& title,
                                        const std::vector<CourseCurve>& curves,
                                        const std::filesystem::path& output);

// A gnuplot string in double quotes.
std::string Quote(const std::string& text);

// Runs gnuplot on a script.
Result<void> RunGnuplot(const std::string& script);

}  // namespace ima_bench

#endif  // BENCH_REPORT_CHART_H_
