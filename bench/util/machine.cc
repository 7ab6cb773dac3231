// SPDX-License-Identifier: MIT
#include "util/machine.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <algorithm>
#include <cstring>

#include "util/file.h"

namespace ima_bench {

std::vector<Mount> ParseMountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : SplitLines(text)) {
    // id parent major:minor root point options [tag…] - type source options
    const auto words = SplitWords(line);
    const auto dash = std::ranges::find(words, "-");
    const auto id = words.empty() ? std::nullopt : ParseNumber(words[0]);
    if (!id || words.end() - dash < 2 || dash - words.begin() < 6) continue;
    mounts.push_back({*id, std::string(words[4]), std::string(dash[1])});
  }
  return mounts;
}

Result<std::string> FilesystemType(const std::filesystem::path& path) {
  struct statx status = {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &status) != 0)
    return ErrnoError("statx " + path.string());
  auto text = ReadFile("/proc/self/mountinfo");
  if (!text) return tl::make_unexpected(text.error());
  for (const Mount& mount : ParseMountinfo(*text))
    if (mount.id == status.stx_mnt_id) return mount.type;
  return ContentError("no mount found for " + path.string());
}

Result<bool> ShareFilesystem(const std::filesystem::path& one,
                             const std::filesystem::path& other) {
  struct stat first = {}, second = {};
  if (stat(one.c_str(), &first) != 0) return ErrnoError("stat " + one.string());
  if (stat(other.c_str(), &second) != 0)
    return ErrnoError("stat " + other.string());
  return first.st_dev == second.st_dev;
}

std::string KernelRelease() {
  struct utsname name = {};
  return uname(&name) == 0 ? fmt::format("{} {}", name.release, name.machine)
                           : "unknown";
}

std::string Processor() {
  // There CPUID tells about the host.
  const auto cpuinfo = ReadFile("/proc/cpuinfo");
  if (cpuinfo && cpuinfo->find("User Mode Linux") != std::string::npos)
    return "uml";
#ifdef __x86_64__
  // CPUID leaf 1 ECX bit 31 is set by hypervisors only; leaf 0x40000000 then
  // holds their signature in EBX, ECX, EDX.
  constexpr unsigned kHypervisorBit = 1U << 31;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return "unknown";
  if ((ecx & kHypervisorBit) == 0) return "hardware";
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  char signature[13] = {};
  std::memcpy(signature, &ebx, 4);
  std::memcpy(signature + 4, &ecx, 4);
  std::memcpy(signature + 8, &edx, 4);
  const std::string_view name = signature;
  if (name == "TCGTCGTCGTCG") return "tcg";
  if (name == "KVMKVMKVM") return "kvm";
  return fmt::format("virtual ({})", name);
#else
  return "unknown";
#endif
}

std::string ImaParameters(std::string_view command_line) {
  std::vector<std::string_view> words = SplitWords(command_line);
  std::erase_if(words,
                [](std::string_view word) { return !word.starts_with("ima"); });
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace ima_bench
