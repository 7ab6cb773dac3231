// SPDX-License-Identifier: MIT
// Kernel memory, as /proc/meminfo and /proc/slabinfo tell it.
#ifndef BENCH_UTIL_MEMORY_H_
#define BENCH_UTIL_MEMORY_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "util/posix_error.h"

namespace ima_bench {

// All in bytes.
struct MemoryUse {
  uint64_t slab = 0;            // pages of all slab caches
  uint64_t unreclaimable = 0;   // of these, what memory pressure cannot free
  uint64_t vmalloc = 0;         // pages mapped by vmalloc
  uint64_t available = 0;       // what could be given to programs
  uint64_t record_pages = 0;    // slabs of the caches that hold IMA records
  uint64_t record_objects = 0;  // objects in use in these

  // What property P5 of the design counts.
  uint64_t SlabAndVmalloc() const { return slab + vmalloc; }
};

// Fills the first four members from the text of /proc/meminfo; the lines used
// are described in Documentation/filesystems/proc.rst, section "meminfo".
Result<void> ParseMeminfo(std::string_view text, MemoryUse& use);

// Fills the last two from the text of /proc/slabinfo, version 2.x
// (slabinfo(5)), over the caches named kmalloc-* and ima*. `page_size` in
// bytes.
Result<void> ParseSlabinfo(std::string_view text, uint64_t page_size,
                           MemoryUse& use);

// Reads both files below `proc`.
Result<MemoryUse> ReadMemoryUse(const std::filesystem::path& proc = "/proc");

// Memory once it came to rest, and how long that took.
struct SettledMemory {
  MemoryUse use;
  std::chrono::duration<double> waited{};
};

// Gives the kernel the occasion to free what is due (grace periods, batches on
// work queues, empty slabs) and waits until Slab + VmallocUsed stands still
// within 64 KiB for 1.5 s. An error if that did not happen within `limit`.
Result<SettledMemory> SettleMemory(
    std::chrono::seconds limit = std::chrono::seconds(60));

// Whether this kernel can be told to give empty slabs back (/sys/kernel/slab).
bool CanShrinkSlabs();

}  // namespace ima_bench

#endif  // BENCH_UTIL_MEMORY_H_
