// SPDX-License-Identifier: MIT
#include "util/memory_course.h"

#include <thread>

#include "util/file.h"
#include "util/memory.h"

namespace ima_bench {
namespace {

using std::chrono::steady_clock;

constexpr auto kInterval = std::chrono::milliseconds(50);

Result<MemorySample> TakeSample(const std::filesystem::path& proc) {
  MemoryUse use;
  const auto time = steady_clock::now();
  return ReadFile(proc / "meminfo")
      .and_then(
          [&](const std::string& text) { return ParseMeminfo(text, use); })
      .map([&] {
        return MemorySample{time, use.SlabAndVmalloc()};
      });
}

Result<std::vector<MemorySample>> SampleUntil(
    const std::atomic<bool>& stop, const std::filesystem::path& proc) {
  std::vector<MemorySample> samples;
  for (;;) {
    const bool last = stop;
    const auto sample = TakeSample(proc);
    if (!sample) return tl::make_unexpected(sample.error());
    samples.push_back(*sample);
    if (last) return samples;
    std::this_thread::sleep_for(kInterval);
  }
}

}  // namespace

MemoryCourse::MemoryCourse(const std::filesystem::path& proc)
    : samples_(std::async(std::launch::async,
                          [this, proc] { return SampleUntil(stop_, proc); })) {}

// Whoever did not ask for the samples has an error to tell already.
MemoryCourse::~MemoryCourse() { stop_ = true; }

Result<std::vector<MemorySample>> MemoryCourse::Stop() {
  stop_ = true;
  return samples_.get();
}

}  // namespace ima_bench
