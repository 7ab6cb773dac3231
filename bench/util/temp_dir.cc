// SPDX-License-Identifier: MIT
#include "util/temp_dir.h"

#include <cstdlib>
#include <system_error>

namespace ima_bench {

Result<std::filesystem::path> MakeUniqueDir(const std::filesystem::path& parent,
                                            const std::string& prefix) {
  std::string name = (parent / (prefix + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr)
    return ErrnoError("make a directory in " + parent.string());
  return name;
}

Result<TempDir> TempDir::Create(const std::filesystem::path& parent,
                                const std::string& prefix) {
  return MakeUniqueDir(parent, prefix).map([](std::filesystem::path path) {
    return TempDir(std::move(path));
  });
}

TempDir::~TempDir() {
  std::error_code ignored;  // nobody is left to tell
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace ima_bench
