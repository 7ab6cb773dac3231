// SPDX-License-Identifier: MIT
#include "util/list_reader.h"

#include <unistd.h>

namespace ima_bench {

Result<ListReader> ListReader::Open(const std::filesystem::path& path,
                                    size_t buffer_size) {
  auto fd = ima_bench::Open(path, O_RDONLY);
  if (!fd) return tl::make_unexpected(fd.error());
  return ListReader(std::move(*fd), path, buffer_size);
}

Result<std::string_view> ListReader::Read() {
  const ssize_t got = read(fd_.get(), buffer_.data(), buffer_.size());
  if (got < 0) return ErrnoError("read " + path_.string());
  return std::string_view(buffer_.data(), static_cast<size_t>(got));
}

Result<uint64_t> ListReader::ReadToEnd() {
  uint64_t bytes = 0;
  for (;;) {
    const auto piece = Read();
    if (!piece) return tl::make_unexpected(piece.error());
    if (piece->empty()) return bytes;
    bytes += piece->size();
  }
}

}  // namespace ima_bench
