// SPDX-License-Identifier: MIT
// Whole files.
#ifndef USERSPACE_TESTS_UTIL_FILE_H_
#define USERSPACE_TESTS_UTIL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "util/result.h"

namespace ima {

// More than any list: 4 GiB hold some 30 million records.
inline constexpr size_t kMaxFileBytes = size_t{4} << 30U;

// The contents of `path`, read to its end, since files of securityfs tell no
// size. Errors name the file.
Result<std::vector<uint8_t>> ReadFile(const std::string& path,
                                      size_t max_bytes = kMaxFileBytes);

}  // namespace ima

#endif  // USERSPACE_TESTS_UTIL_FILE_H_
