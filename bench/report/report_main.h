// SPDX-License-Identifier: MIT
// What the report programs have in common: their command line.
#ifndef BENCH_REPORT_REPORT_MAIN_H_
#define BENCH_REPORT_REPORT_MAIN_H_

#include <filesystem>
#include <functional>
#include <string>

#include "util/posix_error.h"

namespace ima_bench {

// Reads the file `input` and writes files whose names begin with `prefix`.
using ReportFunction = std::function<Result<void>(
    const std::filesystem::path& input, const std::string& prefix)>;

// Takes "RESULT --output PREFIX" from the command line, with `about` as its
// help and RESULT being the JSON of `program`, and calls `report`. Returns the
// exit status; an error of `report` goes to standard error.
int RunReport(int argc, char** argv, const std::string& about,
              const std::string& program, const ReportFunction& report);

}  // namespace ima_bench

#endif  // BENCH_REPORT_REPORT_MAIN_H_
