// SPDX-License-Identifier: MIT
// What a figure depends on besides the code: kernel, filesystem, emulation.
#ifndef BENCH_UTIL_MACHINE_H_
#define BENCH_UTIL_MACHINE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/posix_error.h"

namespace ima_bench {

// One line of /proc/self/mountinfo.
struct Mount {
  uint64_t id;
  std::string point;
  std::string type;  // of the filesystem
};

// Parses the text of /proc/self/mountinfo (proc_pid_mountinfo(5)); lines that
// do not have that form are left out.
std::vector<Mount> ParseMountinfo(std::string_view text);

// The type of the filesystem that holds `path`, e.g. "ext4".
Result<std::string> FilesystemType(const std::filesystem::path& path);

// Whether two paths are on one filesystem.
Result<bool> ShareFilesystem(const std::filesystem::path& one,
                             const std::filesystem::path& other);

// Kernel release and machine, e.g. "7.3.4 x86_64".
std::string KernelRelease();

// "hardware" for a processor of its own, "kvm" and the like for a virtual one,
// "tcg" where each instruction is emulated, "uml" in User-mode Linux; "unknown"
// where this cannot be told.
std::string Processor();

// The words of a kernel command line that concern IMA, e.g. "ima_policy=tcb".
std::string ImaParameters(std::string_view command_line);

}  // namespace ima_bench

#endif  // BENCH_UTIL_MACHINE_H_
