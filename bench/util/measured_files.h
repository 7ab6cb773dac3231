// SPDX-License-Identifier: MIT
// Files that wait to be measured, to time that alone.
#ifndef BENCH_UTIL_MEASURED_FILES_H_
#define BENCH_UTIL_MEASURED_FILES_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "util/fd.h"
#include "util/posix_error.h"
#include "util/temp_dir.h"
#include "util/time_span.h"

namespace ima_bench {

// Makes files of one byte in a directory of its own, which goes away with it,
// and opens each once. Paths are as long as those of RecordMaker.
class MeasuredFiles {
 public:
  static Result<MeasuredFiles> Create(const std::filesystem::path& directory);

  // Makes files, and has them written to disk, until `count` wait.
  Result<void> Prepare(uint64_t count);

  // Opens waiting files, one after the other, until none is left or `stop()`.
  // Returns when each open(2) ran: that is where IMA measures a file. Closing
  // it and asking `stop` are not in these times.
  Result<std::vector<TimeSpan>> OpenUntil(const std::function<bool()>& stop);

  uint64_t Waiting() const { return made_ - opened_; }

 private:
  MeasuredFiles(TempDir directory, FileDescriptor fd)
      : directory_(std::move(directory)), fd_(std::move(fd)) {}

  Result<void> MakeFile();

  TempDir directory_;
  FileDescriptor fd_;
  uint64_t made_ = 0;
  uint64_t opened_ = 0;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_MEASURED_FILES_H_
