// SPDX-License-Identifier: MIT
// How long a flush of n records keeps others from measuring: each hold of the
// list mutex by the kernel worker that flushes, and frees the records
// afterwards. A hold ends where its release begins; what the kernel's lock
// debugging adds is in it, and so is a worker that loses its processor.
//
// How often that happens depends on the machine. So there is a control: another
// mutex of the kernel, which this program has held as often as the largest
// flush holds that one, and about as long, traced in the same way. It tells how
// many long holds a second of holding there are without a flush.
//
// Nothing is measured meanwhile: a row of latency cannot tell this, since the
// time that a TPM takes is spent with the same mutex held.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "row.h"
#include "session.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/lock_trace.h"
#include "util/percentile.h"

namespace ima_bench {
namespace {

constexpr uint64_t kSizes[] = {1000, 10000, 100000, 1000000};

// The variable of security/integrity/ima/ima_queue.c.
constexpr const char* kListMutex = "ima_extend_list_mutex";

// What fs/pipe.c initialises: held while bytes are copied.
constexpr const char* kPipeMutex = "&pipe->mutex";
constexpr size_t kPipeBytes = 49152;  // which fit into a pipe
constexpr uint64_t kPipeHolds = 62500;

struct Traced {
  TimeSpan time;  // of what was traced
  LockHolds holds;
};

// Traces `lock` while `work` runs, which returns when it did.
template <typename Work>
Result<Traced> Trace(const TracedLock& lock, Work work) {
  auto trace = ReadFile("/proc/self/mountinfo")
                   .and_then(FindTracefs)
                   .and_then([&](const std::filesystem::path& tracefs) {
                     return LockTrace::Start(tracefs, lock);
                   });
  if (!trace) return tl::make_unexpected(trace.error());
  const Result<TimeSpan> time = work();
  if (!time) return tl::make_unexpected(time.error());
  auto holds = trace->Stop();
  if (!holds) return tl::make_unexpected(holds.error());
  if (holds->empty()) {
    return ContentError("the trace shows no hold of " + lock.name + " with " +
                        lock.task_filter +
                        ", which there must have been: is it called "
                        "otherwise, or is this a PID namespace?");
  }
  return Traced{*time, std::move(*holds)};
}

struct TracedFlush {
  uint64_t records;
  Traced traced;
};

Result<TracedFlush> TraceFlush(Session& session, uint64_t records) {
  if (auto done = session.FillList(records); !done)
    return tl::make_unexpected(done.error());
  uint64_t flushed = 0;
  auto traced = Trace({kListMutex, KernelWorkers()}, [&] {
    return session.Drain(session.AnyMethod()).map([&](const Drained& drained) {
      flushed = drained.records;
      return drained.time;
    });
  });
  if (!traced) return tl::make_unexpected(traced.error());
  return TracedFlush{flushed, std::move(*traced)};
}

// Half of the holds are for writing, half for reading.
Result<TimeSpan> UsePipe(const Pipe& pipe) {
  std::vector<char> bytes(kPipeBytes);
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < kPipeHolds / 2; ++i) {
    if (write(pipe.write_end.get(), bytes.data(), bytes.size()) != kPipeBytes ||
        read(pipe.read_end.get(), bytes.data(), bytes.size()) != kPipeBytes)
      return ContentError("a pipe did not take and give 48 KiB at once");
  }
  return TimeSpan{begin, std::chrono::steady_clock::now()};
}

Result<Traced> TracePipe() {
  const auto pipe = MakePipe();
  if (!pipe) return tl::make_unexpected(pipe.error());
  return Trace({kPipeMutex, ThisThread()}, [&] { return UsePipe(*pipe); });
}

// The row's time is that of what was traced, with tracing on.
void ReportTrace(benchmark::State& state, const Traced& traced) {
  state.SetIterationTime(traced.time.Length().count());
  auto& counters = state.counters;
  const LockHolds& holds = traced.holds;
  counters["holds"] = static_cast<double>(holds.size());
  counters["p99_9_hold_us"] = NearestRank(holds, 999);
  counters["max_hold_us"] = holds.back();
  counters["holds_above_50_us"] =
      static_cast<double>(holds.end() - std::ranges::upper_bound(holds, 50.0));
  counters["total_hold_us"] = std::reduce(holds.begin(), holds.end());
}

}  // namespace

void RegisterMutexBenchmarks(Session& session, const Options& options) {
  if (!options.trace || !session.ima().HasFlush()) return;
  for (const uint64_t records : RecordCounts(kSizes, options.max_records)) {
    RegisterRow("BM_ListMutex", "records", records,
                [=, &session](benchmark::State& state) {
                  RunRow(
                      state, [&] { return TraceFlush(session, records); },
                      [&](const TracedFlush& flush) {
                        ReportTrace(state, flush.traced);
                        state.counters["records"] =
                            static_cast<double>(flush.records);
                      });
                });
  }
  RegisterRow("BM_PipeMutex", "holds", kPipeHolds, [](benchmark::State& state) {
    RunRow(state, TracePipe,
           [&](const Traced& traced) { ReportTrace(state, traced); });
  });
}

}  // namespace ima_bench
