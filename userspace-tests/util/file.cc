// SPDX-License-Identifier: MIT
#include "util/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace ima {
namespace {

constexpr size_t kPieceBytes = 65536;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<Error> Unreadable(const std::string& path) {
  return BadInput(fmt::format("cannot be read: {}", std::strerror(errno)),
                  {.file = path, .record = {}, .offset = {}});
}

}  // namespace

Result<std::vector<uint8_t>> ReadFile(const std::string& path,
                                      size_t max_bytes) {
  const std::unique_ptr<std::FILE, Closer> file(
      std::fopen(path.c_str(), "rbe"));
  if (!file) return Unreadable(path);
  std::vector<uint8_t> contents;
  std::vector<uint8_t> buffer(kPieceBytes);
  for (;;) {
    const size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) return Unreadable(path);
    if (got == 0) return contents;
    if (got > max_bytes - contents.size()) {
      return BadInput(fmt::format("is larger than {} bytes", max_bytes),
                      {.file = path, .record = {}, .offset = {}});
    }
    contents.insert(contents.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
}

}  // namespace ima
