// SPDX-License-Identifier: MIT
// Finds records that two pieces of a list have in common: at their join, or at
// the start of both.
#ifndef USERSPACE_TESTS_VERIFY_OVERLAP_H_
#define USERSPACE_TESTS_VERIFY_OVERLAP_H_

#include <cstddef>
#include <span>

#include "imalog/reader.h"

namespace ima {

// The largest n for which the last n records of `before` are the first n of
// `after`. A run of violations alone does not count: the kernel records the
// same violation as often as it happens, anything else once, unless it is told
// not to look for duplicates (IMA_DISABLE_HTABLE).
size_t CountRepeated(std::span<const Record> before,
                     std::span<const Record> after);

// How many records at the start of both are the same.
size_t CountSame(std::span<const Record> a, std::span<const Record> b);

}  // namespace ima

#endif  // USERSPACE_TESTS_VERIFY_OVERLAP_H_
