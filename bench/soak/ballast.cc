// SPDX-License-Identifier: MIT
#include "soak/ballast.h"

#include <sys/stat.h>

namespace ima_bench {
namespace {

constexpr off_t kLargestPiece = off_t{1} << 30;

}  // namespace

Result<Ballast> Ballast::Fill(const std::filesystem::path& directory) {
  auto file = Open(directory, O_TMPFILE | O_WRONLY, 0600);
  if (!file) return tl::make_unexpected(file.error());
  struct stat status = {};
  if (fstat(file->get(), &status) != 0)
    return ErrnoError("fstat a file in " + directory.string());
  off_t size = 0;
  for (off_t piece = kLargestPiece; piece >= status.st_blksize;) {
    if (fallocate(file->get(), 0, size, piece) == 0) {
      size += piece;
    } else if (errno == ENOSPC) {
      piece /= 2;
    } else {
      return ErrnoError("fallocate in " + directory.string());
    }
  }
  return Ballast(std::move(*file));
}

}  // namespace ima_bench
