// SPDX-License-Identifier: MIT
#include "report/chart.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "util/percentile.h"

namespace ima_bench {
namespace {

// A block of data for gnuplot, by the name $data<number>.
std::string DataBlock(const Curve& curve, int number) {
  std::string block = fmt::format("$data{} << END\n", number);
  for (const auto& [x, value] : curve.marks) {
    block +=
        fmt::format("{} {} {} {}\n", x, value.median, value.least, value.most);
  }
  return block + "END\n";
}

// The same of a course, in MB.
std::string CourseBlock(const CourseCurve& curve, int number) {
  std::string block = fmt::format("$data{} << END\n", number);
  for (const auto& [seconds, bytes] : curve.samples)
    block += fmt::format("{:.3f} {:.4f}\n", seconds, 1e-6 * bytes);
  return block + "END\n";
}

std::string PlotClause(const Curve& curve, int number) {
  std::string clause = fmt::format(
      "$data{0} using 1:2:3:4 with {1} pt 7 lc {0} title {2}", number,
      curve.joined ? "yerrorlines" : "yerrorbars", Quote(curve.label));
  if (curve.line) {
    clause += fmt::format(", {} + {} * x lc {} notitle", curve.line->fixed,
                          curve.line->per_record, number);
  }
  return clause;
}

// Where a percentile is on the axis: 1 / what it leaves out. The largest sample
// leaves nothing out and gets the place after the last percentile.
double PlaceOf(const Percentile& percentile) {
  const auto left_out = 1000 - static_cast<double>(percentile.per_mille);
  return left_out > 0 ? 1000 / left_out : 10000;
}

}  // namespace

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

Curve TimeCurve(const Series& series, const std::string& label) {
  Curve curve{.label = label, .marks = {}, .line = series.fit};
  for (const Point& point : series.points)
    curve.marks.push_back({point.records, point.time_ms});
  return curve;
}

Curve CounterCurve(const Series& series, const char* counter,
                   const std::string& label) {
  Curve curve{.label = label, .marks = {}};
  for (const Point& point : series.points)
    curve.marks.push_back({point.records, point.Counter(counter)});
  return curve;
}

Curve PercentileCurve(const Series& series, const std::string& label) {
  Curve curve{.label = label, .marks = {}, .joined = true};
  if (series.points.empty()) return curve;
  for (const Percentile& percentile : kPercentiles) {
    Spread value = series.points.front().Counter(percentile.counter);
    for (double* one : {&value.median, &value.least, &value.most}) *one /= 1e3;
    curve.marks.push_back({PlaceOf(percentile), value});
  }
  return curve;
}

Chart LatencyChart(const std::string& title, std::vector<Curve> curves) {
  std::string tics;
  for (const Percentile& percentile : kPercentiles) {
    tics += fmt::format("{}{} {}", tics.empty() ? "" : ", ",
                        Quote(percentile.label), PlaceOf(percentile));
  }
  return {.title = title,
          .y_label = "latency (µs): median, extremes",
          .logarithmic_y = true,
          .curves = std::move(curves),
          .x_label = "percentile",
          .x_tics = "(" + tics + ")"};
}

std::optional<std::string> ChartScript(const Chart& chart,
                                       const std::filesystem::path& output) {
  std::string blocks, clauses;
  int number = 0;
  for (const Curve& curve : chart.curves) {
    if (curve.marks.empty()) continue;
    blocks += DataBlock(curve, ++number);
    clauses += (clauses.empty() ? "" : ", ") + PlotClause(curve, number);
  }
  if (number == 0) return std::nullopt;
  return fmt::format(
      "set terminal svg size 720,480 background 'white' noenhanced\n"
      "set output {}\n"
      "set title {}\n"
      "set xlabel {}\n"
      "set xtics {}\n"
      "set ylabel {}\n"
      "{}"
      "set key top left\n"
      "set grid\n"
      "set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n"
      "set rmargin 4\n"
      "{}plot {}\n",
      Quote(output.string()), Quote(chart.title), Quote(chart.x_label),
      chart.x_tics, Quote(chart.y_label),
      // A linear axis starts at 0, or below where a value is.
      chart.logarithmic_y ? "set logscale xy\n"
                          : "set logscale x\nset yrange [*<0:*]\n",
      blocks, clauses);
}

std::optional<std::string> CourseScript(const std::string& title,
                                        const std::vector<CourseCurve>& curves,
                                        const std::filesystem::path& output) {
  std::string blocks, ends, clauses;
  int number = 0;
  for (const CourseCurve& curve : curves) {
    if (curve.samples.empty()) continue;
    blocks += CourseBlock(curve, ++number);
    ends += fmt::format(
        "set arrow from {0}, graph 0 to {0}, graph 1 nohead dashtype 2 lc "
        "{1}\n",
        curve.drained, number);
    clauses += fmt::format("{}$data{} using 1:2 with lines lc {} title {}",
                           clauses.empty() ? "" : ", ", number, number,
                           Quote(curve.label));
  }
  if (number == 0) return std::nullopt;
  return fmt::format(
      "set terminal svg size 720,480 background 'white' noenhanced\n"
      "set output {}\n"
      "set title {}\n"
      "set xlabel 'seconds (dashed: the records are out of the list)'\n"
      "set ylabel 'Slab + VmallocUsed (MB)'\n"
      "set yrange [0:*]\n"
      "set key bottom left\n"
      "set grid\n"
      "{}{}plot {}\n",
      Quote(output.string()), Quote(title), blocks, ends, clauses);
}

Result<void> RunGnuplot(const std::string& script) {
  std::FILE* pipe = popen("gnuplot", "we");
  if (pipe == nullptr) return ErrnoError("start gnuplot");
  const bool written = std::fputs(script.c_str(), pipe) >= 0;
  if (pclose(pipe) != 0 || !written)
    return ContentError("gnuplot failed: is the package gnuplot-nox there?");
  return {};
}

}  // namespace ima_bench
