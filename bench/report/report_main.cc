// SPDX-License-Identifier: MIT
#include "report/report_main.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

namespace ima_bench {

int RunReport(int argc, char** argv, const ReportProgram& program,
              const ReportFunction& report) {
  std::vector<std::filesystem::path> inputs;
  std::string prefix;
  CLI::App app(program.about);
  app.add_option("RESULT", inputs, "JSON of " + program.input)
      ->required()
      ->expected(1, program.most_inputs)
      ->check(CLI::ExistingFile);
  app.add_option("--output", prefix, "Where to write, without extension")
      ->required()
      ->type_name("PREFIX");
  CLI11_PARSE(app, argc, argv);
  const auto done = report(inputs, prefix);
  if (done) return 0;
  fmt::print(stderr, "[-] failed: {}\n", done.error().Message());
  return 1;
}

}  // namespace ima_bench
