// SPDX-License-Identifier: MIT
// Reads a list file of securityfs piece by piece.
#ifndef BENCH_UTIL_LIST_READER_H_
#define BENCH_UTIL_LIST_READER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "util/fd.h"
#include "util/posix_error.h"

namespace ima_bench {

// One reader of one file, with a buffer of its own.
class ListReader {
 public:
  // `buffer_size`: bytes asked for with each read(2).
  static Result<ListReader> Open(const std::filesystem::path& path,
                                 size_t buffer_size);

  // One read(2): what it gave, valid until the next; empty at the end. More may
  // come after that, when the list has grown.
  Result<std::string_view> Read();

  // Reads until a read(2) gives nothing. Returns the number of bytes.
  Result<uint64_t> ReadToEnd();

 private:
  ListReader(FileDescriptor fd, std::filesystem::path path, size_t buffer_size)
      : fd_(std::move(fd)), path_(std::move(path)), buffer_(buffer_size) {}

  FileDescriptor fd_;
  std::filesystem::path path_;
  std::vector<char> buffer_;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_LIST_READER_H_
