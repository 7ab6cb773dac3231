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

// Parses the options of `app`, and prints what `run` returns. Returns the
// verdict of that, or kBadInput if the options are bad or nothing can be
// printed.
Verdict RunApp(CLI::App& app, int argc, char** argv,
               const std::function<Report()>& run);

// Returns the exit status of a program: the verdict of `program`, or kBadInput
// if that throws, which the program `name` tells then.
int RunProgram(const char* name, Verdict (*program)(int, char**), int argc,
               char** argv) noexcept;

}  // namespace ima

#endif  // USERSPACE_TESTS_TOOLS_PROGRAM_H_
