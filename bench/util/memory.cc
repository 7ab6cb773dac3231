// SPDX-License-Identifier: MIT
#include "util/memory.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <system_error>
#include <thread>

#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr const char* kSlabFolder = "/sys/kernel/slab";
constexpr auto kPollInterval = std::chrono::milliseconds(250);
constexpr size_t kQuietSamples = 7;  // 6 intervals: 1.5 s
constexpr uint64_t kQuietBytes = 65536;

// IMA takes its records from the general caches, or from caches of its own.
bool HoldsRecords(std::string_view cache) {
  return cache.starts_with("kmalloc-") || cache.starts_with("ima");
}

// drop_caches 2 runs every shrinker, that of kfree_rcu()'s waiting batches
// included (kernel/rcu); shrinking a cache then gives its empty slabs back.
Result<void> ReclaimMemory() {
  if (auto done = WriteControl("/proc/sys/vm/drop_caches", "2\n"); !done)
    return done;
  std::error_code error;  // no such folder: CanShrinkSlabs() tells
  for (const auto& cache : fs::directory_iterator(kSlabFolder, error)) {
    if (!HoldsRecords(cache.path().filename().string())) continue;
    if (auto done = WriteControl(cache.path() / "shrink", "1\n"); !done)
      return done;
  }
  return {};
}

bool IsQuiet(const std::deque<MemoryUse>& history) {
  if (history.size() < kQuietSamples) return false;
  const auto [low, high] = std::ranges::minmax(
      history, {}, [](const MemoryUse& use) { return use.SlabAndVmalloc(); });
  return high.SlabAndVmalloc() - low.SlabAndVmalloc() <= kQuietBytes;
}

}  // namespace

Result<void> ParseMeminfo(std::string_view text, MemoryUse& use) {
  struct Wanted {
    std::string_view key;
    uint64_t& bytes;
    bool found = false;
  };
  std::array<Wanted, 4> wanted{{{"Slab:", use.slab},
                                {"SUnreclaim:", use.unreclaimable},
                                {"VmallocUsed:", use.vmalloc},
                                {"MemAvailable:", use.available}}};
  for (const std::string_view line : SplitLines(text)) {
    const auto words = SplitWords(line);
    if (words.size() != 3 || words[2] != "kB") continue;
    const auto row = std::ranges::find(wanted, words[0], &Wanted::key);
    if (row == wanted.end()) continue;
    const auto kilobytes = ParseNumber(words[1]);
    if (!kilobytes)
      return ContentError(fmt::format("meminfo: not a number: {}", line));
    row->bytes = *kilobytes * 1024;
    row->found = true;
  }
  for (const Wanted& row : wanted) {
    if (!row.found)
      return ContentError(fmt::format("meminfo has no line {}", row.key));
  }
  return {};
}

Result<void> ParseSlabinfo(std::string_view text, uint64_t page_size,
                           MemoryUse& use) {
  const auto lines = SplitLines(text);
  if (lines.empty() || !lines[0].starts_with("slabinfo - version: 2."))
    return ContentError("slabinfo: not version 2");
  use.record_pages = use.record_objects = 0;
  bool found = false;
  for (const std::string_view line : lines) {
    const auto words = SplitWords(line);
    if (words.empty() || !HoldsRecords(words[0])) continue;
    // name active_objs num_objs objsize objperslab pagesperslab
    // : tunables 3 numbers : slabdata active_slabs num_slabs sharedavail
    if (words.size() != 16 || words[11] != ":" || words[12] != "slabdata")
      return ContentError(fmt::format("slabinfo: bad line: {}", line));
    const auto active = ParseNumber(words[1]);
    const auto object_size = ParseNumber(words[3]);
    const auto pages_per_slab = ParseNumber(words[5]);
    const auto slabs = ParseNumber(words[14]);
    if (!active || !object_size || !pages_per_slab || !slabs)
      return ContentError(fmt::format("slabinfo: not a number: {}", line));
    use.record_objects += *active * *object_size;
    use.record_pages += *slabs * *pages_per_slab * page_size;
    found = true;
  }
  if (!found) return ContentError("slabinfo has no line kmalloc-*");
  return {};
}

Result<MemoryUse> ReadMemoryUse(const fs::path& proc) {
  MemoryUse use;
  const auto page_size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  auto done = ReadFile(proc / "meminfo").and_then([&](const std::string& text) {
    return ParseMeminfo(text, use);
  });
  if (!done) return tl::make_unexpected(done.error());
  done = ReadFile(proc / "slabinfo").and_then([&](const std::string& text) {
    return ParseSlabinfo(text, page_size, use);
  });
  if (!done) return tl::make_unexpected(done.error());
  return use;
}

Result<SettledMemory> SettleMemory(std::chrono::seconds limit) {
  const auto start = steady_clock::now();
  std::deque<MemoryUse> history;
  while (steady_clock::now() - start < limit) {
    if (auto done = ReclaimMemory(); !done)
      return tl::make_unexpected(done.error());
    auto use = ReadMemoryUse();
    if (!use) return tl::make_unexpected(use.error());
    history.push_back(*use);
    if (history.size() > kQuietSamples) history.pop_front();
    if (IsQuiet(history))
      return SettledMemory{*use, steady_clock::now() - start};
    std::this_thread::sleep_for(kPollInterval);
  }
  return ContentError(fmt::format(
      "kernel memory did not come to rest within {} s: stop other work on "
      "this machine",
      limit.count()));
}

bool CanShrinkSlabs() {
  std::error_code error;
  return fs::is_directory(kSlabFolder, error);
}

}  // namespace ima_bench
