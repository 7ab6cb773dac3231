// SPDX-License-Identifier: MIT
#include "report/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "util/percentile.h"

namespace ima_bench {
namespace {

using nlohmann::json;

double VariationOf(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto count = static_cast<double>(values.size());
  const double mean = std::reduce(values.begin(), values.end()) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count - 1)) / mean;
}

// `values` has at least one.
Spread SpreadOf(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[half]
                            : (values[half - 1] + values[half]) / 2;
  return {.median = median,
          .least = values.front(),
          .most = values.back(),
          .variation = VariationOf(values)};
}

Point MakePoint(std::vector<json> rows) {
  Point point{.records = 0, .time_ms = {}, .rows = std::move(rows)};
  point.records = point.Counter("records").median;
  point.time_ms = point.Counter("real_time");
  return point;
}

std::optional<LinearFit> FitPoints(const std::vector<Point>& points) {
  std::vector<Sample> samples;
  for (const Point& point : points) {
    for (const json& row : point.rows)
      samples.push_back({row.at("records"), row.at("real_time")});
  }
  // Repetitions alone differ by a record or two: that is no slope.
  return points.size() < 2 ? std::nullopt : FitLine(samples);
}

// "BM_Flush/records:100/iterations:1/…" of one operation; nothing for others.
std::optional<std::string> SizeOf(const json& row, const std::string& name) {
  const std::string run = row.at("run_name");
  if (!run.starts_with(name + "/")) return std::nullopt;
  return run.substr(name.size() + 1);
}

constexpr const char* kContextKeys[] = {
    "date",       "kernel",           "processor",      "num_cpus",
    "tpm_vendor", "tpm_firmware",     "ima_parameters", "ima_banks",
    "filesystem", "files_filesystem", "files_apart",    "max_records"};

bool IsLatency(const json& row) {
  return row.at("run_name").get<std::string>().starts_with("BM_Measure/");
}

// Throws if a member is missing or of another type.
Result<void> CheckRow(const json& row) {
  if (row.value("error_occurred", false)) {
    return ContentError(fmt::format("{} failed: {}",
                                    row.at("name").get<std::string>(),
                                    row.value("error_message", "")));
  }
  row.at("run_name").get<std::string>();
  row.at("records").get<double>();
  if (row.at("run_type") == "iteration" && row.at("real_time") <= 0.0)
    return ContentError("a time that is not positive");
  if (IsLatency(row)) {
    for (const Percentile& percentile : kPercentiles)
      row.at(percentile.counter).get<double>();
  }
  if (row.at("time_unit") != "ms")
    return ContentError("times in another unit than ms");
  return {};
}

Result<void> CheckMembers(const json& result) {
  for (const char* key : kContextKeys) {
    const json& value = result.at("context").at(key);
    if (value.is_string() && value.get_ref<const std::string&>().empty())
      return ContentError(fmt::format("the context's {} is empty", key));
  }
  if (result.at("benchmarks").empty()) return ContentError("no rows");
  for (const json& row : result.at("benchmarks"))
    if (auto checked = CheckRow(row); !checked) return checked;
  return {};
}

// The point of `series` nearest in size to `records`: the two ways of one size
// differ by the few records that others caused meanwhile. Null without points.
const Point* PointAt(const Series& series, double records) {
  const auto best = std::ranges::min_element(
      series.points, {},
      [=](const Point& point) { return std::abs(point.records - records); });
  return best == series.points.end() ? nullptr : &*best;
}

// One line a number of records: cells of our way, then of upstream's. Either
// may be missing, as on a kernel that has only one of them.
template <typename Function>
std::string TableLines(const Series& ours, const Series& upstream,
                       Function cells) {
  std::string lines;
  for (const Point& point : (ours.points.empty() ? upstream : ours).points) {
    lines += fmt::format("| {:.0f} |{}{}\n", point.records,
                         cells(PointAt(ours, point.records)),
                         cells(PointAt(upstream, point.records)));
  }
  return lines;
}

std::string TimeTable(const Series& ours, const Series& upstream) {
  const std::string lines =
      TableLines(ours, upstream, [](const Point* point) -> std::string {
        if (point == nullptr) return " - | - | - | - |";
        const double time = point->time_ms.median;
        return fmt::format(
            " {:.2f} ms | {:.0f} % | {:.0f} | {:.1f} |", time,
            100 * point->time_ms.variation, 1e3 * point->records / time,
            1e-3 * point->Counter("segment_bytes").median / time);
      });
  if (lines.empty()) return "";
  return "| records | flush | CV | records/s | MB/s | `A`, read, `D` | CV | "
         "records/s | MB/s |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n" +
         lines;
}

std::string MemoryTable(const Series& ours, const Series& upstream) {
  const std::string lines =
      TableLines(ours, upstream, [](const Point* point) -> std::string {
        if (point == nullptr) return " - | - | - |";
        return fmt::format(" {:.0f} | {:.0f} | {:.0f} % |",
                           point->Counter("bytes_per_record").median,
                           point->Counter("kept_per_record").median,
                           point->Counter("returned_percent").median);
      });
  if (lines.empty()) return "";
  return "| records | bytes a record | kept after a flush | pages returned | "
         "bytes a record | kept after `D` | pages returned |\n"
         "|--:|--:|--:|--:|--:|--:|--:|\n" +
         lines;
}

// The one size that rows of latency have; null without rows.
const Point* LatencyPoint(const Series& series) {
  return series.points.empty() ? nullptr : &series.points.front();
}

std::string LatencyCells(const Spread& nanoseconds) {
  return fmt::format(" {:.1f} µs | {:.0f} % |", 1e-3 * nanoseconds.median,
                     100 * nanoseconds.variation);
}

// One line a percentile; nothing without both columns.
std::string LatencyTable(const Point* idle, const Point* flushing) {
  if (idle == nullptr || flushing == nullptr) return "";
  std::string table =
      "| measuring a file | idle | CV | during a flush | CV | ratio |\n"
      "|:--|--:|--:|--:|--:|--:|\n";
  for (const Percentile& percentile : kPercentiles) {
    const Spread without = idle->Counter(percentile.counter);
    const Spread with = flushing->Counter(percentile.counter);
    table += fmt::format("| {} |{}{} {:.2f} |\n", percentile.label,
                         LatencyCells(without), LatencyCells(with),
                         with.median / without.median);
  }
  return table;
}

// What stands behind a column of that table.
std::string SamplesText(const Series& series) {
  const Point* point = LatencyPoint(series);
  if (point == nullptr) return "";
  const double flushes = point->Counter("flushes").median;
  return fmt::format(
      "- {}: {:.0f} samples a repetition, {:.0f} records in memory{}\n",
      series.name, point->Counter("samples").median, point->records,
      flushes > 0 ? fmt::format(", {:.0f} flushes", flushes) : "");
}

std::string FitLineText(const Series& series) {
  if (!series.fit) return "";
  return fmt::format(
      "- {}: {:.3f} ms + {:.3f} µs a record (largest deviation {:.0f} %)\n",
      series.name, series.fit->fixed, 1e3 * series.fit->per_record,
      100 * series.fit->largest_deviation);
}

std::string ContextText(const json& context) {
  std::string text;
  for (const char* key : kContextKeys) {
    const json& value = context.at(key);
    text += fmt::format(
        "- {}: {}\n", key,
        value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

}  // namespace

const std::vector<std::string> kOperations = {
    "BM_Flush",        "BM_StagedDelete",
    "BM_MemoryFlush",  "BM_MemoryStagedDelete",
    "BM_Measure/idle", "BM_Measure/flushing"};

Spread Point::Counter(const char* name) const {
  std::vector<double> values;
  for (const json& row : rows) values.push_back(row.value(name, 0.0));
  return SpreadOf(std::move(values));
}

Result<void> CheckResult(const json& result) {
  try {
    return CheckMembers(result);
  } catch (const json::exception& error) {
    return ContentError(
        fmt::format("not a result of ima-bench: {}", error.what()));
  }
}

Series CollectSeries(const json& result, const std::string& name) {
  std::map<std::string, std::vector<json>> sizes;
  for (const json& row : result.at("benchmarks")) {
    if (const auto size = SizeOf(row, name);
        size && row.at("run_type") == "iteration")
      sizes[*size].push_back(row);
  }
  Series series{.name = name, .points = {}, .fit = std::nullopt};
  for (auto& [size, rows] : sizes)
    series.points.push_back(MakePoint(std::move(rows)));
  std::ranges::sort(series.points, {}, &Point::records);
  series.fit = FitPoints(series.points);
  return series;
}

json CleanResult(json result, const std::vector<Series>& series) {
  result.at("context").erase("host_name");
  json& fits = result["fits"] = json::array();
  for (const Series& one : series) {
    if (one.fit) {
      fits.push_back({{"name", one.name},
                      {"fixed_ms", one.fit->fixed},
                      {"per_record_ms", one.fit->per_record},
                      {"largest_deviation", one.fit->largest_deviation}});
    }
  }
  return result;
}

std::string MarkdownReport(const json& result,
                           const std::vector<Series>& series) {
  std::string fits;
  for (size_t i = 0; i < 2; ++i) fits += FitLineText(series[i]);
  std::string text;
  for (const std::string& part :
       {TimeTable(series[0], series[1]), fits,
        MemoryTable(series[2], series[3]),
        LatencyTable(LatencyPoint(series[4]), LatencyPoint(series[5])),
        SamplesText(series[4]) + SamplesText(series[5]),
        ContextText(result.at("context"))})
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  return text;
}

}  // namespace ima_bench
