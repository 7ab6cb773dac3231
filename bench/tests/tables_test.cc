// SPDX-License-Identifier: MIT
#include "report/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report_fixture.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The table of that title; an empty one if there is none.
Table Find(const std::vector<json>& runs, const std::string& title) {
  for (Table& table : MakeTables(Merge(runs).value()))
    if (table.title == title) return table;
  return {};
}

constexpr const char* kFlush =
    "Saving n records to a durable file and freeing them";
constexpr const char* kRead = "Reading the whole list";
constexpr const char* kLatency = "Opening a file that is new to IMA";
constexpr const char* kFit = "Fixed cost, and cost a record, of a fitted line";

TEST(MakeTables, EachRowIsAsLongAsItsHeader) {
  json run = LatencyRun();
  for (const char* name :
       {"BM_Read/ascii/buffer:4096", "BM_ReadFlushed/ascii/buffer:65536",
        "BM_ReadLast/binary", "BM_MemoryFlush", "BM_ListMutex",
        "BM_Duplicate/memory", "BM_Duplicate/flushed"})
    AddRow(run, Row(name, 1000, 1));
  const auto tables = MakeTables(Merge({run, UnpatchedRun()}).value());
  EXPECT_THAT(tables, SizeIs(10));
  for (const Table& table : tables) {
    for (const Cells& row : table.rows)
      EXPECT_EQ(row.size(), table.header.size()) << table.title;
  }
}

TEST(MakeTables, PutsFlushBesideUpstreamOfTheSameKernel) {
  const Table table = Find({PatchedRun()}, kFlush);
  EXPECT_EQ(table.header[5], "A, read, D on the same kernel");
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_THAT(table.rows[1], ElementsAre("1001", "10.00 ms", "10 %", "9.99 µs",
                                         "10.0", "300.00 ms", "10 %", "30.00",
                                         "-", "-", "-", "-", "-"));
}

TEST(MakeTables, PrefersUpstreamOfAKernelWithoutTheSeries) {
  const Table table = Find({PatchedRun(), UnpatchedRun()}, kFlush);
  EXPECT_EQ(table.header[5], "A, read, D without the series");
  EXPECT_EQ(table.rows[1][5], "600.00 ms");
  EXPECT_EQ(table.rows[1][7], "60.00");
}

TEST(MakeTables, TakesAKernelThatHasOnlyUpstreamsWay) {
  const Table table = Find({UnpatchedRun()}, kFlush);
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_THAT(table.rows[0], ElementsAre("101", "-", "-", "-", "-", "6.00 ms",
                                         "10 %", "-", "-", "-", "-", "-", "-"));
}

// 100,000 bytes at 100 MB/s take 1 ms. The flushes took 11, 9 and 10 ms: 2.75,
// 3 and 2.5 times as long as dd.
TEST(MakeTables, ComparesAFlushWithTheLongerYardstick) {
  json run = PatchedRun();
  json sha256 = Row("BM_Sha256", 1000, 100);
  sha256["bytes_per_second"] = 1e8;
  for (const double dd_ms : {4, 3, 4}) {
    AddRow(run, sha256);
    AddRow(run, Row("BM_Dd", 1000, dd_ms));
  }
  const Cells row = Find({run}, kFlush).rows[1];
  EXPECT_THAT(Cells(row.begin() + 8, row.end()),
              ElementsAre("4.00 ms", "16 %", "1.00 ms", "0 %", "2.75"));
  // The digests of another size were made at another moment.
  EXPECT_EQ(Find({run}, kFlush).rows[0].back(), "-");
  for (json& one : run["benchmarks"])
    if (one["bytes_per_second"] == 1e8) one["bytes_per_second"] = 1e7;
  EXPECT_EQ(Find({run}, kFlush).rows[1].back(), "1.00");
  AddRow(run, sha256);
  EXPECT_EQ(Find({run}, kFlush).rows[1].back(), "-");
}

TEST(MakeTables, ComparesReadingOnBothKernels) {
  json ours = EmptyRun(true), upstream = EmptyRun(false);
  AddRow(ours, Row("BM_Read/ascii/buffer:4096", 999, 2));
  AddRow(upstream, Row("BM_Read/ascii/buffer:4096", 999, 100));
  ours["benchmarks"][0]["list_bytes"] = 200000.0;
  EXPECT_THAT(Find({ours, upstream}, kRead).rows,
              ElementsAre(ElementsAre("ascii", "4096", "1000", "2.00 ms", "0 %",
                                      "2.00 µs", "100.0", "100.00 ms", "0 %",
                                      "50.00")));
}

// 2 ms in memory and 1 ms for the digest of 100,000 bytes at 100 MB/s.
TEST(MakeTables, ComparesReadingWhatIsFlushed) {
  json run = EmptyRun(true);
  json row = Row("BM_ReadFlushed/binary/buffer:65536", 999, 6);
  row.update({{"list_bytes", 90000.0}, {"segment_bytes", 100000.0}});
  AddRow(run, row);
  const char* title = "Reading the whole list, all of it flushed";
  EXPECT_THAT(
      Find({run}, title).rows,
      ElementsAre(ElementsAre("binary", "65536", "1000", "6.00 ms", "0 %",
                              "6.00 µs", "15.0", "-", "-", "-", "-")));
  AddRow(run, Row("BM_Read/binary/buffer:65536", 999, 2));
  EXPECT_EQ(Find({run}, title).rows[0][7], "2.00 ms");
  EXPECT_EQ(Find({run}, title).rows[0].back(), "-");
  json sha256 = Row("BM_Sha256", 999, 100);
  sha256["bytes_per_second"] = 1e8;
  AddRow(run, sha256);
  const Cells cells = Find({run}, title).rows[0];
  EXPECT_THAT(Cells(cells.begin() + 7, cells.end()),
              ElementsAre("2.00 ms", "0 %", "1.00 ms", "2.00"));
}

TEST(MakeTables, ShowsWhatMemoryCameBack) {
  json run = PatchedRun();
  json row = Row("BM_MemoryFlush", 1000, 1);
  row.update({{"bytes_per_record", 778.4},
              {"kept_per_record", 25.0},
              {"returned_percent", 96.8}});
  AddRow(run, row);
  EXPECT_THAT(
      Find({run}, "Kernel memory (Slab + VmallocUsed), bytes a record").rows,
      ElementsAre(ElementsAre("1001", "778", "25", "97 %", "-", "-", "-")));
}

TEST(MakeTables, ShowsHowLongTheMutexWasHeld) {
  json run = PatchedRun();
  json row = Row("BM_ListMutex", 1000, 1);
  row.update({{"max_hold_us", 62.0},
              {"p99_9_hold_us", 12.0},
              {"holds_above_50_us", 1.0},
              {"holds", 16.0},
              {"total_hold_us", 90.0}});
  AddRow(run, row);
  row["run_name"] = "BM_PipeMutex/holds:16/iterations:1/manual_time";
  row["holds_above_50_us"] = 10.0;
  row["total_hold_us"] = 1000.0;
  AddRow(run, row);
  EXPECT_THAT(
      Find({run}, "The list mutex, held by a flush").rows,
      ElementsAre(ElementsAre("1001", "62.0 µs", "0 %", "12.0 µs", "1", "16",
                              "90.0 µs", "-"),
                  ElementsAre("control: a pipe", "62.0 µs", "0 %", "12.0 µs",
                              "10", "16", "1000.0 µs", "10000")));
}

TEST(MakeTables, ComparesEachPercentileOfMeasuring) {
  const Table table = Find({LatencyRun()}, kLatency);
  ASSERT_THAT(table.rows, SizeIs(6));
  EXPECT_THAT(table.rows[0],
              ElementsAre("p50", "10.0 µs", "10 %", "15.0 µs", "10 %", "1.50",
                          "12.0 µs", "10 %", "1.20", "-", "-"));
  EXPECT_THAT(table.rows[4],
              ElementsAre("max", "50.0 µs", "10 %", "75.0 µs", "10 %", "1.50",
                          "60.0 µs", "10 %", "1.20", "-", "-"));
  EXPECT_THAT(table.rows[5], ElementsAre("samples", "1000", "", "1000", "", "",
                                         "1000", "", "", "-", "-"));
  EXPECT_THAT(Find({PatchedRun()}, kLatency).rows, IsEmpty());
}

TEST(MakeTables, OneColumnOfLatencyAloneHasNoRatio) {
  json run = EmptyRun(false);
  AddRow(run, LatencyRow("BM_Measure/idle", 10));
  EXPECT_THAT(Find({run}, kLatency).rows[0],
              ElementsAre("p50", "-", "-", "-", "-", "-", "-", "-", "-",
                          "10.0 µs", "0 %"));
}

TEST(MakeTables, JudgesLinearityFrom100000Records) {
  json run = EmptyRun(true);
  AddRow(run, Row("BM_Flush", 100000 - 1, 100));
  EXPECT_THAT(Find({run}, kFit).rows, IsEmpty());
  AddRow(run, Row("BM_Flush", 1000000 - 1, 1100));
  EXPECT_EQ(Find({run}, kFit).rows.at(0).back(), "1.10");
  run["benchmarks"][0] = Row("BM_Flush", 1000 - 1, 1);
  EXPECT_EQ(Find({run}, kFit).rows.at(0).back(), "-");
}

TEST(MakeTables, SaysWhatWasMeasuredOn) {
  const Table table = Find({PatchedRun(), PatchedRun(), UnpatchedRun()},
                           "What was measured on");
  EXPECT_THAT(table.rows.front(), ElementsAre("date", "today", "today"));
  EXPECT_THAT(table.rows.back(), ElementsAre("runs", "2", "1"));
}

TEST(MakeTables, SaysWhatUserModeLinuxRanOn) {
  json run = PatchedRun();
  run["context"]["disk"] = "sync";
  const auto rows = Find({run}, "What was measured on").rows;
  EXPECT_THAT(rows.at(rows.size() - 2), ElementsAre("disk", "sync", "-"));
}

}  // namespace
}  // namespace ima_bench
