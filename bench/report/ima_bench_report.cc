// SPDX-License-Identifier: MIT
// From the JSON of ima-bench: a result to keep, a table and a chart.
#include <fmt/core.h>

#include <iterator>

#include "report/chart.h"
#include "report/report_main.h"
#include "report/results.h"
#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

// Writes no file if there is nothing to draw.
Result<void> Draw(const Chart& chart, const fs::path& output) {
  const auto script = ChartScript(chart, output);
  return script ? RunGnuplot(*script) : Result<void>();
}

Result<void> DrawCharts(const nlohmann::json& context,
                        const std::vector<Series>& series,
                        const std::string& prefix) {
  const std::string machine =
      fmt::format("Linux {}, {}, {}", context.at("kernel").get<std::string>(),
                  context.at("processor").get<std::string>(),
                  context.at("filesystem").get<std::string>());
  const Chart time{"Save n records to a durable file and free them: " + machine,
                   "time (ms): median, extremes, fitted line",
                   true,
                   {TimeCurve(series[0], "flush"),
                    TimeCurve(series[1], "A, read, D (upstream)")}};
  const Chart memory{
      "Kernel memory of n records: " + machine,
      "bytes a record: median, extremes",
      false,
      {CounterCurve(series[2], "bytes_per_record", "in memory"),
       CounterCurve(series[2], "kept_per_record", "kept after a flush"),
       CounterCurve(series[3], "kept_per_record", "kept after D (upstream)")}};
  const Chart latency =
      LatencyChart("Measure one new file: " + machine,
                   {PercentileCurve(series[4], "idle"),
                    PercentileCurve(series[5], "during a flush")});
  return Draw(time, prefix + "-time.svg")
      .and_then([&] { return Draw(memory, prefix + "-memory.svg"); })
      .and_then([&] { return Draw(latency, prefix + "-latency.svg"); });
}

Result<void> Report(const fs::path& input, const std::string& prefix) {
  auto text = ReadFile(input);
  if (!text) return tl::make_unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return ContentError(input.string() + ": no JSON");
  if (auto checked = CheckResult(json); !checked) return checked;
  std::vector<Series> series;
  series.reserve(std::size(kOperations));
  for (const std::string& name : kOperations)
    series.push_back(CollectSeries(json, name));
  const std::string table = MarkdownReport(json, series);
  fmt::print("{}", table);
  return WriteFile(prefix + ".json", CleanResult(json, series).dump(1) + "\n")
      .and_then([&] { return WriteFile(prefix + ".md", table); })
      .and_then([&] { return DrawCharts(json.at("context"), series, prefix); });
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) {
  return ima_bench::RunReport(
      argc, argv,
      "Reads the JSON of ima-bench (--benchmark_out=FILE) and writes "
      "PREFIX.json, without\nthe machine's name, PREFIX.md with the tables, "
      "also printed, and the charts\nPREFIX-time.svg, PREFIX-memory.svg and "
      "PREFIX-latency.svg.\n",
      "ima-bench", ima_bench::Report);
}
