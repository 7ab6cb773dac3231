// SPDX-License-Identifier: MIT
// What ima-verify does, from options to a verdict.
#ifndef USERSPACE_TESTS_TOOLS_CHECK_H_
#define USERSPACE_TESTS_TOOLS_CHECK_H_

#include <optional>

#include "quote/quote.h"
#include "tools/options.h"
#include "util/result.h"
#include "verify/list.h"

namespace ima {

struct Checked {
  VerifiedList list;
  std::optional<VerifiedQuote> quote;  // empty if compared with --pcrs alone
};

// Reads all files and verifies the list in them.
Result<Checked> CheckFiles(const Options& options);

}  // namespace ima

#endif  // USERSPACE_TESTS_TOOLS_CHECK_H_
