// SPDX-License-Identifier: MIT
// How long some tasks hold a lock, as the kernel's tracing tells it.
#ifndef BENCH_UTIL_LOCK_TRACE_H_
#define BENCH_UTIL_LOCK_TRACE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/posix_error.h"

namespace ima_bench {

// How long each hold was, in microseconds, which is as fine as the trace's text
// is; ascending.
using LockHolds = std::vector<double>;

// Parses the text of tracefs's `trace` (Documentation/trace/ftrace.rst, "The
// File System") with events lock_acquired and lock_release of one lock. Refuses
// a line that it does not understand, a hold without a begin or an end, and
// more than a million holds.
Result<LockHolds> ParseLockHolds(std::string_view text);

// Events that did not find room, from the text of a per_cpu/cpu*/stats.
Result<uint64_t> ParseLostEvents(std::string_view text);

// A lock, and those whose holds of it are of interest.
struct TracedLock {
  std::string name;         // as the kernel's source initialises it
  std::string task_filter;  // see KernelWorkers()
};

// Filters of tracing. Not the processes that have files measured:
std::string KernelWorkers();
// This thread only, outside of a PID namespace.
std::string ThisThread();

// Traces one lock from Start() on, in an instance of its own, which goes away
// with it: other users of tracing are not disturbed. Move-only.
class LockTrace {
 public:
  // `tracefs`: where it is mounted. An error says what the kernel lacks.
  static Result<LockTrace> Start(const std::filesystem::path& tracefs,
                                 const TracedLock& lock);
  LockTrace(LockTrace&& other) noexcept
      : instance_(std::exchange(other.instance_, {})) {}
  LockTrace(const LockTrace&) = delete;
  LockTrace& operator=(const LockTrace&) = delete;
  LockTrace& operator=(LockTrace&&) = delete;
  ~LockTrace();

  // Ends tracing. An error if events were lost.
  Result<LockHolds> Stop();

 private:
  explicit LockTrace(std::filesystem::path instance)
      : instance_(std::move(instance)) {}

  Result<void> Set(const std::filesystem::path& file,
                   const std::string& value) const;
  Result<void> Configure(const TracedLock& lock) const;
  Result<void> CheckLost() const;

  std::filesystem::path instance_;  // empty once moved from
};

// Where tracefs is mounted, from the text of /proc/self/mountinfo.
Result<std::filesystem::path> FindTracefs(std::string_view mountinfo);

}  // namespace ima_bench

#endif  // BENCH_UTIL_LOCK_TRACE_H_
