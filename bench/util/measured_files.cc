// SPDX-License-Identifier: MIT
#include "util/measured_files.h"

#include <fcntl.h>
#include <unistd.h>

#include "util/file.h"
#include "util/record_maker.h"

namespace ima_bench {

using std::chrono::steady_clock;

Result<MeasuredFiles> MeasuredFiles::Create(
    const std::filesystem::path& directory, std::string contents) {
  auto temp = TempDir::Create(directory, "ima-bench-files-");
  if (!temp) return tl::make_unexpected(temp.error());
  auto fd = Open(temp->path(), O_RDONLY | O_DIRECTORY);
  if (!fd) return tl::make_unexpected(fd.error());
  return MeasuredFiles(std::move(*temp), std::move(*fd), std::move(contents));
}

Result<void> MeasuredFiles::Prepare(uint64_t count) {
  if (Waiting() >= count) return {};
  while (Waiting() < count)
    if (auto done = MakeFile(); !done) return done;
  return Sync();
}

Result<void> MeasuredFiles::Rewrite(std::string_view contents) {
  for (uint64_t number = 0; number < made_; ++number) {
    const std::filesystem::path path =
        directory_.path() / RecordFileName(directory_.path(), number);
    auto file = Open(path, O_WRONLY);
    if (!file) return tl::make_unexpected(file.error());
    if (auto done = WriteAll(file->get(), contents, path); !done) return done;
  }
  Reopen();
  return Sync();
}

Result<std::vector<TimeSpan>> MeasuredFiles::OpenUntil(
    const std::function<bool()>& stop) {
  std::vector<TimeSpan> times;
  times.reserve(Waiting());
  while (Waiting() > 0 && !stop()) {
    const std::string name = RecordFileName(directory_.path(), opened_);
    const auto begin = steady_clock::now();
    const int file = openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC);
    const auto end = steady_clock::now();
    if (file < 0)
      return ErrnoError("open " + (directory_.path() / name).string());
    close(file);
    times.push_back({begin, end});
    ++opened_;
  }
  return times;
}

Result<void> MeasuredFiles::MakeFile() {
  const std::filesystem::path path =
      directory_.path() / RecordFileName(directory_.path(), made_);
  // For writing only, which ima_policy=tcb does not measure.
  auto file = Open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return tl::make_unexpected(file.error());
  ++made_;
  return WriteAll(file->get(), contents_, path);
}

Result<void> MeasuredFiles::Sync() const {
  if (syncfs(fd_.get()) != 0)
    return ErrnoError("syncfs " + directory_.path().string());
  return {};
}

}  // namespace ima_bench
