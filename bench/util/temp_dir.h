// SPDX-License-Identifier: MIT
// A directory that goes away with its owner.
#ifndef BENCH_UTIL_TEMP_DIR_H_
#define BENCH_UTIL_TEMP_DIR_H_

#include <filesystem>

#include "util/posix_error.h"

namespace ima_bench {

// Makes a directory that did not exist before, PARENT/PREFIXxxxxxx, mode 0700.
Result<std::filesystem::path> MakeUniqueDir(const std::filesystem::path& parent,
                                            const std::string& prefix);

// A unique directory, removed with all its contents. Move-only.
class TempDir {
 public:
  static Result<TempDir> Create(const std::filesystem::path& parent,
                                const std::string& prefix);
  TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;  // empty once moved from
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_TEMP_DIR_H_
