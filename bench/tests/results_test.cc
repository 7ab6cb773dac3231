// SPDX-License-Identifier: MIT
#include "report/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report_fixture.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string ErrorOf(const json& run) {
  const auto results = Merge({run});
  return results ? "" : results.error().Message();
}

TEST(CollectSeries, GroupsRepetitionsBySizeAndLeavesAggregatesOut) {
  const Series series = CollectOurs(PatchedRun(), "BM_Flush");
  ASSERT_THAT(series.points, SizeIs(2));
  const Point& small = series.points[0];
  EXPECT_EQ(small.records, 101);
  EXPECT_THAT(small.rows, SizeIs(3));
  EXPECT_DOUBLE_EQ(small.time_ms.median, 1.0);
  EXPECT_DOUBLE_EQ(small.time_ms.least, 0.9);
  EXPECT_DOUBLE_EQ(small.time_ms.most, 1.1);
  EXPECT_NEAR(small.time_ms.variation, 0.1, 1e-9);
  EXPECT_EQ(small.Counter("segment_bytes").median, 10000);
  ASSERT_TRUE(series.fit);
  EXPECT_NEAR(series.fit->per_record, 0.01, 0.001);
}

TEST(CollectSeries, SortsByNumberNotByName) {
  json run = PatchedRun();
  AddRow(run, Row("BM_Flush", 20000, 200));
  AddRow(run, Row("BM_Flush", 3000, 30));
  std::vector<double> records;
  for (const Point& point : CollectOurs(run, "BM_Flush").points)
    records.push_back(point.records);
  EXPECT_THAT(records, ElementsAre(101, 1001, 3001, 20001));
}

// Repetitions of one size differ by what others had measured meanwhile.
TEST(CollectSeries, OneSizeHasNoFit) {
  json run = EmptyRun(true);
  AddRow(run, Row("BM_Flush", 100, 1));
  AddRow(run, Row("BM_Flush", 100, 2));
  run["benchmarks"][0]["records"] = 103;
  const Series series = CollectOurs(run, "BM_Flush");
  ASSERT_THAT(series.points, SizeIs(1));
  EXPECT_FALSE(series.fit);
}

TEST(CollectSeries, ANameIsNotAPrefixOfAnother) {
  json run = PatchedRun();
  AddRow(run, Row("BM_FlushMore", 100, 1));
  EXPECT_THAT(CollectOurs(run, "BM_Flush").points[0].rows, SizeIs(3));
}

TEST(Series, FindsTheNearestSize) {
  const Series series = CollectOurs(PatchedRun(), "BM_Flush");
  EXPECT_EQ(series.At(105)->records, 101);
  EXPECT_EQ(series.At(900)->records, 1001);
  EXPECT_EQ(series.At(3000), nullptr);
  EXPECT_EQ(CollectOurs(PatchedRun(), "BM_Dd").At(100), nullptr);
}

TEST(MergeRuns, PutsBootsOfOneKernelTogether) {
  const Results results =
      Merge({PatchedRun(), UnpatchedRun(), PatchedRun()}).value();
  const Series flush = CollectSeries(results.patched, "BM_Flush");
  EXPECT_THAT(flush.points[0].rows, SizeIs(6));
  EXPECT_THAT(results.patched->contexts, SizeIs(2));
  const Series upstream = CollectSeries(results.unpatched, "BM_StagedDelete");
  EXPECT_THAT(upstream.points[0].rows, SizeIs(3));
  EXPECT_THAT(CollectSeries(results.unpatched, "BM_Flush").points, SizeIs(0));
}

TEST(MergeRuns, TakesEitherKernelAlone) {
  EXPECT_FALSE(Merge({PatchedRun()}).value().unpatched);
  const Results results = Merge({UnpatchedRun()}).value();
  EXPECT_FALSE(results.patched);
  EXPECT_EQ(results.Any().Context("series"), "none");
  EXPECT_FALSE(Merge({}));
}

TEST(MergeRuns, RefusesMachinesThatDiffer) {
  json other = UnpatchedRun();
  other["context"]["filesystem"] = "xfs";
  EXPECT_EQ(Merge({PatchedRun(), other}).error().Message(),
            "1.json: filesystem is 'xfs', and 'ext4' in another run: not to be "
            "compared");
  other = UnpatchedRun();
  other["context"]["disk"] = "sync";
  EXPECT_THAT(Merge({PatchedRun(), other}).error().Message(),
              HasSubstr("disk is 'sync', and '' in another run"));
}

TEST(MergeRuns, RefusesAnotherSeriesOnlyForTheSameKernel) {
  json other = PatchedRun();
  other["context"]["series"] = "v2";
  EXPECT_THAT(Merge({PatchedRun(), other}).error().Message(),
              HasSubstr("series is 'v2'"));
  EXPECT_TRUE(Merge({PatchedRun(), UnpatchedRun()}));
}

TEST(MergeRuns, RefusesAFailedRowWithItsReason) {
  json run = PatchedRun();
  run["benchmarks"][0]["error_occurred"] = true;
  run["benchmarks"][0]["error_message"] = "no flush/trigger";
  EXPECT_THAT(ErrorOf(run), HasSubstr("no flush/trigger"));
}

TEST(MergeRuns, RefusesAContextThatTellsTooLittle) {
  json missing = PatchedRun();
  missing["context"].erase("tpm_firmware");
  EXPECT_THAT(ErrorOf(missing), HasSubstr("tpm_firmware"));
  json empty = PatchedRun();
  empty["context"]["filesystem"] = "";
  EXPECT_THAT(ErrorOf(empty), HasSubstr("filesystem"));
}

TEST(MergeRuns, RefusesWhatIsNoResult) {
  EXPECT_NE(ErrorOf(json::object()), "");
  EXPECT_NE(ErrorOf(json::array()), "");
  EXPECT_NE(ErrorOf(json::parse("{", nullptr, false)), "");
  EXPECT_EQ(ErrorOf(EmptyRun(true)), "0.json: no rows");
  const json bad_members = {{"time_unit", "us"},
                            {"real_time", 0.0},
                            {"records", nullptr},
                            {"run_name", 1}};
  for (const auto& [key, value] : bad_members.items()) {
    json run = PatchedRun();
    run["benchmarks"][0][key] = value;
    EXPECT_NE(ErrorOf(run), "") << key;
  }
}

TEST(MergeRuns, RefusesALatencyWithoutItsPercentiles) {
  EXPECT_EQ(ErrorOf(LatencyRun()), "");
  json run = LatencyRun();
  run["benchmarks"].back().erase("p99_9_ns");
  EXPECT_THAT(ErrorOf(run), HasSubstr("p99_9_ns"));
}

TEST(MergeRuns, RefusesACourseWithoutTimes) {
  json run = PatchedRun();
  run["courses"] = {{{"records", 7},
                     {"drained_seconds", 0.5},
                     {"samples", {{-0.1, 1000}, {0.2, 900}}}}};
  EXPECT_EQ(ErrorOf(run), "");
  EXPECT_THAT(Merge({run}).value().patched->courses, SizeIs(1));
  run["courses"][0]["samples"][0] = {1};
  EXPECT_THAT(ErrorOf(run), HasSubstr("not a result of ima-bench"));
}

TEST(ToJson, TakesTheHostOutAndPutsTheFitsIn) {
  const Results results = Merge({PatchedRun(), UnpatchedRun()}).value();
  const json kept = ToJson(results, {"BM_Flush", "BM_StagedDelete"});
  EXPECT_THAT(kept.dump(), Not(HasSubstr("secret")));
  ASSERT_THAT(kept.at("patched").at("fits"), SizeIs(2));
  EXPECT_EQ(kept.at("patched").at("fits")[0].at("name"), "BM_Flush");
  EXPECT_THAT(kept.at("patched").at("benchmarks"), SizeIs(12));
  EXPECT_THAT(kept.at("unpatched").at("fits"), SizeIs(1));
  EXPECT_FALSE(ToJson(Merge({PatchedRun()}).value(), {}).contains("unpatched"));
}

}  // namespace
}  // namespace ima_bench
