// SPDX-License-Identifier: MIT
#include "report/results.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/chart.h"
#include "util/percentile.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

json Row(const std::string& name, int size, double time_ms) {
  const std::string run =
      fmt::format("{}/records:{}/iterations:1/manual_time", name, size);
  return {{"name", run},
          {"run_name", run},
          {"run_type", "iteration"},
          {"real_time", time_ms},
          {"time_unit", "ms"},
          {"records", size + 1.0},
          {"segment_bytes", size * 100.0}};
}

json Result3() {
  json result = {{"context",
                  {{"host_name", "secret"},
                   {"date", "today"},
                   {"kernel", "7.3.4 x86_64"},
                   {"processor", "tcg"},
                   {"num_cpus", 2},
                   {"tpm_vendor", "IBM SW TPM"},
                   {"tpm_firmware", "1.2"},
                   {"ima_parameters", "ima_policy=tcb"},
                   {"ima_banks", "sha1"},
                   {"filesystem", "ext4"},
                   {"files_filesystem", "ext4"},
                   {"files_apart", "yes"},
                   {"max_records", "1000"}}},
                 {"benchmarks", json::array()}};
  for (const double time : {1.1, 0.9, 1.0}) {
    result["benchmarks"].push_back(Row("BM_Flush", 1000, time * 10));
    result["benchmarks"].push_back(Row("BM_Flush", 100, time));
    result["benchmarks"].push_back(Row("BM_StagedDelete", 100, time * 3));
    result["benchmarks"].push_back(Row("BM_StagedDelete", 1000, time * 300));
  }
  json mean = Row("BM_Flush", 100, 77);
  mean["run_type"] = "aggregate";
  result["benchmarks"].push_back(mean);
  return result;
}

// One repetition of measuring: percentiles in steps of `step_us`.
json LatencyRow(const std::string& name, double step_us) {
  json row = Row(name, 100, step_us / 1e3);
  row["samples"] = 1000.0;
  double ns = 0;
  for (const Percentile& percentile : kPercentiles)
    row[percentile.counter] = ns += 1e3 * step_us;
  return row;
}

// Three repetitions, half as long again during a flush.
json LatencyResult() {
  json result = Result3();
  for (const double step : {10, 9, 11}) {
    json flushing = LatencyRow("BM_Measure/flushing", 1.5 * step);
    flushing["flushes"] = 40.0;
    result["benchmarks"].push_back(LatencyRow("BM_Measure/idle", step));
    result["benchmarks"].push_back(flushing);
  }
  return result;
}

std::vector<Series> Collect(const json& result) {
  std::vector<Series> all;
  for (const std::string& name : kOperations)
    all.push_back(CollectSeries(result, name));
  return all;
}

TEST(CollectSeries, GroupsRepetitionsBySizeAndLeavesAggregatesOut) {
  const Series series = CollectSeries(Result3(), "BM_Flush");
  ASSERT_EQ(series.points.size(), 2U);
  const Point& small = series.points[0];
  EXPECT_EQ(small.records, 101);
  EXPECT_EQ(small.rows.size(), 3U);
  EXPECT_DOUBLE_EQ(small.time_ms.median, 1.0);
  EXPECT_DOUBLE_EQ(small.time_ms.least, 0.9);
  EXPECT_DOUBLE_EQ(small.time_ms.most, 1.1);
  EXPECT_NEAR(small.time_ms.variation, 0.1, 1e-9);
  EXPECT_EQ(small.Counter("segment_bytes").median, 10000);
  ASSERT_TRUE(series.fit);
  EXPECT_NEAR(series.fit->per_record, 0.01, 0.001);
}

TEST(CollectSeries, SortsByNumberNotByName) {
  json result = Result3();
  result["benchmarks"].push_back(Row("BM_Flush", 20000, 200));
  result["benchmarks"].push_back(Row("BM_Flush", 3000, 30));
  std::vector<double> records;
  for (const Point& point : CollectSeries(result, "BM_Flush").points)
    records.push_back(point.records);
  EXPECT_THAT(records, ElementsAre(101, 1001, 3001, 20001));
}

// Repetitions of one size differ by what others had measured meanwhile.
TEST(CollectSeries, OneSizeHasNoFit) {
  json result = Result3();
  result["benchmarks"] = {Row("BM_Flush", 100, 1), Row("BM_Flush", 100, 2)};
  result["benchmarks"][0]["records"] = 103;
  const Series series = CollectSeries(result, "BM_Flush");
  ASSERT_EQ(series.points.size(), 1U);
  EXPECT_FALSE(series.fit);
}

TEST(CollectSeries, ANameIsNotAPrefixOfAnother) {
  json result = Result3();
  result["benchmarks"].push_back(Row("BM_FlushMore", 100, 1));
  EXPECT_EQ(CollectSeries(result, "BM_Flush").points[0].rows.size(), 3U);
}

TEST(CheckResult, RefusesAFailedRowWithItsReason) {
  EXPECT_TRUE(CheckResult(Result3()));
  json result = Result3();
  result["benchmarks"][0]["error_occurred"] = true;
  result["benchmarks"][0]["error_message"] = "no flush/trigger";
  const auto checked = CheckResult(result);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().Message(), HasSubstr("no flush/trigger"));
}

TEST(CheckResult, RefusesAContextThatTellsTooLittle) {
  json missing = Result3();
  missing["context"].erase("tpm_firmware");
  EXPECT_THAT(CheckResult(missing).error().Message(),
              HasSubstr("tpm_firmware"));
  json empty = Result3();
  empty["context"]["filesystem"] = "";
  EXPECT_THAT(CheckResult(empty).error().Message(), HasSubstr("filesystem"));
}

TEST(CheckResult, RefusesWhatIsNoResult) {
  EXPECT_FALSE(CheckResult(json::object()));
  EXPECT_FALSE(CheckResult(json::array()));
  json no_rows = Result3();
  no_rows["benchmarks"] = json::array();
  EXPECT_FALSE(CheckResult(no_rows));
  const json bad_members = {{"time_unit", "us"},
                            {"real_time", 0.0},
                            {"records", nullptr},
                            {"run_name", 1}};
  for (const auto& [key, value] : bad_members.items()) {
    json result = Result3();
    result["benchmarks"][0][key] = value;
    EXPECT_FALSE(CheckResult(result)) << key;
  }
}

TEST(CheckResult, RefusesALatencyWithoutItsPercentiles) {
  EXPECT_TRUE(CheckResult(LatencyResult()));
  json result = LatencyResult();
  result["benchmarks"].back().erase("p99_9_ns");
  EXPECT_THAT(CheckResult(result).error().Message(), HasSubstr("p99_9_ns"));
}

TEST(CleanResult, TakesTheHostOutAndPutsTheFitsIn) {
  const json clean = CleanResult(Result3(), Collect(Result3()));
  EXPECT_THAT(clean.dump(), Not(HasSubstr("secret")));
  ASSERT_EQ(clean.at("fits").size(), 2U);
  EXPECT_EQ(clean.at("fits")[0].at("name"), "BM_Flush");
}

TEST(MarkdownReport, PutsBothWaysInOneLine) {
  const std::string text = MarkdownReport(Result3(), Collect(Result3()));
  EXPECT_THAT(text, HasSubstr("| 1001 | 10.00 ms | 10 % | 100100 | 10.0 | "
                              "300.00 ms | 10 % | 3337 | 0.3 |\n"));
  EXPECT_THAT(text, HasSubstr("- tpm_vendor: IBM SW TPM\n"));
  EXPECT_THAT(text, Not(HasSubstr("pages returned")));
}

TEST(MarkdownReport, TakesAKernelThatHasOnlyUpstreamsWay) {
  std::vector<Series> series = Collect(Result3());
  series[0].points.clear();
  EXPECT_THAT(MarkdownReport(Result3(), series),
              HasSubstr("| 101 | - | - | - | - | 3.00 ms |"));
}

TEST(MarkdownReport, ShowsWhatMemoryCameBack) {
  json result = Result3();
  json row = Row("BM_MemoryFlush", 1000, 1);
  row.update({{"bytes_per_record", 778.4},
              {"kept_per_record", 25.0},
              {"returned_percent", 96.8}});
  result["benchmarks"].push_back(row);
  EXPECT_THAT(MarkdownReport(result, Collect(result)),
              HasSubstr("| 1001 | 778 | 25 | 97 % | - | - | - |\n"));
}

TEST(MarkdownReport, ComparesEachPercentileOfMeasuring) {
  const json result = LatencyResult();
  const std::string text = MarkdownReport(result, Collect(result));
  EXPECT_THAT(text, HasSubstr("| p50 | 10.0 µs | 10 % | 15.0 µs | 10 % | "
                              "1.50 |\n"));
  EXPECT_THAT(text, HasSubstr("| max | 50.0 µs | 10 % | 75.0 µs | 10 % | "
                              "1.50 |\n"));
  EXPECT_THAT(text, HasSubstr("- BM_Measure/flushing: 1000 samples a "
                              "repetition, 101 records in memory, 40 "
                              "flushes\n"));
}

TEST(MarkdownReport, OneColumnAloneIsNoComparison) {
  json result = Result3();
  result["benchmarks"].push_back(LatencyRow("BM_Measure/idle", 10));
  const std::string text = MarkdownReport(result, Collect(result));
  EXPECT_THAT(text, Not(HasSubstr("| p50 |")));
  EXPECT_THAT(text, HasSubstr("- BM_Measure/idle: 1000 samples a "
                              "repetition, 101 records in memory\n"));
}

TEST(ChartScript, JoinsPercentilesAndStretchesTheTail) {
  const std::vector<Series> series = Collect(LatencyResult());
  const auto script =
      ChartScript(LatencyChart("t", {PercentileCurve(series[2], "no rows"),
                                     PercentileCurve(series[4], "idle")}),
                  "o");
  ASSERT_TRUE(script);
  EXPECT_THAT(*script, HasSubstr("set xtics (\"p50\" 2, \"p90\" 10, \"p99\" "
                                 "100, \"p99.9\" 1000, \"max\" 10000)\n"));
  EXPECT_THAT(*script, HasSubstr("2 10 9 11\n10 20 18 22\n100 30 27 33\n"
                                 "1000 40 36 44\n10000 50 45 55\n"));
  EXPECT_THAT(*script, HasSubstr("with yerrorlines"));
}

TEST(ChartScript, QuotesNamesAndDrawsEachCurveThatHasMarks) {
  const std::vector<Series> series = Collect(Result3());
  const Chart chart{
      "a \"title\"",
      "ms",
      true,
      {TimeCurve(series[2], "no points"), TimeCurve(series[0], "time"),
       CounterCurve(series[0], "segment_bytes", "bytes")}};
  const auto script = ChartScript(chart, "dir\\out.svg");
  ASSERT_TRUE(script);
  EXPECT_THAT(*script, HasSubstr("set title \"a \\\"title\\\"\"\n"));
  EXPECT_THAT(*script, HasSubstr("set output \"dir\\\\out.svg\"\n"));
  EXPECT_THAT(*script, HasSubstr("$data1 << END\n101 1 0.9 1.1\n"));
  EXPECT_THAT(*script, HasSubstr("$data2 << END\n101 10000 10000 10000\n"));
  EXPECT_THAT(*script, Not(HasSubstr("no points")));
}

TEST(ChartScript, NothingToDrawGivesNoScript) {
  EXPECT_FALSE(ChartScript({"t", "y", false, {}}, "o"));
}

}  // namespace
}  // namespace ima_bench
