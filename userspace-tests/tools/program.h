// SPDX-License-Identifier: MIT
// What all programs do alike: options, output, and how they end.
#ifndef USERSPACE_TESTS_TOOLS_PROGRAM_H_
#define USERSPACE_TESTS_TOOLS_PROGRAM_H_

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>

#include "util/result.h"

namespace ima {

// What a program has found out, and where to print it.
struct Report {
  Verdict verdict = Verdict::kVerified;
  std::string text;
  std::FILE* stream = stdout;
};

// Parses the options of `app`, and prints what `run` returns. Returns the exit
// status: the verdict of that, or kBadInput if the options are bad, if nothing
// can be printed, or if `run` throws.
int RunProgram(CLI::App& app, int argc, char** argv,
               const std::function<Report()>& run);

}  // namespace ima

#endif  // USERSPACE_TESTS_TOOLS_PROGRAM_H_
