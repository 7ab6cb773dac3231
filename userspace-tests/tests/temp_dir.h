// SPDX-License-Identifier: MIT
// A folder for a test's files.
#ifndef USERSPACE_TESTS_TESTS_TEMP_DIR_H_
#define USERSPACE_TESTS_TESTS_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "util/bytes.h"

namespace ima::test {

// Gone with all that is in it when this object is.
class TempDir {
 public:
  TempDir() {
    std::string path = std::filesystem::temp_directory_path() / "test-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  // Writes a file and returns its path.
  std::string Write(const std::string& name, Bytes contents) const {
    std::ofstream(path_ / name, std::ios::binary) << AsText(contents);
    return path_ / name;
  }

  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ima::test

#endif  // USERSPACE_TESTS_TESTS_TEMP_DIR_H_
