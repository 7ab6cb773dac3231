// SPDX-License-Identifier: MIT
// From the JSON of ima-soak: a line of figures and a chart.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "report/chart.h"
#include "report/soak_report.h"
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
  const auto text = ReadFile(input);
  if (!text) return tl::make_unexpected(text.error());
  const auto result = ParseSoak(nlohmann::json::parse(*text, nullptr, false));
  if (!result) {
    return ContentError(
        fmt::format("{}: {}", input.string(), result.error().Message()));
  }
  const std::string table = SoakTable(*result);
  fmt::print("{}", table);
  return WriteFile(prefix + ".md", table).and_then([&] {
    return RunGnuplot(SoakScript(*result, prefix + ".svg"));
  });
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) {
  std::filesystem::path input;
  std::string prefix;
  CLI::App app(
      "Reads the JSON of ima-soak and writes PREFIX.md, a table of one line "
      "that is also\nprinted, and the chart PREFIX.svg: records in memory and "
      "slab memory over time.\n");
  app.add_option("RESULT", input, "JSON of ima-soak")
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
