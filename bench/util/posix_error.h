// SPDX-License-Identifier: MIT
// Errors of system calls and of files that cannot be understood.
#ifndef BENCH_UTIL_POSIX_ERROR_H_
#define BENCH_UTIL_POSIX_ERROR_H_

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ima_bench {

// What failed and where (`context`), and the errno that says why (`code`;
// 0 where the contents were wrong and no system call failed).
struct PosixError {
  int code = 0;
  std::string context;

  std::string Message() const {
    return code == 0 ? context : context + ": " + std::strerror(code);
  }
};

template <typename T>
using Result = tl::expected<T, PosixError>;

// The error of the system call that just failed: reads errno.
inline tl::unexpected<PosixError> ErrnoError(std::string context) {
  return tl::make_unexpected(PosixError{errno, std::move(context)});
}

// An error that no system call reported.
inline tl::unexpected<PosixError> ContentError(std::string context) {
  return tl::make_unexpected(PosixError{0, std::move(context)});
}

}  // namespace ima_bench

#endif  // BENCH_UTIL_POSIX_ERROR_H_
