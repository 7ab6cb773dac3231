// SPDX-License-Identifier: MIT
#include "report/report_main.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

namespace ima_bench {

int RunReport(int argc, char** argv, const std::string& about,
              const std::string& program, const ReportFunction& report) {
  std::filesystem::path input;
  std::string prefix;
  CLI::App app(about);
  app.add_option("RESULT", input, "JSON of " + program)
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", prefix, "Where to write, without extension")
      ->required()
      ->type_name("PREFIX");
  CLI11_PARSE(app, argc, argv);
  const auto done = report(input, prefix);
  if (done) return 0;
  fmt::print(stderr, "[-] failed: {}\n", done.error().Message());
  return 1;
}

}  // namespace ima_bench
