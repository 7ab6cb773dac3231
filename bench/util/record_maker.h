// SPDX-License-Identifier: MIT
// Makes IMA measure new files, one record each.
#ifndef BENCH_UTIL_RECORD_MAKER_H_
#define BENCH_UTIL_RECORD_MAKER_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "util/fd.h"
#include "util/ima_fs.h"
#include "util/posix_error.h"
#include "util/temp_dir.h"

namespace ima_bench {

// The name of file `number` in `directory`, such that the path has 46
// characters, as in the design's reference load, or more if `directory` is too
// long for that.
std::string RecordFileName(const std::filesystem::path& directory,
                           uint64_t number);

// Opens files that did not exist before, in a directory of its own, and removes
// each at once. A record names the path, so each of them is new to IMA.
class RecordMaker {
 public:
  // `directory` must be on a filesystem whose new files the policy measures
  // when root reads them (ima_policy=tcb: not tmpfs). Names of files go from
  // `first_file` on: whoever makes very many directories must not rely on the
  // names of these to differ from all that were removed.
  static Result<RecordMaker> Create(const std::filesystem::path& directory,
                                    uint64_t first_file = 0);

  // Adds `count` records to the list of `ima`, which may be flushed meanwhile.
  // An error if there were not so many: then the policy does not measure these
  // files.
  Result<void> Make(const ImaFs& ima, uint64_t count);

 private:
  RecordMaker(TempDir directory, FileDescriptor fd, uint64_t first_file)
      : directory_(std::move(directory)),
        fd_(std::move(fd)),
        next_file_(first_file) {}

  Result<void> MeasureNewFile();

  TempDir directory_;
  FileDescriptor fd_;
  uint64_t next_file_;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_RECORD_MAKER_H_
