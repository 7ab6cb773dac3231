// SPDX-License-Identifier: MIT
#include "util/record_maker.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

namespace ima_bench {
namespace {

constexpr size_t kPathLength = 46;
constexpr size_t kShortestName = 8;  // 10^8 files

}  // namespace

std::string RecordFileName(const std::filesystem::path& directory,
                           uint64_t number) {
  const size_t used = directory.native().size() + 1;
  const size_t width = kPathLength > used
                           ? std::max(kPathLength - used, kShortestName)
                           : kShortestName;
  return fmt::format("{:0{}}", number, width);
}

Result<RecordMaker> RecordMaker::Create(const std::filesystem::path& directory,
                                        uint64_t first_file) {
  auto temp = TempDir::Create(directory, "ima-bench-files-");
  if (!temp) return tl::make_unexpected(temp.error());
  auto fd = Open(temp->path(), O_RDONLY | O_DIRECTORY);
  if (!fd) return tl::make_unexpected(fd.error());
  return RecordMaker(std::move(*temp), std::move(*fd), first_file);
}

Result<void> RecordMaker::Make(const ImaFs& ima, uint64_t count) {
  const auto before = ima.RecordsTotal();
  if (!before) return tl::make_unexpected(before.error());
  for (uint64_t i = 0; i < count; ++i)
    if (auto done = MeasureNewFile(); !done) return done;
  const auto after = ima.RecordsTotal();
  if (!after) return tl::make_unexpected(after.error());
  if (*after >= *before + count) return {};
  return ContentError(fmt::format(
      "{} new files in {} made {} records: the IMA policy does not measure "
      "them (boot with ima_policy=tcb, and choose a directory that is not on "
      "tmpfs)",
      count, directory_.path().parent_path().string(), *after - *before));
}

Result<void> RecordMaker::MeasureNewFile() {
  const std::string name = RecordFileName(directory_.path(), next_file_++);
  // IMA measures at open(2), before anything is read.
  const int file = openat(fd_.get(), name.c_str(),
                          O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    return ErrnoError("create " + (directory_.path() / name).string());
  close(file);
  if (unlinkat(fd_.get(), name.c_str(), 0) != 0)
    return ErrnoError("unlink " + (directory_.path() / name).string());
  return {};
}

}  // namespace ima_bench
