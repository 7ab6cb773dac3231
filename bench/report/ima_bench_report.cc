// SPDX-License-Identifier: MIT
// From the JSON of ima-bench: a result to keep, a table and a chart.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "report/chart.h"
#include "report/results.h"
#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

Result<void> WriteFile(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text) || !file.flush())
    return ErrnoError("write " + path.string());
  return {};
}

Result<void> Report(const fs::path& input, const std::string& prefix) {
  auto text = ReadFile(input);
  if (!text) return tl::make_unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return ContentError(input.string() + ": no JSON");
  if (auto checked = CheckResult(json); !checked) return checked;
  std::vector<Series> series;
  for (const std::string& name : kOperations)
    series.push_back(CollectSeries(json, name));
  const std::string table = MarkdownReport(json, series);
  fmt::print("{}", table);
  auto done =
      WriteFile(prefix + ".json", CleanResult(json, series).dump(1) + "\n");
  if (done) done = WriteFile(prefix + ".md", table);
  if (!done || series[0].points.empty()) return done;
  const auto& context = json.at("context");
  const std::string title = fmt::format(
      "Save n records to a durable file and free them: Linux {}, {}, {}",
      context.at("kernel").get<std::string>(),
      context.at("processor").get<std::string>(),
      context.at("filesystem").get<std::string>());
  return RunGnuplot(
      ChartScript({series[0], series[1]}, title, prefix + ".svg"));
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) {
  std::filesystem::path input;
  std::string prefix;
  CLI::App app(
      "Reads the JSON of ima-bench (--benchmark_out=FILE) and writes "
      "PREFIX.json without\nthe machine's name, PREFIX.md with the tables, "
      "also printed, and PREFIX.svg.\n");
  app.add_option("RESULT", input, "JSON of ima-bench")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", prefix, "Where to write, without extension")
      ->required()
      ->type_name("PREFIX");
  CLI11_PARSE(app, argc, argv);
  const auto done = ima_bench::Report(input, prefix);
  if (done) return 0;
  fmt::print(stderr, "[-] failed: {}\n", done.error().Message());
  return 1;
}
