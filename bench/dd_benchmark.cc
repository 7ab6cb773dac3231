// SPDX-License-Identifier: MIT
// Time to make a plain file of as many bytes as a flush wrote, in the same
// directory and durable, to compare the flush with.
#include <benchmark/benchmark.h>

#include "row.h"
#include "session.h"
#include "util/plain_file.h"

namespace ima_bench {
namespace {

struct Plain {
  Drained flush;  // what it is compared with
  TimeSpan time;
};

Result<Plain> WritePlain(Session& session, uint64_t records) {
  const auto flush = session.FlushOf(records);
  if (!flush) return tl::make_unexpected(flush.error());
  return Session::SettleDisks()
      .and_then([&] {
        return TimePlainFile(session.segments() / "plain", flush->bytes);
      })
      .map([&](PlainFile&& plain) {
        session.KeepPlainFile(std::move(plain.file));
        return Plain{*flush, plain.time};
      });
}

}  // namespace

void RegisterDdBenchmark(Session& session, uint64_t records) {
  if (!session.ima().HasFlush()) return;
  RegisterRow("BM_Dd", "records", records, [=, &session](auto& state) {
    RunRow(
        state, [&] { return WritePlain(session, records); },
        [&](const Plain& plain) {
          state.SetIterationTime(plain.time.Length().count());
          state.counters["records"] = static_cast<double>(plain.flush.records);
          state.counters["segment_bytes"] =
              static_cast<double>(plain.flush.bytes);
          state.SetItemsProcessed(static_cast<int64_t>(plain.flush.records));
          state.SetBytesProcessed(static_cast<int64_t>(plain.flush.bytes));
        });
  });
}

}  // namespace ima_bench
