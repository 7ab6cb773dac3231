// SPDX-License-Identifier: MIT
#include "util/fd.h"

#include <unistd.h>

namespace ima_bench {

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Result<FileDescriptor> Open(const std::filesystem::path& path, int flags,
                            mode_t mode) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return ErrnoError("open " + path.string());
  return FileDescriptor(fd);
}

Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError("pipe2");
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace ima_bench
