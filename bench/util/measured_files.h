// SPDX-License-Identifier: MIT
// Files that wait to be measured, to time that alone.
#ifndef BENCH_UTIL_MEASURED_FILES_H_
#define BENCH_UTIL_MEASURED_FILES_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.h"
#include "util/posix_error.h"
#include "util/temp_dir.h"
#include "util/time_span.h"

namespace ima_bench {

// Makes files with the same contents in a directory of its own, which goes away
// with it, and opens each once. Paths are as long as those of RecordMaker.
class MeasuredFiles {
 public:
  static Result<MeasuredFiles> Create(const std::filesystem::path& directory,
                                      std::string contents = "x");

  // Makes files, and has them written to disk, until `count` wait.
  Result<void> Prepare(uint64_t count);

  // Opens waiting files, one after the other, until none is left or `stop()`.
  // Returns when each open(2) ran: that is where IMA measures a file. Closing
  // it and asking `stop` are not in these times.
  Result<std::vector<TimeSpan>> OpenUntil(const std::function<bool()>& stop);

  // All files wait again. What IMA keeps of those that were open is valid.
  void Reopen() { opened_ = 0; }

  // Writes `contents` over those of every file, has them written to disk, and
  // lets all wait again. IMA has to hash a file anew that was written to, even
  // if that changed nothing.
  Result<void> Rewrite(std::string_view contents);

  uint64_t Waiting() const { return made_ - opened_; }
  const std::filesystem::path& directory() const { return directory_.path(); }

 private:
  MeasuredFiles(TempDir directory, FileDescriptor fd, std::string contents)
      : directory_(std::move(directory)),
        fd_(std::move(fd)),
        contents_(std::move(contents)) {}

  Result<void> MakeFile();
  Result<void> Sync() const;

  TempDir directory_;
  FileDescriptor fd_;
  std::string contents_;
  uint64_t made_ = 0;
  uint64_t opened_ = 0;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_MEASURED_FILES_H_
