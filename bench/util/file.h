// SPDX-License-Identifier: MIT
// Whole-file reads and writes, and the `name: value` text of /proc and sysfs.
#ifndef BENCH_UTIL_FILE_H_
#define BENCH_UTIL_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "util/posix_error.h"

namespace ima_bench {

// The contents of a file, read to its end (st_size means nothing in /proc).
Result<std::string> ReadFile(const std::filesystem::path& path);

// Makes `text` the contents of a file, which need not exist.
Result<void> WriteFile(const std::filesystem::path& path,
                       const std::string& text);

// Writes `text` with one write(2), as control files in sysfs, procfs and
// securityfs want it; a short write is EIO.
Result<void> WriteOnce(int fd, std::string_view text,
                       const std::filesystem::path& path);

// The same, to a control file that is opened for it and must exist.
Result<void> WriteControl(const std::filesystem::path& path,
                          std::string_view text);

// Writes all bytes, going on after short writes.
Result<void> WriteAll(int fd, std::span<const char> bytes,
                      const std::filesystem::path& path);

// The lines of `text`, without their newlines.
std::vector<std::string_view> SplitLines(std::string_view text);

// The words of `line`, which any run of blanks or tabs separates.
std::vector<std::string_view> SplitWords(std::string_view line);

// A whole word of decimal digits, else nothing.
std::optional<uint64_t> ParseNumber(std::string_view word);

}  // namespace ima_bench

#endif  // BENCH_UTIL_FILE_H_
