// SPDX-License-Identifier: MIT
#include "course_file.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "util/file.h"

namespace ima_bench {
namespace {

using nlohmann::ordered_json;

ordered_json ToJson(const DrainCourse& course) {
  const auto seconds = [&](std::chrono::steady_clock::time_point time) {
    return std::chrono::duration<double>(time - course.drain.begin).count();
  };
  ordered_json samples = ordered_json::array();
  for (const MemorySample& sample : course.samples)
    samples.push_back({seconds(sample.time), sample.bytes});
  return {{"name", course.name},
          {"records", course.records},
          {"drained_seconds", seconds(course.drain.end)},
          {"samples", std::move(samples)}};
}

// The value of the last --FLAG=value, else of VARIABLE, else "".
std::string ValueOf(const std::vector<std::string>& flags,
                    const std::string& flag, const char* variable) {
  const char* preset = std::getenv(variable);
  std::string value = preset == nullptr ? "" : preset;
  for (const std::string& one : flags)
    if (one.starts_with(flag + "=")) value = one.substr(flag.size() + 1);
  return value;
}

}  // namespace

Result<void> AddCourses(const std::filesystem::path& json,
                        const std::vector<DrainCourse>& courses) {
  const auto text = ReadFile(json);
  if (!text) return tl::make_unexpected(text.error());
  ordered_json result = ordered_json::parse(*text, nullptr, false);
  if (!result.is_object()) return ContentError(json.string() + ": no JSON");
  for (const DrainCourse& course : courses)
    result["courses"].push_back(ToJson(course));
  return WriteFile(json, result.dump(1) + "\n");
}

std::optional<std::filesystem::path> FindJsonOutput(
    const std::vector<std::string>& flags) {
  const std::string format =
      ValueOf(flags, "--benchmark_out_format", "BENCHMARK_OUT_FORMAT");
  const std::string file = ValueOf(flags, "--benchmark_out", "BENCHMARK_OUT");
  if (file.empty() || (!format.empty() && format != "json"))
    return std::nullopt;
  return file;
}

}  // namespace ima_bench
