// SPDX-License-Identifier: MIT
// Latency of measuring one new file, without and with a flush in progress.
//
// Shows how long a process waits in open(2) of a file that IMA measures. What a
// flush adds to that is time with the list mutex held, wake-ups and cache
// misses. Also in it, and no fault of the flush's design: the competition of
// the two for the processors (context: num_cpus, processor) and, if the files
// are on the filesystem that the flush writes to (context: files_apart), for
// its journal. So there is a control: the same beside a plain writer of files
// as large, which locks nothing of IMA's.
//
// Does not show more than one process measuring at a time, or how long the list
// mutex is held: the TPM, asked with that mutex held, takes most of the time of
// an open, so a short wait drowns in it.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <future>
#include <numeric>
#include <stop_token>
#include <thread>
#include <vector>

#include "row.h"
#include "session.h"
#include "util/measured_files.h"
#include "util/percentile.h"
#include "util/plain_file.h"

namespace ima_bench {
namespace {

// Files that wait when a flush begins; more if a flush outlasts them.
constexpr uint64_t kFirstBatch = 256;

// What a row has to reach.
struct Load {
  uint64_t records;  // in memory when measuring, or a flush, begins
  uint64_t samples;
};

struct Samples {
  std::vector<double> latencies;  // in nanoseconds
  double records = 0;             // as in Load, the average that there were
  uint64_t flushes = 0;
};

using TimeSpans = std::vector<TimeSpan>;
using SampleFunction = Result<Samples>(Session& session, MeasuredFiles& files,
                                       const Load& load);

void AddLatencies(const TimeSpans& opens, Samples& samples) {
  for (const TimeSpan& open : opens)
    samples.latencies.push_back(1e9 * open.Length().count());
}

// Runs `open`, and checks that each file it opened made a record.
template <typename Function>
Result<TimeSpans> CheckMeasured(const ImaFs& ima, const MeasuredFiles& files,
                                Function open) {
  const uint64_t waiting = files.Waiting();
  const auto before = ima.RecordsTotal();
  if (!before) return tl::make_unexpected(before.error());
  Result<TimeSpans> opens = open();
  if (!opens) return opens;
  const auto after = ima.RecordsTotal();
  if (!after) return tl::make_unexpected(after.error());
  const uint64_t opened = waiting - files.Waiting();
  if (*after - *before >= opened) return opens;
  return ContentError(
      fmt::format("{} files opened made {} records: the IMA "
                  "policy does not measure all of them",
                  opened, *after - *before));
}

// One flush in another thread, and the files opened while it ran. What was
// opened before it began or after its end does not count.
Result<TimeSpans> OpenDuringFlush(Session& session, MeasuredFiles& files,
                                  Drained& drained) {
  auto flush = std::async(std::launch::async,
                          [&] { return session.Drain(session.AnyMethod()); });
  auto opens = files.OpenUntil([&] {
    return flush.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  const auto flushed = flush.get();
  if (!flushed) return tl::make_unexpected(flushed.error());
  if (!opens) return opens;
  drained = *flushed;
  std::erase_if(*opens, [&](const TimeSpan& open) {
    return !Overlap(open, drained.time);
  });
  return opens;
}

Result<TimeSpans> OpenAll(MeasuredFiles& files) {
  return files.OpenUntil([] { return false; });
}

// The same while another thread writes one file after the other.
Result<TimeSpans> OpenBesideDd(const Session& session, MeasuredFiles& files,
                               uint64_t bytes) {
  Result<void> written;
  std::jthread writer([&](const std::stop_token& stop) {
    while (written && !stop.stop_requested()) {
      written = TimePlainFile(session.segments() / "plain", bytes)
                    .map([](const PlainFile&) {});
    }
  });
  auto opens = OpenAll(files);
  writer.request_stop();
  writer.join();
  if (!written) return tl::make_unexpected(written.error());
  return opens;
}

// All with one list, which nobody flushes. `open` opens the waiting files.
template <typename Function>
Result<Samples> SampleList(Session& session, MeasuredFiles& files,
                           const Load& load, Function open) {
  auto done = session.FillList(load.records).and_then([&] {
    return files.Prepare(load.samples);
  });
  if (!done) return tl::make_unexpected(done.error());
  const auto opens = CheckMeasured(session.ima(), files, open);
  if (!opens) return tl::make_unexpected(opens.error());
  Samples samples{.latencies = {},
                  .records = static_cast<double>(load.records)};
  AddLatencies(*opens, samples);
  return samples;
}

Result<Samples> SampleIdle(Session& session, MeasuredFiles& files,
                           const Load& load) {
  return SampleList(session, files, load, [&] { return OpenAll(files); });
}

Result<Samples> SampleBesideDd(Session& session, MeasuredFiles& files,
                               const Load& load) {
  const auto flush = session.FlushOf(load.records);
  if (!flush) return tl::make_unexpected(flush.error());
  return SampleList(session, files, load,
                    [&] { return OpenBesideDd(session, files, flush->bytes); });
}

// Some in each of many flushes; the list is filled again before each.
Result<Samples> SampleFlushing(Session& session, MeasuredFiles& files,
                               const Load& load) {
  Samples samples;
  uint64_t records = 0;
  uint64_t batch = kFirstBatch;
  while (samples.latencies.size() < load.samples) {
    auto done = session.FillList(load.records).and_then([&] {
      return files.Prepare(batch);
    });
    if (!done) return tl::make_unexpected(done.error());
    Drained drained;
    const auto opens = CheckMeasured(session.ima(), files, [&] {
      return OpenDuringFlush(session, files, drained);
    });
    if (!opens) return tl::make_unexpected(opens.error());
    if (files.Waiting() == 0) {  // no file was left for the end of this flush
      batch *= 2;
      continue;
    }
    AddLatencies(*opens, samples);
    records += drained.records;
    ++samples.flushes;
  }
  samples.records =
      static_cast<double>(records) / static_cast<double>(samples.flushes);
  return samples;
}

void SetCounters(benchmark::State& state, const Samples& samples) {
  auto& counters = state.counters;
  for (const Percentile& percentile : kPercentiles) {
    counters[percentile.counter] =
        NearestRank(samples.latencies, percentile.per_mille);
  }
  counters["samples"] = static_cast<double>(samples.latencies.size());
  counters["records"] = samples.records;
  // The library would give a variation that is no number where it is 0.
  if (samples.flushes > 0)
    counters["flushes"] = static_cast<double>(samples.flushes);
}

Result<Samples> TakeSamples(Session& session, const Load& load,
                            SampleFunction* sample) {
  if (auto done = session.EmptyList(session.AnyMethod()); !done)
    return tl::make_unexpected(done.error());
  auto files = MeasuredFiles::Create(session.files());
  if (!files) return tl::make_unexpected(files.error());
  auto samples = sample(session, *files, load);
  if (samples) std::ranges::sort(samples->latencies);
  return samples;
}

// The row's time is the mean of the latencies.
void ReportSamples(benchmark::State& state, const Samples& samples) {
  const auto& latencies = samples.latencies;
  state.SetIterationTime(1e-9 *
                         std::reduce(latencies.begin(), latencies.end()) /
                         static_cast<double>(latencies.size()));
  SetCounters(state, samples);
}

void RegisterSamples(const char* name, Session& session, const Load& load,
                     SampleFunction* sample) {
  RegisterRow(
      name, "records", load.records, [=, &session](benchmark::State& state) {
        RunRow(
            state, [&] { return TakeSamples(session, load, sample); },
            [&](const Samples& samples) { ReportSamples(state, samples); });
      });
}

}  // namespace

void RegisterMeasureBenchmarks(Session& session, const Options& options) {
  // A tenth: the list is filled again for each few samples.
  const Load load{.records = std::max<uint64_t>(options.max_records / 10, 1),
                  .samples = options.samples};
  RegisterSamples("BM_Measure/idle", session, load, SampleIdle);
  if (!session.ima().HasFlush()) return;
  RegisterSamples("BM_Measure/flushing", session, load, SampleFlushing);
  RegisterSamples("BM_Measure/beside_dd", session, load, SampleBesideDd);
}

}  // namespace ima_bench
