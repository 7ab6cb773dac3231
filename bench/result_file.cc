// SPDX-License-Identifier: MIT
#include "result_file.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

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

// `line` with null for a figure that is not a number. The library writes one
// member a line.
std::string NullNonNumber(const std::string& line) {
  static const std::regex kNonNumber("(\": )-?(NaN|Infinity)(,?)$");
  return std::regex_replace(line, kNonNumber, "$1null$3");
}

std::string NullNonNumbers(std::string_view text) {
  std::string result;
  for (const std::string_view line : SplitLines(text))
    result += NullNonNumber(std::string(line)) + '\n';
  return result;
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

Result<void> CompleteResult(const std::filesystem::path& json,
                            const std::vector<DrainCourse>& courses) {
  const auto text = ReadFile(json);
  if (!text) return tl::make_unexpected(text.error());
  ordered_json result =
      ordered_json::parse(NullNonNumbers(*text), nullptr, false);
  if (!result.is_object()) return ContentError(json.string() + ": no JSON");
  result["courses"] = ordered_json::array();
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
