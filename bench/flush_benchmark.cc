// SPDX-License-Identifier: MIT
// Time to save n records to a durable file and to free them: a flush, and
// upstream's `A`, read, `D` beside it.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "row.h"
#include "session.h"

namespace ima_bench {
namespace {

// Making the records is not timed.
Result<Drained> DrainRecords(Session& session, const Method& method,
                             uint64_t count) {
  return session.FillList(count).and_then(Session::SettleDisks).and_then([&] {
    return session.Drain(method);
  });
}

// A segment also holds what else was measured meanwhile: the counters tell what
// was really in it.
void ReportDrained(benchmark::State& state, const Drained& drained) {
  state.SetIterationTime(drained.time.Length().count());
  state.counters["records"] = static_cast<double>(drained.records);
  state.counters["segment_bytes"] = static_cast<double>(drained.bytes);
  state.SetItemsProcessed(static_cast<int64_t>(drained.records));
  state.SetBytesProcessed(static_cast<int64_t>(drained.bytes));
}

}  // namespace

void RegisterFlushBenchmarks(Session& session, uint64_t records) {
  // The two ways take turns, so that a change of the machine's mood meets both.
  for (const Method* method : session.Methods()) {
    RegisterRow(fmt::format("BM_{}", method->name), "records", records,
                [=, &session](benchmark::State& state) {
                  RunRow(
                      state,
                      [&] { return DrainRecords(session, *method, records); },
                      [&](const Drained& drained) {
                        ReportDrained(state, drained);
                        if (method->drain == DrainByFlush)
                          session.NoteFlush(records, drained);
                      });
                });
    // They read what this flush took, so that no list is filled for them.
    if (method->drain == DrainByFlush)
      RegisterReadFlushedBenchmarks(session, records);
    // Soon after the flush, before the machine's mood changes; behind those,
    // who want few records in memory, of which each repetition leaves some.
    if (method == &session.AnyMethod())
      RegisterSha256Benchmark(session, records);
  }
}

}  // namespace ima_bench
