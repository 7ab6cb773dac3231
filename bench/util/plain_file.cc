// SPDX-License-Identifier: MIT
#include "util/plain_file.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "util/fd.h"
#include "util/file.h"

namespace ima_bench {
namespace {

using std::chrono::steady_clock;

constexpr uint64_t kPieceSize = 65536;

std::vector<char> RandomPiece() {
  std::vector<char> piece(kPieceSize);
  std::mt19937 random;  // the same bytes in each run
  for (char& byte : piece) byte = static_cast<char>(random());
  return piece;
}

Result<void> WriteDurably(int fd, const std::filesystem::path& path,
                          uint64_t bytes, std::span<const char> piece) {
  for (uint64_t left = bytes; left > 0;) {
    const uint64_t size = std::min(left, kPieceSize);
    if (auto done = WriteAll(fd, piece.first(size), path); !done) return done;
    left -= size;
  }
  if (fsync(fd) != 0) return ErrnoError("fsync " + path.string());
  return {};
}

}  // namespace

Result<PlainFile> TimePlainFile(const std::filesystem::path& path,
                                uint64_t bytes) {
  static const std::vector<char> piece = RandomPiece();
  const auto begin = steady_clock::now();
  auto file = Open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return tl::make_unexpected(file.error());
  const auto written = WriteDurably(file->get(), path, bytes, piece);
  const TimeSpan time{begin, steady_clock::now()};
  const bool removed = unlink(path.c_str()) == 0;
  if (!written) return tl::make_unexpected(written.error());
  if (!removed) return ErrnoError("unlink " + path.string());
  return PlainFile{time, std::move(*file)};
}

}  // namespace ima_bench
