// SPDX-License-Identifier: MIT
#include "report/chart.h"

#include <fmt/format.h>

#include <cstdio>

namespace ima_bench {
namespace {

// A gnuplot string in double quotes.
std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// A block of data for gnuplot, by the name $data<number>.
std::string DataBlock(const Curve& curve, int number) {
  std::string block = fmt::format("$data{} << END\n", number);
  for (const auto& [records, value] : curve.marks) {
    block += fmt::format("{} {} {} {}\n", records, value.median, value.least,
                         value.most);
  }
  return block + "END\n";
}

std::string PlotClause(const Curve& curve, int number) {
  std::string clause = fmt::format(
      "$data{0} using 1:2:3:4 with yerrorbars pt 7 lc {0} title {1}", number,
      Quote(curve.label));
  if (curve.line) {
    clause += fmt::format(", {} + {} * x lc {} notitle", curve.line->fixed,
                          curve.line->per_record, number);
  }
  return clause;
}

}  // namespace

Curve TimeCurve(const Series& series, const std::string& label) {
  Curve curve{.label = label, .marks = {}, .line = series.fit};
  for (const Point& point : series.points)
    curve.marks.push_back({point.records, point.time_ms});
  return curve;
}

Curve CounterCurve(const Series& series, const char* counter,
                   const std::string& label) {
  Curve curve{.label = label, .marks = {}, .line = std::nullopt};
  for (const Point& point : series.points)
    curve.marks.push_back({point.records, point.Counter(counter)});
  return curve;
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
      "set xlabel 'records'\n"
      "set ylabel {}\n"
      "{}"
      "set key top left\n"
      "set grid\n"
      "set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n"
      "set rmargin 4\n"
      "{}plot {}\n",
      Quote(output.string()), Quote(chart.title), Quote(chart.y_label),
      // A linear axis starts at 0, or below where a value is.
      chart.logarithmic_y ? "set logscale xy\n"
                          : "set logscale x\nset yrange [*<0:*]\n",
      blocks, clauses);
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
