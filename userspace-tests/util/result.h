// SPDX-License-Identifier: MIT
// Errors: what is wrong, where, and with which exit status the tool ends.
#ifndef USERSPACE_TESTS_UTIL_RESULT_H_
#define USERSPACE_TESTS_UTIL_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ima {

// The values are the exit statuses of the programs.
enum class Verdict { kVerified = 0, kNotVerified = 1, kBadInput = 2 };

// A place in the input; what does not apply stays empty.
struct Place {
  std::string file;
  std::optional<uint64_t> record;  // number over all files, from 0
  std::optional<uint64_t> offset;  // bytes from the start of `file`
};

struct Error {
  Verdict verdict = Verdict::kBadInput;
  std::string reason;
  Place place;
};

template <typename T>
using Result = tl::expected<T, Error>;

// The input cannot be understood.
inline tl::unexpected<Error> BadInput(std::string reason, Place place = {}) {
  return tl::make_unexpected(
      Error{Verdict::kBadInput, std::move(reason), std::move(place)});
}

// The input is understood and is not what the TPM attests.
inline tl::unexpected<Error> NotVerified(std::string reason, Place place = {}) {
  return tl::make_unexpected(
      Error{Verdict::kNotVerified, std::move(reason), std::move(place)});
}

}  // namespace ima

#endif  // USERSPACE_TESTS_UTIL_RESULT_H_
