// SPDX-License-Identifier: MIT
#include "util/file.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>

#include "util/fd.h"

namespace ima_bench {

Result<std::string> ReadFile(const std::filesystem::path& path) {
  auto fd = Open(path, O_RDONLY);
  if (!fd) return tl::make_unexpected(fd.error());
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = read(fd->get(), buffer.data(), buffer.size());
    if (got < 0) return ErrnoError("read " + path.string());
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

Result<void> WriteFile(const std::filesystem::path& path,
                       const std::string& text) {
  std::ofstream file(path);
  if (!(file << text) || !file.flush())
    return ErrnoError("write " + path.string());
  return {};
}

Result<void> WriteOnce(int fd, std::string_view text,
                       const std::filesystem::path& path) {
  const ssize_t put = write(fd, text.data(), text.size());
  if (put >= 0 && static_cast<size_t>(put) != text.size()) errno = EIO;
  if (put < 0 || static_cast<size_t>(put) != text.size())
    return ErrnoError("write " + path.string());
  return {};
}

Result<void> WriteControl(const std::filesystem::path& path,
                          std::string_view text) {
  auto fd = Open(path, O_WRONLY);
  if (!fd) return tl::make_unexpected(fd.error());
  return WriteOnce(fd->get(), text, path);
}

Result<void> WriteAll(int fd, std::span<const char> bytes,
                      const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0) return ErrnoError("write " + path.string());
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == text.npos ? "" : text.substr(end + 1);
  }
  return lines;
}

std::vector<std::string_view> SplitWords(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\n";
  std::vector<std::string_view> words;
  for (;;) {
    const size_t begin = line.find_first_not_of(kBlanks);
    if (begin == line.npos) return words;
    line.remove_prefix(begin);
    const size_t end = line.find_first_of(kBlanks);
    words.push_back(line.substr(0, end));
    if (end == line.npos) return words;
    line.remove_prefix(end);
  }
}

std::optional<uint64_t> ParseNumber(std::string_view word) {
  uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end || word.empty()) return std::nullopt;
  return value;
}

}  // namespace ima_bench
