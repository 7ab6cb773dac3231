// SPDX-License-Identifier: MIT
#include "tools/program.h"

#include <exception>

namespace ima {

Verdict RunApp(CLI::App& app, int argc, char** argv,
               const std::function<Report()>& run) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? Verdict::kVerified : Verdict::kBadInput;
  }
  const Report report = run();
  // A verdict that nobody could read must not end as success.
  if (std::fputs(report.text.c_str(), report.stream) < 0 ||
      std::fflush(report.stream) != 0) {
    return Verdict::kBadInput;
  }
  return report.verdict;
}

int RunProgram(const char* name, Verdict (*program)(int, char**), int argc,
               char** argv) noexcept {
  try {
    return static_cast<int>(program(argc, argv));
  } catch (const std::exception& error) {  // no memory for a huge file
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return static_cast<int>(Verdict::kBadInput);
  }
}

}  // namespace ima
