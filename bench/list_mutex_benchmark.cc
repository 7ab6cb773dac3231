// SPDX-License-Identifier: MIT
// How long a flush of n records keeps others from measuring: each hold of the
// list mutex by the kernel worker that flushes, and frees the records
// afterwards. A hold ends where its release begins; what the kernel's lock
// debugging adds is in it, and so is a worker that loses its processor.
//
// Nothing is measured meanwhile: a row of latency cannot tell this, since the
// time that a TPM takes is spent with the same mutex held.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>

#include "row.h"
#include "session.h"
#include "util/file.h"
#include "util/lock_trace.h"
#include "util/percentile.h"

namespace ima_bench {
namespace {

constexpr uint64_t kSizes[] = {1000, 10000, 100000, 1000000};

// The variable of security/integrity/ima/ima_queue.c.
constexpr const char* kMutex = "ima_extend_list_mutex";

struct TracedFlush {
  Drained flush;
  LockHolds holds;
};

Result<TracedFlush> TraceFlush(Session& session, uint64_t records) {
  if (auto done = session.FillList(records); !done)
    return tl::make_unexpected(done.error());
  auto trace =
      ReadFile("/proc/self/mountinfo")
          .and_then([](const std::string& text) { return FindTracefs(text); })
          .and_then([](const std::filesystem::path& tracefs) {
            return LockTrace::Start(tracefs, kMutex);
          });
  if (!trace) return tl::make_unexpected(trace.error());
  const auto flush = session.Drain(session.AnyMethod());
  if (!flush) return tl::make_unexpected(flush.error());
  const auto holds = trace->Stop();
  if (!holds) return tl::make_unexpected(holds.error());
  if (holds->empty()) {
    return ContentError(
        std::string("the trace shows no hold of ") + kMutex +
        " by a kernel worker, without which no flush can be: is it called "
        "otherwise?");
  }
  return TracedFlush{*flush, *holds};
}

// The row's time is that of the flush, with tracing on.
void ReportTrace(benchmark::State& state, const TracedFlush& traced) {
  state.SetIterationTime(traced.flush.time.Length().count());
  auto& counters = state.counters;
  counters["records"] = static_cast<double>(traced.flush.records);
  const LockHolds& holds = traced.holds;
  counters["holds"] = static_cast<double>(holds.size());
  counters["p99_9_hold_us"] = NearestRank(holds, 999);
  counters["max_hold_us"] = holds.back();
  counters["holds_above_50_us"] =
      static_cast<double>(holds.end() - std::ranges::upper_bound(holds, 50.0));
  counters["total_hold_us"] = std::reduce(holds.begin(), holds.end());
}

}  // namespace

void RegisterListMutexBenchmark(Session& session, const Options& options) {
  if (!options.trace || !session.ima().HasFlush()) return;
  for (const uint64_t records : RecordCounts(kSizes, options.max_records)) {
    RegisterRow(
        "BM_ListMutex", "records", records,
        [=, &session](benchmark::State& state) {
          RunRow(
              state, [&] { return TraceFlush(session, records); },
              [&](const TracedFlush& traced) { ReportTrace(state, traced); });
        });
  }
}

}  // namespace ima_bench
