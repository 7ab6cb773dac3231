// SPDX-License-Identifier: MIT
// Time to find that a file was measured before, with n digests known.
//
// A file that was written to is hashed again at the next open(2), even if it
// holds the same as before; IMA makes the record that it would add and looks
// its digest up. This is what the rows time. That the digest was found shows in
// that no record was added; that it was looked up at all, in that one is added
// for other contents. The digests asked for are older than most that are known,
// which is where a chain of them takes longest to search.
//
// What was recorded once stays known until the next boot, so the number of
// known digests only grows: rows go up in size, and each first makes what is
// missing. Other rows make more than that, and what these rows leave behind
// would change the rows of memory: so they are registered only if the filter
// asks for them, and belong on a boot of their own.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "row.h"
#include "session.h"
#include "util/measured_files.h"

namespace ima_bench {
namespace {

constexpr uint64_t kKnown[] = {1000, 10000, 100000, 1000000};

// Files opened for one mean.
constexpr uint64_t kProbes = 64;

// How often to try for a moment in which nobody else has a file measured.
constexpr int kAttempts = 5;

// Where the digests are when they are looked up.
enum class Place {
  kMemory,  // of records in memory, most of them
  kGone,    // of records that a flush, or `D`, has taken out of memory
};

// Files that were measured.
struct Probes {
  MeasuredFiles files;
  MeasuredFiles other;  // one file, whose contents change
};

// By the number of known digests. Rows of one number share the probes, and so
// the records.
using ProbeSets = std::map<uint64_t, std::unique_ptr<Probes>>;

struct Lookups {
  uint64_t known = 0;
  uint64_t in_memory = 0;
  std::chrono::duration<double> hashed{};  // mean of opens that look up
  std::chrono::duration<double> cached{};  // mean of opens that need not
};

Result<MeasuredFiles> MeasureFiles(const Session& session, uint64_t count) {
  auto files = MeasuredFiles::Create(session.files());
  if (!files) return files;
  auto opened = files->Prepare(count).and_then(
      [&] { return files->OpenUntil([] { return false; }); });
  if (!opened) return tl::make_unexpected(opened.error());
  return files;
}

// So many of the known digests are of records in memory, at least. Not all, so
// that rows of ascending size need not make all records again.
uint64_t LeastInMemory(uint64_t known) { return known / 2; }

Result<void> MakeKnown(Session& session, uint64_t known) {
  const auto present = session.ima().RecordsInMemory();
  if (!present) return tl::make_unexpected(present.error());
  const auto ever = session.RecordsEver();
  if (!ever) return tl::make_unexpected(ever.error());
  const uint64_t least = LeastInMemory(known);
  return session.MakeRecords(std::max(known > *ever ? known - *ever : 0,
                                      least > *present ? least - *present : 0));
}

Result<std::unique_ptr<Probes>> MakeProbes(Session& session, uint64_t known) {
  auto files = MeasureFiles(session, kProbes);
  if (!files) return tl::make_unexpected(files.error());
  auto other = MeasureFiles(session, 1);
  if (!other) return tl::make_unexpected(other.error());
  if (auto done = MakeKnown(session, known); !done)
    return tl::make_unexpected(done.error());
  return std::make_unique<Probes>(Probes{std::move(*files), std::move(*other)});
}

// A row of some number must not be measured at another.
Result<void> CheckNumber(const Session& session, uint64_t known) {
  return session.RecordsEver().and_then([&](uint64_t ever) -> Result<void> {
    if (ever <= known + known / 10 + kProbes) return {};
    return ContentError(
        fmt::format("{} digests are known already: run the rows of "
                    "BM_Duplicate alone and in order, soon after boot",
                    ever));
  });
}

Result<Probes*> PrepareProbes(Session& session, ProbeSets& sets, uint64_t known,
                              Place place) {
  const auto present = session.ima().RecordsInMemory();
  if (!present) return tl::make_unexpected(present.error());
  auto& probes = sets[known];
  if (probes == nullptr ||
      (place == Place::kMemory && *present < LeastInMemory(known))) {
    auto made = MakeProbes(session, known);
    if (!made) return tl::make_unexpected(made.error());
    probes = std::move(*made);
  }
  if (place == Place::kMemory) return probes.get();
  return session.EmptyList(session.AnyMethod()).map([&] {
    return probes.get();
  });
}

// Opens all files that wait, and returns the mean time of open(2); nothing if
// that has not made `expected` records, since others had files measured, too.
Result<std::optional<std::chrono::duration<double>>> OpenOnce(
    const Session& session, MeasuredFiles& files, uint64_t expected) {
  const auto before = session.ima().RecordsTotal();
  if (!before) return tl::make_unexpected(before.error());
  const auto opens = files.OpenUntil([] { return false; });
  if (!opens) return tl::make_unexpected(opens.error());
  const auto after = session.ima().RecordsTotal();
  if (!after) return tl::make_unexpected(after.error());
  if (*after - *before != expected) return std::nullopt;
  std::chrono::duration<double> total{};
  for (const TimeSpan& open : *opens) total += open.Length();
  return total / static_cast<double>(opens->size());
}

// The same after `prepare`, until it succeeds. `failure` says what it means if
// it never does.
template <typename Prepare>
Result<std::chrono::duration<double>> OpenUndisturbed(const Session& session,
                                                      MeasuredFiles& files,
                                                      uint64_t expected,
                                                      const char* failure,
                                                      Prepare prepare) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (Result<void> done = prepare(); !done)
      return tl::make_unexpected(done.error());
    const auto mean = OpenOnce(session, files, expected);
    if (!mean) return tl::make_unexpected(mean.error());
    if (*mean) return **mean;
  }
  return ContentError(fmt::format(
      "{}, or others had files measured each of {} times", failure, kAttempts));
}

// Contents that no file had before make one record: so IMA does look.
Result<void> CheckNewContents(const Session& session, MeasuredFiles& other) {
  static uint64_t version = 0;
  return OpenUndisturbed(
             session, other, 1,
             "a file with new contents does not make one record",
             [&] { return other.Rewrite(fmt::format("{}", ++version)); })
      .map([](const std::chrono::duration<double>& /*mean*/) {});
}

Result<Lookups> LookUp(Session& session, Probes& probes) {
  Lookups lookups;
  MeasuredFiles& files = probes.files;
  const auto known = session.RecordsEver();
  if (!known) return tl::make_unexpected(known.error());
  lookups.known = *known;
  const auto in_memory = session.ima().RecordsInMemory();
  if (!in_memory) return tl::make_unexpected(in_memory.error());
  lookups.in_memory = *in_memory;
  const auto hashed =
      OpenUndisturbed(session, files, 0, "a digest that is known made a record",
                      [&] { return files.Rewrite("x"); });
  if (!hashed) return tl::make_unexpected(hashed.error());
  lookups.hashed = *hashed;
  const auto cached = OpenUndisturbed(session, files, 0,
                                      "a file that did not change made a "
                                      "record",
                                      [&]() -> Result<void> {
                                        files.Reopen();
                                        return {};
                                      });
  if (!cached) return tl::make_unexpected(cached.error());
  lookups.cached = *cached;
  return CheckNewContents(session, probes.other).map([&] { return lookups; });
}

// The row's time is the mean of the opens.
void ReportLookups(benchmark::State& state, const Lookups& lookups) {
  constexpr double kNanoseconds = 1e9;
  state.SetIterationTime(lookups.hashed.count());
  state.counters["records"] = static_cast<double>(lookups.known);
  state.counters["in_memory"] = static_cast<double>(lookups.in_memory);
  state.counters["cached_ns"] = kNanoseconds * lookups.cached.count();
  state.counters["samples"] = kProbes;
}

std::string NameOf(const Session& session, Place place) {
  if (place == Place::kMemory) return "BM_Duplicate/memory";
  return session.ima().HasFlush() ? "BM_Duplicate/flushed"
                                  : "BM_Duplicate/deleted";
}

void RegisterPlace(Session& session, const std::shared_ptr<ProbeSets>& sets,
                   uint64_t known, Place place) {
  RegisterRow(
      NameOf(session, place), "known", known,
      [=, &session](benchmark::State& state) {
        RunRow(
            state,
            [&] {
              return CheckNumber(session, known)
                  .and_then([&] {
                    return PrepareProbes(session, *sets, known, place);
                  })
                  .and_then(
                      [&](Probes* probes) { return LookUp(session, *probes); });
            },
            [&](const Lookups& lookups) { ReportLookups(state, lookups); });
      });
}

}  // namespace

Result<void> RegisterDuplicateBenchmarks(Session& session,
                                         const Options& options) {
  const std::string filter = benchmark::GetBenchmarkFilter();
  if (filter.starts_with('-') || filter.find("Duplicate") == filter.npos)
    return {};
  const auto ever = session.RecordsEver();
  if (!ever) return tl::make_unexpected(ever.error());
  const auto sets = std::make_shared<ProbeSets>();
  for (const uint64_t known : RecordCounts(kKnown, options.max_records)) {
    // The size before the largest leaves room to have half of that in memory.
    const bool near = 2 * known > options.max_records;
    if (known < *ever || (near && known != options.max_records)) continue;
    RegisterPlace(session, sets, known, Place::kMemory);
    RegisterPlace(session, sets, known, Place::kGone);
  }
  return {};
}

}  // namespace ima_bench
