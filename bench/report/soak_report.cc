// SPDX-License-Identifier: MIT
#include "report/soak_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/chart.h"
#include "soak/soak_json.h"

namespace ima_bench {
namespace {

using nlohmann::json;

// Throws if a member is missing or of another type.
SoakResult TakeMembers(const json& result) {
  const json& context = result.at("context");
  SoakResult soak{.machine = fmt::format(
                      "Linux {}, {}, {}",
                      context.at("kernel").get_ref<const std::string&>(),
                      context.at("processor").get_ref<const std::string&>(),
                      context.at("filesystem").get_ref<const std::string&>()),
                  .limit = context.at("limit"),
                  .start = result.at("start"),
                  .end = result.at("end"),
                  .fill = std::nullopt,
                  .samples = result.at("samples")};
  if (result.contains("fill")) soak.fill = result.at("fill").get<SoakFill>();
  return soak;
}

// The most records in memory, of samples with or without a failed flush.
uint64_t Peak(const std::vector<SoakSample>& samples, bool failing) {
  uint64_t peak = 0;
  for (const SoakSample& sample : samples) {
    if ((sample.last_error != 0) == failing)
      peak = std::max(peak, sample.records_in_memory);
  }
  return peak;
}

double MegaBytes(uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

double Growth(const SoakResult& result, uint64_t SoakSample::*member) {
  const auto records = static_cast<double>(result.end.records_total -
                                           result.start.records_total);
  return (static_cast<double>(result.end.*member) -
          static_cast<double>(result.start.*member)) /
         records;
}

std::string DataBlock(const SoakResult& result) {
  std::string block = "$soak << END\n";
  for (const SoakSample& sample : result.samples) {
    block += fmt::format("{:.2f} {} {:.3f} {:.3f}\n", sample.seconds,
                         sample.records_in_memory, MegaBytes(sample.slab),
                         MegaBytes(sample.unreclaimable));
  }
  return block + "END\n";
}

// The time with a full disk, behind all curves.
std::string FillRectangle(const SoakResult& result) {
  if (!result.fill) return "";
  return fmt::format(
      "set object 1 rectangle from {:.2f}, graph 0 to {:.2f}, graph 1 "
      "fillcolor rgb '#e8e8e8' fillstyle solid noborder behind\n",
      result.fill->filled.seconds, result.fill->freed.seconds);
}

}  // namespace

Result<SoakResult> ParseSoak(const json& result) {
  try {
    if (result.contains("failure")) {
      return ContentError(
          fmt::format("the run failed: {}",
                      result.at("failure").get_ref<const std::string&>()));
    }
    SoakResult soak = TakeMembers(result);
    if (soak.samples.empty()) return ContentError("no samples");
    if (soak.end.records_total <= soak.start.records_total ||
        soak.samples.back().seconds <= soak.samples.front().seconds)
      return ContentError("no record was made between start and end");
    return soak;
  } catch (const json::exception& error) {
    return ContentError(
        fmt::format("not a result of ima-soak: {}", error.what()));
  }
}

std::string SoakTable(const SoakResult& result) {
  const uint64_t records =
      result.end.records_total - result.start.records_total;
  const double seconds =
      result.samples.back().seconds - result.samples.front().seconds;
  return fmt::format(
      "| records | limit | most in memory | with a full disk | segments | "
      "Slab at start | at end | growth a record | SUnreclaim | time | "
      "records/s |\n"
      "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
      "| {} | {} | {} | {} | {} | {:.1f} MB | {:.1f} MB | {:.1f} bytes | "
      "{:.1f} bytes | {:.0f} s | {:.0f} |\n",
      records, result.limit, Peak(result.samples, false),
      result.fill ? std::to_string(Peak(result.samples, true)) : "-",
      result.end.segments, MegaBytes(result.start.slab),
      MegaBytes(result.end.slab), Growth(result, &SoakSample::slab),
      Growth(result, &SoakSample::unreclaimable), seconds,
      static_cast<double>(records) / seconds);
}

std::string SoakScript(const SoakResult& result,
                       const std::filesystem::path& output) {
  return fmt::format(
      "set terminal svg size 800,600 background 'white' noenhanced\n"
      "set output {}\n"
      "{}"
      "{}"
      "set multiplot layout 2,1 title {}\n"
      "set grid\n"
      "set key outside samplen 2\n"
      "set lmargin 10\n"
      "set rmargin 20\n"
      "set xrange [0:*]\n"
      "set yrange [0:*]\n"
      "set ylabel 'records in memory'\n"
      "plot {} with lines lc 7 title 'limit', "
      "{} with lines lc 7 dashtype 2 title 'twice the limit', "
      "$soak using 1:2 with lines lc 1 title 'in memory'\n"
      "set xlabel {}\n"
      "set ylabel 'MB'\n"
      "plot $soak using 1:3 with lines lc 2 title 'Slab', "
      "$soak using 1:4 with lines lc 4 title 'SUnreclaim'\n"
      "unset multiplot\n",
      Quote(output.string()), DataBlock(result), FillRectangle(result),
      Quote(fmt::format("{} records, flushed at {}: {}",
                        result.end.records_total - result.start.records_total,
                        result.limit, result.machine)),
      result.limit, 2 * result.limit,
      Quote(result.fill ? "seconds (grey: the disk is full)" : "seconds"));
}

}  // namespace ima_bench
