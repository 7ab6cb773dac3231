// SPDX-License-Identifier: MIT
// From the JSON of ima-bench: a result to keep, tables and charts.
#include <fmt/core.h>

#include "report/chart.h"
#include "report/charts.h"
#include "report/operations.h"
#include "report/page.h"
#include "report/report_main.h"
#include "report/results.h"
#include "report/tables.h"
#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

constexpr int kMostRuns = 1000;

Result<Results> ReadRuns(const std::vector<fs::path>& inputs) {
  std::vector<RunFile> files;
  for (const fs::path& input : inputs) {
    auto text = ReadFile(input);
    if (!text) return tl::make_unexpected(text.error());
    files.push_back(
        {input.string(), nlohmann::json::parse(*text, nullptr, false)});
  }
  return MergeRuns(std::move(files));
}

// Returns what each file holds then.
Result<std::vector<std::string>> Draw(const std::vector<ChartFile>& charts) {
  std::vector<std::string> drawn;
  for (const ChartFile& chart : charts) {
    auto text =
        RunGnuplot(chart.script).and_then([&] { return ReadFile(chart.file); });
    if (!text) return tl::make_unexpected(text.error());
    drawn.push_back(std::move(*text));
  }
  return drawn;
}

Result<void> WriteReport(const Results& results, const std::string& prefix) {
  const std::vector<Table> tables = MakeTables(results);
  std::string markdown;
  for (const Table& table : tables)
    markdown += (markdown.empty() ? "" : "\n") + ToMarkdown(table);
  fmt::print("{}", markdown);
  const std::string json = ToJson(results, ScalingOperations()).dump(1) + "\n";
  return WriteFile(prefix + ".json", json)
      .and_then([&] { return WriteFile(prefix + ".md", markdown); })
      .and_then([&] { return Draw(MakeCharts(results, prefix)); })
      .and_then([&](const std::vector<std::string>& drawn) {
        return WriteFile(
            prefix + ".html",
            MakePage("Flushing the IMA measurement list", drawn, tables));
      });
}

Result<void> Report(const std::vector<fs::path>& inputs,
                    const std::string& prefix) {
  return ReadRuns(inputs).and_then(
      [&](const Results& results) { return WriteReport(results, prefix); });
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) {
  const ima_bench::ReportProgram program = {
      .about =
          "Reads the JSON of ima-bench (--benchmark_out=FILE) of one or "
          "several "
          "runs, those on\na kernel without the series too, and compares. "
          "Writes PREFIX.json, without the\nmachine's name, PREFIX.md with the "
          "tables, also printed, charts PREFIX-*.svg, and\nPREFIX.html, one "
          "page with all of them.\n",
      .input = "ima-bench",
      .most_inputs = ima_bench::kMostRuns};
  return ima_bench::RunReport(argc, argv, program, ima_bench::Report);
}
