// SPDX-License-Identifier: MIT
// PCR values as text: 24 lines a bank, "PCR-00: " and hexadecimal digits. The
// number of digits tells the bank (40 sha1, 64 sha256, 96 sha384, 128 sha512).
#ifndef USERSPACE_TESTS_VERIFY_PCR_FILE_H_
#define USERSPACE_TESTS_VERIFY_PCR_FILE_H_

#include <map>
#include <string_view>

#include "imalog/replay.h"
#include "util/hash.h"
#include "util/result.h"

namespace ima {

using PcrBanks = std::map<const Hash*, PcrBank>;

// At least one bank, each with all PCRs, in any order. Blanks between digits
// and empty lines are skipped; an error has the line's number in its text.
Result<PcrBanks> ParsePcrFile(std::string_view text);

}  // namespace ima

#endif  // USERSPACE_TESTS_VERIFY_PCR_FILE_H_
