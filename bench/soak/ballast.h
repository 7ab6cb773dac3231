// SPDX-License-Identifier: MIT
// A full disk.
#ifndef BENCH_SOAK_BALLAST_H_
#define BENCH_SOAK_BALLAST_H_

#include <filesystem>

#include "util/fd.h"
#include "util/posix_error.h"

namespace ima_bench {

// Holds all room that a filesystem had left, in a file without a name, so that
// nothing of it stays behind however the program ends.
class Ballast {
 public:
  // Fills the filesystem of `directory`, which must know O_TMPFILE and
  // fallocate(2), until that gives ENOSPC for a single block.
  static Result<Ballast> Fill(const std::filesystem::path& directory);

  // Closing gives the room back.
 private:
  explicit Ballast(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace ima_bench

#endif  // BENCH_SOAK_BALLAST_H_
