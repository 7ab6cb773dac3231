// SPDX-License-Identifier: MIT
// Time to read a list file: all of it, in memory or flushed, and the record
// that was just added.
//
// Nothing of a read goes to a disk, so these rows show the kernel's walk along
// the list and its formatting of records; where it was flushed, reading it back
// out of the page cache and checking its digest. Opening the file is not timed.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <chrono>
#include <string>

#include "row.h"
#include "session.h"
#include "util/list_reader.h"
#include "util/time_span.h"

namespace ima_bench {
namespace {

using std::chrono::steady_clock;

constexpr size_t kBufferSizes[] = {4096, 65536};
constexpr ListForm kForms[] = {ListForm::kBinary, ListForm::kAscii};

// Records that a reader at the end of the list waits for, one by one: few, so
// that the list stays of the size that the row is named after.
constexpr uint64_t kLastRecords = 5;

struct ReadPass {
  uint64_t records = 0;
  uint64_t bytes = 0;
  TimeSpan time;
};

struct FlushedPass {
  Drained flush;  // of what is read
  ReadPass pass;
};

struct LastReads {
  uint64_t records = 0;  // in the list when the first was added
  std::chrono::duration<double> total{};  // of kLastRecords reads
};

// The list as it is.
Result<ReadPass> ReadWhole(const Session& session, ListForm form,
                           size_t buffer_size) {
  const auto listed = session.ima().RecordsListed();
  if (!listed) return tl::make_unexpected(listed.error());
  auto reader = ListReader::Open(session.ima().List(form), buffer_size);
  if (!reader) return tl::make_unexpected(reader.error());
  const auto begin = steady_clock::now();
  const auto bytes = reader->ReadToEnd();
  const TimeSpan time{begin, steady_clock::now()};
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (*bytes == 0)
    return ContentError(session.ima().List(form).string() + " is empty");
  return ReadPass{.records = *listed, .bytes = *bytes, .time = time};
}

// What was flushed must be what is read, or the row shows something else.
Result<FlushedPass> ReadFlushed(Session& session, ListForm form,
                                size_t buffer_size, uint64_t records) {
  const auto flush = session.FlushList(records);
  if (!flush) return tl::make_unexpected(flush.error());
  const auto pass = ReadWhole(session, form, buffer_size);
  if (!pass) return tl::make_unexpected(pass.error());
  if (pass->records < flush->records ||
      (form == ListForm::kBinary && pass->bytes < flush->bytes)) {
    return ContentError(fmt::format(
        "{} records of {} bytes were flushed, and the list shows {} of {}",
        flush->records, flush->bytes, pass->records, pass->bytes));
  }
  return FlushedPass{*flush, *pass};
}

// Whatever came with the record (others may have had files measured) is read
// before the next one is made.
Result<TimeSpan> ReadNewRecord(Session& session, ListReader& reader) {
  if (auto done = session.MakeRecords(1); !done)
    return tl::make_unexpected(done.error());
  const auto begin = steady_clock::now();
  const auto piece = reader.Read();
  const TimeSpan time{begin, steady_clock::now()};
  if (!piece) return tl::make_unexpected(piece.error());
  if (piece->empty())
    return ContentError("a reader at the end does not get the new record");
  return reader.ReadToEnd().map([&](uint64_t /*bytes*/) { return time; });
}

Result<LastReads> ReadLast(Session& session, ListForm form, uint64_t records) {
  if (auto done = session.FillList(records); !done)
    return tl::make_unexpected(done.error());
  auto reader = ListReader::Open(session.ima().List(form), kBufferSizes[1]);
  if (!reader) return tl::make_unexpected(reader.error());
  if (auto done = reader->ReadToEnd(); !done)
    return tl::make_unexpected(done.error());
  const auto listed = session.ima().RecordsListed();
  if (!listed) return tl::make_unexpected(listed.error());
  LastReads reads{.records = *listed};
  for (uint64_t i = 0; i < kLastRecords; ++i) {
    const auto time = ReadNewRecord(session, *reader);
    if (!time) return tl::make_unexpected(time.error());
    reads.total += time->Length();
  }
  return reads;
}

void ReportPass(benchmark::State& state, const ReadPass& pass) {
  state.SetIterationTime(pass.time.Length().count());
  state.counters["records"] = static_cast<double>(pass.records);
  state.counters["list_bytes"] = static_cast<double>(pass.bytes);
  state.SetItemsProcessed(static_cast<int64_t>(pass.records));
  state.SetBytesProcessed(static_cast<int64_t>(pass.bytes));
}

void RegisterWhole(Session& session, ListForm form, size_t buffer_size,
                   uint64_t records) {
  RegisterRow(fmt::format("BM_Read/{}/buffer:{}", NameOf(form), buffer_size),
              "records", records, [=, &session](benchmark::State& state) {
                RunRow(
                    state,
                    [&] {
                      return session.FillList(records).and_then([&] {
                        return ReadWhole(session, form, buffer_size);
                      });
                    },
                    [&](const ReadPass& pass) { ReportPass(state, pass); });
              });
}

void RegisterFlushed(Session& session, ListForm form, size_t buffer_size,
                     uint64_t records) {
  RegisterRow(
      fmt::format("BM_ReadFlushed/{}/buffer:{}", NameOf(form), buffer_size),
      "records", records, [=, &session](benchmark::State& state) {
        RunRow(
            state,
            [&] { return ReadFlushed(session, form, buffer_size, records); },
            [&](const FlushedPass& read) {
              ReportPass(state, read.pass);
              // What the kernel had to read back and to make a digest of.
              state.counters["segment_bytes"] =
                  static_cast<double>(read.flush.bytes);
            });
      });
}

// The row's time is the mean of its reads.
void RegisterLast(Session& session, ListForm form, uint64_t records) {
  RegisterRow(
      fmt::format("BM_ReadLast/{}", NameOf(form)), "records", records,
      [=, &session](benchmark::State& state) {
        RunRow(
            state, [&] { return ReadLast(session, form, records); },
            [&](const LastReads& reads) {
              state.SetIterationTime(reads.total.count() / kLastRecords);
              state.counters["records"] = static_cast<double>(reads.records);
              state.counters["samples"] = kLastRecords;
            });
      });
}

}  // namespace

void RegisterReadBenchmarks(Session& session, uint64_t records) {
  for (const ListForm form : kForms) {
    for (const size_t buffer_size : kBufferSizes)
      RegisterWhole(session, form, buffer_size, records);
  }
  for (const ListForm form : kForms) RegisterLast(session, form, records);
}

void RegisterReadFlushedBenchmarks(Session& session, uint64_t records) {
  if (!session.ima().HasRelease()) return;
  for (const ListForm form : kForms)
    RegisterFlushed(session, form, kBufferSizes[1], records);
}

}  // namespace ima_bench
