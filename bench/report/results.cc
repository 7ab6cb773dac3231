// SPDX-License-Identifier: MIT
#include "report/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "util/percentile.h"

namespace ima_bench {
namespace {

// Sizes are steps of 2 at least, so those that differ by less are the same.
constexpr double kSameSize = 1.4;

using nlohmann::json;

double VariationOf(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto count = static_cast<double>(values.size());
  const double mean = std::reduce(values.begin(), values.end()) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count - 1)) / mean;
}

Point MakePoint(std::vector<json> rows) {
  Point point{.records = 0, .time_ms = {}, .rows = std::move(rows)};
  point.records = point.Counter("records").median;
  point.time_ms = point.Counter("real_time");
  return point;
}

std::optional<LinearFit> FitPoints(const std::vector<Point>& points) {
  // Repetitions alone differ by a record or two: that is no slope.
  if (points.size() < 2) return std::nullopt;
  std::vector<Sample> samples;
  for (const Point& point : points) {
    for (const json& row : point.rows)
      samples.push_back({row.at("records"), row.at("real_time")});
  }
  return FitLine(samples);
}

// "records:100/iterations:1/…" of a row of the operation `name`; nothing for
// others.
std::optional<std::string> SizeOf(const json& row, const std::string& name) {
  const std::string run = row.at("run_name");
  if (!run.starts_with(name + "/")) return std::nullopt;
  return run.substr(name.size() + 1);
}

// What must be the same in all runs, since each changes figures by itself.
constexpr const char* kMachineKeys[] = {
    "processor",      "num_cpus",   "tpm_vendor",  "tpm_firmware",
    "ima_banks",      "filesystem", "files_apart", "files_filesystem",
    "ima_parameters", "host_pages", "disk"};
// And in all runs on one kernel.
constexpr const char* kKernelKeys[] = {"kernel", "series"};

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// What `context` tells under `key`; empty if nothing.
std::string Tells(const json& context, const char* key) {
  return context.contains(key) ? TextOf(context.at(key)) : "";
}

bool IsLatency(const json& row) {
  return row.at("run_name").get<std::string>().starts_with("BM_Measure/");
}

// Not those of the control.
bool HasRecords(const json& row) {
  return !row.at("run_name").get<std::string>().starts_with("BM_PipeMutex/");
}

// Aggregates are not used. Throws if a member is missing or of another type.
Result<void> CheckRow(const json& row) {
  if (row.value("error_occurred", false)) {
    return ContentError(fmt::format("{} failed: {}",
                                    row.at("name").get<std::string>(),
                                    row.value("error_message", "")));
  }
  if (HasRecords(row)) row.at("records").get<double>();
  if (row.at("real_time") <= 0.0)
    return ContentError("a time that is not positive");
  if (IsLatency(row)) {
    for (const Percentile& percentile : kPercentiles)
      row.at(percentile.counter).get<double>();
  }
  if (row.at("time_unit") != "ms")
    return ContentError("times in another unit than ms");
  return {};
}

// Throws as CheckRow() does.
void CheckCourses(const json& courses) {
  for (const json& course : courses) {
    course.at("records").get<uint64_t>();
    course.at("drained_seconds").get<double>();
    for (const json& sample : course.at("samples")) {
      sample.at(0).get<double>();
      sample.at(1).get<double>();
    }
  }
}

Result<void> CheckMembers(const json& run) {
  for (const char* key : kContextKeys) {
    if (Tells(run.at("context"), key).empty())
      return ContentError(fmt::format("the context's {} is empty", key));
  }
  if (run.at("benchmarks").empty()) return ContentError("no rows");
  for (const json& row : run.at("benchmarks")) {
    if (row.at("run_type") != "iteration") continue;
    if (auto checked = CheckRow(row); !checked) return checked;
  }
  CheckCourses(run.value("courses", json::array()));
  return {};
}

Result<void> CheckRun(const json& run) {
  try {
    return CheckMembers(run);
  } catch (const json::exception& error) {
    return ContentError(
        fmt::format("not a result of ima-bench: {}", error.what()));
  }
}

// `context` against the first run of `kernel`, if there is one.
template <typename Keys>
Result<void> CheckSame(const std::optional<Kernel>& kernel, const json& context,
                       const Keys& keys) {
  if (!kernel) return {};
  for (const char* key : keys) {
    const std::string value = Tells(context, key);
    if (value != kernel->Context(key)) {
      return ContentError(
          fmt::format("{} is '{}', and '{}' in another run: not to be compared",
                      key, value, kernel->Context(key)));
    }
  }
  return {};
}

void AddRun(std::optional<Kernel>& kernel, json run) {
  if (!kernel) kernel = Kernel{json::array(), json::array(), json::array()};
  json& context = run.at("context");
  context.erase("host_name");
  kernel->contexts.push_back(std::move(context));
  for (json& row : run.at("benchmarks"))
    if (row.at("run_type") == "iteration") kernel->rows.push_back(row);
  for (json& course : run["courses"]) kernel->courses.push_back(course);
}

Result<void> MergeRun(Results& results, json run) {
  if (auto checked = CheckRun(run); !checked) return checked;
  const json& context = run.at("context");
  auto& kernel =
      context.at("flush") == "yes" ? results.patched : results.unpatched;
  auto same =
      CheckSame(results.patched, context, kMachineKeys)
          .and_then([&] {
            return CheckSame(results.unpatched, context, kMachineKeys);
          })
          .and_then([&] { return CheckSame(kernel, context, kKernelKeys); });
  if (!same) return same;
  AddRun(kernel, std::move(run));
  return {};
}

json KernelJson(const std::optional<Kernel>& kernel,
                const std::vector<std::string>& names) {
  json fits = json::array();
  for (const std::string& name : names) {
    if (const auto fit = CollectSeries(kernel, name).fit) {
      fits.push_back({{"name", name},
                      {"fixed_ms", fit->fixed},
                      {"per_record_ms", fit->per_record},
                      {"largest_deviation", fit->largest_deviation}});
    }
  }
  return {{"contexts", kernel->contexts},
          {"benchmarks", kernel->rows},
          {"courses", kernel->courses},
          {"fits", fits}};
}

}  // namespace

const std::vector<const char*> kContextKeys = {
    "date",        "kernel",         "series",     "flush",
    "processor",   "num_cpus",       "tpm_vendor", "tpm_firmware",
    "ima_banks",   "ima_parameters", "filesystem", "files_filesystem",
    "files_apart", "max_records"};
const std::vector<const char*> kHostKeys = {"host_pages", "disk"};

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

Spread Point::Counter(const char* name) const {
  std::vector<double> values;
  for (const json& row : rows) values.push_back(row.value(name, 0.0));
  return SpreadOf(std::move(values));
}

const Point* Series::At(double records) const {
  const auto best = std::ranges::min_element(points, {}, [=](const Point& p) {
    return std::abs(p.records - records);
  });
  if (best == points.end()) return nullptr;
  const auto [less, more] = std::minmax(best->records, records);
  return more <= kSameSize * less ? &*best : nullptr;
}

std::string Kernel::Context(const char* key) const {
  return Tells(contexts.at(0), key);
}

Result<Results> MergeRuns(std::vector<RunFile> files) {
  Results results;
  for (RunFile& file : files) {
    if (auto merged = MergeRun(results, std::move(file.json)); !merged) {
      return ContentError(
          fmt::format("{}: {}", file.path, merged.error().Message()));
    }
  }
  if (!results.patched && !results.unpatched) return ContentError("no result");
  return results;
}

Series CollectSeries(const std::optional<Kernel>& kernel,
                     const std::string& name) {
  Series series{.name = name, .points = {}, .fit = std::nullopt};
  if (!kernel) return series;
  std::map<std::string, std::vector<json>> sizes;
  for (const json& row : kernel->rows)
    if (const auto size = SizeOf(row, name)) sizes[*size].push_back(row);
  for (auto& [size, rows] : sizes)
    series.points.push_back(MakePoint(std::move(rows)));
  std::ranges::sort(series.points, {}, &Point::records);
  series.fit = FitPoints(series.points);
  return series;
}

json ToJson(const Results& results, const std::vector<std::string>& names) {
  json kernels = json::object();
  if (results.patched) kernels["patched"] = KernelJson(results.patched, names);
  if (results.unpatched)
    kernels["unpatched"] = KernelJson(results.unpatched, names);
  return kernels;
}

}  // namespace ima_bench
