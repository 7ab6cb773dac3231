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

std::string Label(const std::string& name) {
  return name == "BM_Flush" ? "flush" : "A, read, D (upstream)";
}

}  // namespace

std::string ChartScript(const std::vector<Series>& series,
                        const std::string& title,
                        const std::filesystem::path& output) {
  std::string script = fmt::format(
      "set terminal svg size 720,480 background 'white' noenhanced\n"
      "set output {}\n"
      "set title {}\n"
      "set logscale xy\n"
      "set xlabel 'records'\n"
      "set ylabel 'time (ms): median, extremes, fitted line'\n"
      "set key left top\n"
      "set grid\n",
      Quote(output.string()), Quote(title));
  std::string plots;
  int color = 0;
  for (const Series& one : series) {
    if (one.points.empty()) continue;
    const std::string block = fmt::format("$data{}", ++color);
    script += block + " << END\n";
    for (const Point& point : one.points)
      script += fmt::format("{} {} {} {}\n", point.records, point.time_ms,
                            point.least_ms, point.most_ms);
    script += "END\n";
    if (!plots.empty()) plots += ", ";
    plots += fmt::format("{} using 1:2:3:4 with yerrorbars pt 7 lc {} title {}",
                         block, color, Quote(Label(one.name)));
    if (one.fit)
      plots += fmt::format(", {} + {} * x lc {} notitle", one.fit->fixed,
                           one.fit->per_record, color);
  }
  return script + "plot " + plots + "\n";
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
