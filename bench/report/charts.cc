// SPDX-License-Identifier: MIT
#include "report/charts.h"

#include <fmt/format.h>

#include <optional>

#include "report/chart.h"
#include "report/operations.h"

namespace ima_bench {
namespace {

using nlohmann::json;

constexpr const char* kTimeLabel = "time (ms): median, extremes, fitted line";

std::string Machine(const Results& results) {
  const Kernel& kernel = results.Any();
  return fmt::format("Linux {}, {}, {}", kernel.Context("kernel"),
                     kernel.Context("processor"), kernel.Context("filesystem"));
}

Chart FlushChart(const Results& results) {
  const Ways ways = CollectWays(results, "BM_Flush", "BM_StagedDelete");
  return {.title = "Save n records to a durable file and free them: " +
                   Machine(results),
          .y_label = kTimeLabel,
          .logarithmic_y = true,
          .curves = {TimeCurve(ways.flush, "flush"),
                     TimeCurve(ways.upstream, ways.UpstreamLabel()),
                     TimeCurve(CollectSeries(results.patched, "BM_Dd"),
                               "dd with fsync of the same bytes")}};
}

Chart ReadChart(const Results& results) {
  Chart chart{.title = "Read the whole list: " + Machine(results),
              .y_label = kTimeLabel,
              .logarithmic_y = true,
              .curves = {}};
  for (const Reading& reading : kReadings) {
    if (reading.buffer != std::string("65536")) continue;
    const Pair pair = CollectPair(results, reading.name);
    chart.curves.push_back(
        TimeCurve(pair.ours, fmt::format("{}, with the series", reading.file)));
    chart.curves.push_back(
        TimeCurve(pair.upstream, fmt::format("{}, without", reading.file)));
  }
  for (const Reading& reading : kFlushedReadings) {
    chart.curves.push_back(
        TimeCurve(CollectSeries(results.patched, reading.name),
                  fmt::format("{}, all of it flushed", reading.file)));
  }
  return chart;
}

Chart DuplicateChart(const Results& results) {
  const Pair memory = CollectPair(results, "BM_Duplicate/memory");
  return {.title = "Open a file whose digest is known: " + Machine(results),
          .y_label = kTimeLabel,
          .logarithmic_y = true,
          .curves = {TimeCurve(memory.ours, "in memory, with the series"),
                     TimeCurve(
                         CollectSeries(results.patched, "BM_Duplicate/flushed"),
                         "flushed"),
                     TimeCurve(memory.upstream, "in memory, without"),
                     TimeCurve(CollectSeries(results.unpatched,
                                             "BM_Duplicate/deleted"),
                               "deleted by D, without")},
          .x_label = "known digests"};
}

Chart MemoryChart(const Results& results) {
  const Ways ways =
      CollectWays(results, "BM_MemoryFlush", "BM_MemoryStagedDelete");
  return {.title = "Kernel memory of n records: " + Machine(results),
          .y_label = "bytes a record: median, extremes",
          .logarithmic_y = false,
          .curves = {
              CounterCurve(ways.flush, "bytes_per_record", "in memory"),
              CounterCurve(ways.flush, "kept_per_record", "kept after a flush"),
              CounterCurve(ways.upstream, "kept_per_record",
                           "kept after " + ways.UpstreamLabel())}};
}

Chart MeasureChart(const Results& results) {
  const Pair idle = CollectPair(results, "BM_Measure/idle");
  return LatencyChart(
      "Open a file that is new to IMA: " + Machine(results),
      {PercentileCurve(idle.ours, "idle"),
       PercentileCurve(CollectSeries(results.patched, "BM_Measure/flushing"),
                       "during a flush"),
       PercentileCurve(CollectSeries(results.patched, "BM_Measure/beside_dd"),
                       "beside dd"),
       PercentileCurve(idle.upstream, "idle, without the series")});
}

// The first course of a kernel: repetitions would cover each other.
CourseCurve FirstCourse(const std::optional<Kernel>& kernel,
                        const char* label) {
  CourseCurve curve;
  if (!kernel || kernel->courses.empty()) return curve;
  const json& course = kernel->courses.at(0);
  curve.label = fmt::format("{} of {} records", label,
                            course.at("records").get<uint64_t>());
  curve.drained = course.at("drained_seconds");
  for (const json& sample : course.at("samples"))
    curve.samples.emplace_back(sample.at(0), sample.at(1));
  return curve;
}

std::optional<std::string> MemoryCourseScript(
    const Results& results, const std::filesystem::path& file) {
  return CourseScript(
      "Kernel memory over time: " + Machine(results),
      {FirstCourse(results.patched, "flush"),
       FirstCourse(results.unpatched, "A, read, D without the series")},
      file);
}

}  // namespace

std::vector<ChartFile> MakeCharts(const Results& results,
                                  const std::string& prefix) {
  std::vector<ChartFile> charts;
  const auto add = [&](const char* name, auto make_script) {
    const std::filesystem::path file = fmt::format("{}-{}.svg", prefix, name);
    if (const auto script = make_script(file))
      charts.push_back({file, *script});
  };
  const auto add_chart = [&](const char* name, const Chart& chart) {
    add(name, [&](const auto& file) { return ChartScript(chart, file); });
  };
  add_chart("time", FlushChart(results));
  add_chart("read", ReadChart(results));
  add_chart("duplicate", DuplicateChart(results));
  add_chart("memory", MemoryChart(results));
  add("course",
      [&](const auto& file) { return MemoryCourseScript(results, file); });
  add_chart("latency", MeasureChart(results));
  return charts;
}

}  // namespace ima_bench
