// SPDX-License-Identifier: MIT
// Time to save n records to a durable file and to free them: a flush, and
// upstream's `A`, read, `D` beside it.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "session.h"

namespace ima_bench {
namespace {

Result<Drained> DrainNewRecords(Session& session, const Method& method,
                                uint64_t count) {
  if (auto done = session.EmptyList(method); !done)
    return tl::make_unexpected(done.error());
  if (auto done = session.MakeRecords(count); !done)
    return tl::make_unexpected(done.error());
  return session.Drain(method);
}

// Making the records is not timed. A segment also holds what else was measured
// meanwhile: the counters tell what was really in it.
void MeasureDrain(benchmark::State& state, Session& session,
                  const Method& method) {
  if (!(session.ima().*method.available)())
    return FailRow(state, method.missing);
  Drained total;
  for (auto _ : state) {
    const auto drained =
        DrainNewRecords(session, method, static_cast<uint64_t>(state.range(0)));
    if (!drained) {
      FailRow(state, drained.error().Message());
      break;
    }
    state.SetIterationTime(drained->time.Length().count());
    total.records += drained->records;
    total.bytes += drained->bytes;
  }
  const auto average = [](uint64_t sum) {
    return benchmark::Counter(static_cast<double>(sum),
                              benchmark::Counter::kAvgIterations);
  };
  state.counters["records"] = average(total.records);
  state.counters["segment_bytes"] = average(total.bytes);
  state.SetItemsProcessed(static_cast<int64_t>(total.records));
  state.SetBytesProcessed(static_cast<int64_t>(total.bytes));
}

}  // namespace

void RegisterFlushBenchmarks(Session& session, const Options& options) {
  // The two ways take turns, so that a change of the machine's mood meets both.
  for (const int64_t records : RecordCounts(
           {100, 300, 1000, 3000, 10000, 20000}, options.max_records)) {
    for (const Method& method : kMethods) {
      benchmark::RegisterBenchmark(fmt::format("BM_{}", method.name).c_str(),
                                   [&](benchmark::State& state) {
                                     MeasureDrain(state, session, method);
                                   })
          ->ArgName("records")
          ->Arg(records)
          ->Iterations(1)
          ->UseManualTime();
    }
  }
}

}  // namespace ima_bench
