// SPDX-License-Identifier: MIT
// What writing a file costs without any kernel of ours: a yardstick.
#ifndef BENCH_UTIL_PLAIN_FILE_H_
#define BENCH_UTIL_PLAIN_FILE_H_

#include <cstdint>
#include <filesystem>

#include "util/fd.h"
#include "util/posix_error.h"
#include "util/time_span.h"

namespace ima_bench {

// A file without a name, which takes its space while it is open.
struct PlainFile {
  TimeSpan time;  // that it took to write it
  FileDescriptor file;
};

// Writes `bytes` bytes that no filesystem can make smaller to the new file
// `path`, in pieces of 64 KiB, and syncs it, as `dd bs=64k conv=fsync` does;
// then removes its name, which is not in the time.
Result<PlainFile> TimePlainFile(const std::filesystem::path& path,
                                uint64_t bytes);

}  // namespace ima_bench

#endif  // BENCH_UTIL_PLAIN_FILE_H_
