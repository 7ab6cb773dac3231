// SPDX-License-Identifier: MIT
// GoogleTest matchers for results.
#ifndef USERSPACE_TESTS_TESTS_MATCHERS_H_
#define USERSPACE_TESTS_TESTS_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "util/result.h"

namespace ima {

// How GoogleTest shows an error.
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << "verdict " << static_cast<int>(error.verdict) << ", "
       << error.place.file << ", record "
       << (error.place.record ? std::to_string(*error.place.record) : "-")
       << ", offset "
       << (error.place.offset ? std::to_string(*error.place.offset) : "-")
       << ": " << error.reason;
}

}  // namespace ima

namespace ima::test {

MATCHER(IsOk, "holds a value") {
  if (!arg) *result_listener << ::testing::PrintToString(arg.error());
  return arg.has_value();
}

// An error with this verdict, whose reason contains `text`.
MATCHER_P2(FailsWith, verdict, text, "") {
  if (arg) return false;
  *result_listener << ::testing::PrintToString(arg.error());
  return arg.error().verdict == verdict &&
         arg.error().reason.find(text) != std::string::npos;
}

// An error at the record with this number (over all files).
MATCHER_P(FailsAtRecord, number, "") {
  if (arg) return false;
  *result_listener << ::testing::PrintToString(arg.error());
  return arg.error().place.record == static_cast<uint64_t>(number);
}

}  // namespace ima::test

#endif  // USERSPACE_TESTS_TESTS_MATCHERS_H_
