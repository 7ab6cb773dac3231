// SPDX-License-Identifier: MIT
#include "report/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/chart.h"
#include "tests/report_fixture.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> NamesOf(const std::vector<ChartFile>& charts) {
  std::vector<std::string> names;
  for (const ChartFile& chart : charts) names.push_back(chart.file.string());
  return names;
}

json CourseRun(bool patched) {
  json run = patched ? PatchedRun() : UnpatchedRun();
  run["courses"] = {{{"records", 1000},
                     {"drained_seconds", 0.5},
                     {"samples", {{-0.25, 5000000}, {1.0, 3000000}}}}};
  return run;
}

TEST(MakeCharts, DrawsWhatThereIs) {
  EXPECT_THAT(NamesOf(MakeCharts(Merge({PatchedRun()}).value(), "p")),
              ElementsAre("p-time.svg"));
  json run = CourseRun(true);
  AddRow(run, LatencyRow("BM_Measure/idle", 10));
  AddRow(run, Row("BM_MemoryFlush", 1000, 1));
  AddRow(run, Row("BM_Read/ascii/buffer:65536", 1000, 1));
  AddRow(run, Row("BM_Duplicate/flushed", 1000, 1));
  EXPECT_THAT(NamesOf(MakeCharts(Merge({run}).value(), "p")),
              ElementsAre("p-time.svg", "p-read.svg", "p-duplicate.svg",
                          "p-memory.svg", "p-course.svg", "p-latency.svg"));
}

TEST(MakeCharts, DrawsReadingInMemoryAndFlushed) {
  json run = EmptyRun(true);
  AddRow(run, Row("BM_Read/binary/buffer:65536", 1000, 1));
  AddRow(run, Row("BM_ReadFlushed/binary/buffer:65536", 1000, 2));
  const auto charts = MakeCharts(Merge({run}).value(), "p");
  EXPECT_THAT(NamesOf(charts), ElementsAre("p-read.svg"));
  EXPECT_THAT(charts[0].script, HasSubstr("\"binary, with the series\""));
  EXPECT_THAT(charts[0].script, HasSubstr("\"binary, all of it flushed\""));
}

TEST(MakeCharts, DrawsMeasuringIdleAndBesideOthers) {
  const auto charts = MakeCharts(Merge({LatencyRun()}).value(), "p");
  ASSERT_THAT(NamesOf(charts), ElementsAre("p-time.svg", "p-latency.svg"));
  for (const char* curve : {"\"idle\"", "\"during a flush\"", "\"beside dd\""})
    EXPECT_THAT(charts[1].script, HasSubstr(curve));
}

TEST(MakeCharts, DrawsBothKernels) {
  const auto charts =
      MakeCharts(Merge({CourseRun(true), CourseRun(false)}).value(), "p");
  ASSERT_THAT(charts, SizeIs(2));
  EXPECT_THAT(charts[0].script,
              HasSubstr("title \"A, read, D without the series\""));
  EXPECT_THAT(charts[0].script, HasSubstr("set logscale xy\n"));
  EXPECT_THAT(charts[1].script, HasSubstr("-0.250 5.0000\n1.000 3.0000\n"));
  EXPECT_THAT(charts[1].script, HasSubstr("set arrow from 0.5, graph 0"));
  EXPECT_THAT(charts[1].script, HasSubstr("$data2 using 1:2 with lines"));
  EXPECT_THAT(charts[1].script, HasSubstr("\"flush of 1000 records\""));
}

TEST(ChartScript, JoinsPercentilesAndStretchesTheTail) {
  const Series none = CollectOurs(LatencyRun(), "BM_None");
  const Series idle = CollectOurs(LatencyRun(), "BM_Measure/idle");
  const auto script =
      ChartScript(LatencyChart("t", {PercentileCurve(none, "no rows"),
                                     PercentileCurve(idle, "idle")}),
                  "o");
  ASSERT_TRUE(script);
  EXPECT_THAT(*script, HasSubstr("set xtics (\"p50\" 2, \"p90\" 10, \"p99\" "
                                 "100, \"p99.9\" 1000, \"max\" 10000)\n"));
  EXPECT_THAT(*script, HasSubstr("2 10 9 11\n10 20 18 22\n100 30 27 33\n"
                                 "1000 40 36 44\n10000 50 45 55\n"));
  EXPECT_THAT(*script, HasSubstr("with yerrorlines"));
}

TEST(ChartScript, QuotesNamesAndDrawsEachCurveThatHasMarks) {
  const Series flush = CollectOurs(PatchedRun(), "BM_Flush");
  const Chart chart{
      "a \"title\"",
      "ms",
      true,
      {TimeCurve(CollectOurs(PatchedRun(), "BM_None"), "no points"),
       TimeCurve(flush, "time"),
       CounterCurve(flush, "segment_bytes", "bytes")}};
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
  EXPECT_FALSE(CourseScript("t", {CourseCurve{.label = "l"}}, "o"));
}

}  // namespace
}  // namespace ima_bench
