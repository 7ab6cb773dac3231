// SPDX-License-Identifier: MIT
// The outcome of ima-verify for people and for machines.
#ifndef USERSPACE_TESTS_TOOLS_REPORT_H_
#define USERSPACE_TESTS_TOOLS_REPORT_H_

#include <string>

#include "tools/check.h"
#include "util/result.h"

namespace ima {

// One line: the verdict, where it is, as far as that is known, and why.
std::string DescribeError(const Error& error);

// Some lines of text, each ended.
std::string TextReport(const Result<Checked>& outcome);

// One JSON object and a newline; README.md beside this folder describes it.
std::string JsonReport(const Result<Checked>& outcome);

}  // namespace ima

#endif  // USERSPACE_TESTS_TOOLS_REPORT_H_
