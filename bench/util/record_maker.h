// SPDX-License-Identifier: MIT
// Makes IMA measure new files, one record each.
#ifndef BENCH_UTIL_RECORD_MAKER_H_
#define BENCH_UTIL_RECORD_MAKER_H_

#include <cstdint>
#include <filesystem>

#include "util/fd.h"
#include "util/ima_fs.h"
#include "util/posix_error.h"
#include "util/temp_dir.h"

namespace ima_bench {

// Opens files that did not exist before, in a directory of its own, and removes
// each at once. A record names the path, so each of them is new to IMA. Paths
// are 46 characters long, as in the design's reference load, or longer if the
// directory's own name is too long for that.
class RecordMaker {
 public:
  // `directory` must be on a filesystem whose new files the policy measures
  // when root reads them (ima_policy=tcb: not tmpfs).
  static Result<RecordMaker> Create(const std::filesystem::path& directory);

  // Adds `count` records to the list of `ima`. An error if the list did not
  // grow by so many: then the policy does not measure these files.
  Result<void> Make(const ImaFs& ima, uint64_t count);

 private:
  RecordMaker(TempDir directory, FileDescriptor fd)
      : directory_(std::move(directory)), fd_(std::move(fd)) {}

  Result<void> MeasureNewFile();

  TempDir directory_;
  FileDescriptor fd_;
  uint64_t files_made_ = 0;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_RECORD_MAKER_H_
