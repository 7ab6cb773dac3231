// SPDX-License-Identifier: MIT
// Kernel memory that n records cost, and that a flush gives back; the same
// with upstream's `D`.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "row.h"
#include "session.h"
#include "util/memory.h"

namespace ima_bench {
namespace {

// A page of slab is a large part of what fewer records take.
constexpr std::span<const uint64_t> kMemorySizes =
    std::span(kListSizes).subspan(2);
static_assert(kMemorySizes.front() == 1000);

// What the first records of a run make the kernel allocate once (filesystem,
// caches) is no cost of a record.
constexpr uint64_t kWarmUpRecords = 100;

// Memory at rest with an empty list, with n records, and after the drain.
struct Course {
  SettledMemory empty, full, after;
  Drained drained;
};

Result<Course> FollowMemory(Session& session, const Method& method,
                            uint64_t count) {
  Course course;
  const auto settle_into = [](SettledMemory& place) {
    return SettleMemory().map([&](SettledMemory now) { place = now; });
  };
  auto done =
      session.MakeRecords(kWarmUpRecords)
          .and_then([&] { return session.EmptyList(method); })
          .and_then([&] { return settle_into(course.empty); })
          .and_then([&] { return session.MakeRecords(count); })
          .and_then([&] { return settle_into(course.full); })
          .and_then([&] { return session.Drain(method); })
          .map([&](const Drained& drained) { course.drained = drained; })
          .and_then([&] { return settle_into(course.after); });
  if (!done) return tl::make_unexpected(done.error());
  return course;
}

// Growth of one member of MemoryUse from `from` to `to`, in bytes.
double Growth(const SettledMemory& from, const SettledMemory& to,
              uint64_t MemoryUse::*member) {
  return static_cast<double>(to.use.*member) -
         static_cast<double>(from.use.*member);
}

double SlabGrowth(const SettledMemory& from, const SettledMemory& to) {
  return Growth(from, to, &MemoryUse::slab) +
         Growth(from, to, &MemoryUse::vmalloc);
}

void SetCounters(benchmark::State& state, const Course& course) {
  const auto& [empty, full, after, drained] = course;
  const auto records = static_cast<double>(drained.records);
  auto& counters = state.counters;
  counters["records"] = records;
  // Slab + VmallocUsed: what the machine has less for other work.
  counters["slab_empty"] = static_cast<double>(empty.use.SlabAndVmalloc());
  counters["slab_full"] = static_cast<double>(full.use.SlabAndVmalloc());
  counters["slab_after"] = static_cast<double>(after.use.SlabAndVmalloc());
  counters["bytes_per_record"] = SlabGrowth(empty, full) / records;
  counters["kept_per_record"] = SlabGrowth(empty, after) / records;
  counters["returned_percent"] =
      100 * SlabGrowth(after, full) / SlabGrowth(empty, full);
  // The same seen otherwise, to tell a leak from a page that cannot be freed
  // because a neighbour on it lives.
  counters["unreclaimable_kept_per_record"] =
      Growth(empty, after, &MemoryUse::unreclaimable) / records;
  counters["objects_per_record"] =
      Growth(empty, full, &MemoryUse::record_objects) / records;
  counters["objects_kept_per_record"] =
      Growth(empty, after, &MemoryUse::record_objects) / records;
  counters["cache_pages_kept_per_record"] =
      Growth(empty, after, &MemoryUse::record_pages) / records;
  counters["available_regained"] = Growth(full, after, &MemoryUse::available);
  counters["settle_seconds"] = after.waited.count();
}

// The row's time is that of the drain.
void ReportCourse(benchmark::State& state, const Course& course) {
  state.SetIterationTime(course.drained.time.Length().count());
  SetCounters(state, course);
}

}  // namespace

void RegisterMemoryBenchmarks(Session& session, const Options& options) {
  // All flushes first: `D` leaves holes in pages that cannot be freed, and what
  // comes after it fills them instead of new pages.
  for (const Method* method : session.Methods()) {
    for (const uint64_t records :
         RecordCounts(kMemorySizes, options.max_records)) {
      RegisterRow(
          fmt::format("BM_Memory{}", method->name), "records", records,
          [=, &session](benchmark::State& state) {
            RunRow(
                state, [&] { return FollowMemory(session, *method, records); },
                [&](const Course& course) { ReportCourse(state, course); });
          });
    }
  }
}

}  // namespace ima_bench
