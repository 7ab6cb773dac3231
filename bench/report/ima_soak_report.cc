// SPDX-License-Identifier: MIT
// From the JSON of ima-soak: a line of figures and a chart.
#include <fmt/core.h>

#include "report/chart.h"
#include "report/report_main.h"
#include "report/soak_report.h"
#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

Result<void> Report(const std::vector<fs::path>& inputs,
                    const std::string& prefix) {
  const fs::path& input = inputs.front();
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
  const ima_bench::ReportProgram program = {
      .about =
          "Reads the JSON of ima-soak and writes PREFIX.md, a table of one "
          "line that is also\nprinted, and the chart PREFIX.svg: records in "
          "memory and slab memory over time.\n",
      .input = "ima-soak",
      .most_inputs = 1};
  return ima_bench::RunReport(argc, argv, program, ima_bench::Report);
}
