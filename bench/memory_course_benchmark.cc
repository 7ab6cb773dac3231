// SPDX-License-Identifier: MIT
// Kernel memory over time, from shortly before a flush (or upstream's way on a
// kernel that has no flush) until it is at rest after it.
//
// The row's counters are what stands out of the course; all samples go to the
// JSON (result_file.h). Rest comes as in memory_benchmark.cc: the kernel is
// given the occasion to free what is due as soon as the drain has ended.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "result_file.h"
#include "row.h"
#include "session.h"
#include "util/memory.h"

namespace ima_bench {
namespace {

// What is shown of the time before the drain.
constexpr auto kLead = std::chrono::milliseconds(500);

Result<DrainCourse> FollowDrain(Session& session, uint64_t records) {
  auto full = session.FillList(records).and_then([] { return SettleMemory(); });
  if (!full) return tl::make_unexpected(full.error());
  MemoryCourse memory;
  std::this_thread::sleep_for(kLead);
  const auto drained = session.Drain(session.AnyMethod());
  if (!drained) return tl::make_unexpected(drained.error());
  if (auto rest = SettleMemory(); !rest)
    return tl::make_unexpected(rest.error());
  return memory.Stop().map([&](std::vector<MemorySample> samples) {
    return DrainCourse{
        .name = fmt::format("BM_MemoryCourse/records:{}", records),
        .records = drained->records,
        .drain = drained->time,
        .samples = std::move(samples)};
  });
}

// The row's time is that of the drain.
void ReportCourse(benchmark::State& state, const DrainCourse& course) {
  const auto peak =
      std::ranges::max_element(course.samples, {}, &MemorySample::bytes);
  state.SetIterationTime(course.drain.Length().count());
  auto& counters = state.counters;
  counters["records"] = static_cast<double>(course.records);
  counters["slab_full"] = static_cast<double>(course.samples.front().bytes);
  counters["slab_peak"] = static_cast<double>(peak->bytes);
  counters["slab_after"] = static_cast<double>(course.samples.back().bytes);
  counters["samples"] = static_cast<double>(course.samples.size());
}

}  // namespace

void RegisterMemoryCourseBenchmark(Session& session, const Options& options) {
  RegisterRow("BM_MemoryCourse", "records", options.max_records,
              [&session, records = options.max_records](auto& state) {
                RunRow(
                    state, [&] { return FollowDrain(session, records); },
                    [&](const DrainCourse& course) {
                      ReportCourse(state, course);
                      session.KeepCourse(course);
                    });
              });
}

}  // namespace ima_bench
