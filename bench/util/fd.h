// SPDX-License-Identifier: MIT
// A file descriptor with one owner.
#ifndef BENCH_UTIL_FD_H_
#define BENCH_UTIL_FD_H_

#include <fcntl.h>
#include <sys/types.h>

#include <filesystem>
#include <utility>

#include "util/posix_error.h"

namespace ima_bench {

// Owns an open descriptor and closes it. Move-only.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  // Closes what is held, if anything, and takes over `fd`.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; the error names the path.
Result<FileDescriptor> Open(const std::filesystem::path& path, int flags,
                            mode_t mode = 0);

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

// pipe2(2) with O_CLOEXEC.
Result<Pipe> MakePipe();

}  // namespace ima_bench

#endif  // BENCH_UTIL_FD_H_
