// SPDX-License-Identifier: MIT
// What the report programs have in common: their command line.
#ifndef BENCH_REPORT_REPORT_MAIN_H_
#define BENCH_REPORT_REPORT_MAIN_H_

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "util/posix_error.h"

namespace ima_bench {

// Reads the files `inputs` and writes files whose names begin with `prefix`.
using ReportFunction =
    std::function<Result<void>(const std::vector<std::filesystem::path>& inputs,
                               const std::string& prefix)>;

// Who calls RunReport().
struct ReportProgram {
  std::string about;  // for its help
  std::string input;  // the program whose JSON it reads
  int most_inputs;    // at least one
};

// Takes "RESULT... --output PREFIX" from the command line and calls `report`.
// Returns the exit status; an error of `report` goes to standard error.
int RunReport(int argc, char** argv, const ReportProgram& program,
              const ReportFunction& report);

}  // namespace ima_bench

#endif  // BENCH_REPORT_REPORT_MAIN_H_
