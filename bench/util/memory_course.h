// SPDX-License-Identifier: MIT
// Kernel memory over time, sampled by a thread beside what changes it.
#ifndef BENCH_UTIL_MEMORY_COURSE_H_
#define BENCH_UTIL_MEMORY_COURSE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <vector>

#include "util/posix_error.h"

namespace ima_bench {

struct MemorySample {
  std::chrono::steady_clock::time_point time;
  uint64_t bytes = 0;  // Slab + VmallocUsed
};

// Samples /proc/meminfo every 50 ms from when it is made.
class MemoryCourse {
 public:
  explicit MemoryCourse(const std::filesystem::path& proc = "/proc");
  MemoryCourse(const MemoryCourse&) = delete;
  MemoryCourse& operator=(const MemoryCourse&) = delete;
  ~MemoryCourse();

  // Takes one more sample and ends. An error if a sample could not be read.
  Result<std::vector<MemorySample>> Stop();

 private:
  std::atomic<bool> stop_ = false;
  std::future<Result<std::vector<MemorySample>>> samples_;
};

}  // namespace ima_bench

#endif  // BENCH_UTIL_MEMORY_COURSE_H_
