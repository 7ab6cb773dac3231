// SPDX-License-Identifier: MIT
#include "report/soak_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "soak/soak_json.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json Result2000() {
  const SoakSample start{.seconds = 1,
                         .records_total = 100,
                         .flushes = 1,
                         .segments = 1,
                         .slab = 10000000,
                         .unreclaimable = 5000000};
  SoakSample early = start, late = start, end = start;
  early.seconds = 2;
  early.records_in_memory = 1100;
  late.seconds = 12;
  late.records_total = 2100;
  late.records_in_memory = 2500;
  late.last_error = ENOSPC;
  end.records_total = 2100;
  end.segments = 3;
  end.slab = 10060000;
  end.unreclaimable = 5020000;
  return {{"context",
           {{"kernel", "7.3.4 x86_64"},
            {"processor", "tcg"},
            {"filesystem", "ext4"},
            {"records", 2000},
            {"limit", 1000}}},
          {"start", start},
          {"end", end},
          {"samples", {early, late}}};
}

json WithFill() {
  json result = Result2000();
  SoakFill fill;
  fill.filled.seconds = 3;
  fill.freed.seconds = 7.5;
  result["fill"] = fill;
  return result;
}

TEST(ParseSoak, TakesWhatImaSoakWrites) {
  const auto result = ParseSoak(WithFill());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->machine, "Linux 7.3.4 x86_64, tcg, ext4");
  EXPECT_EQ(result->limit, 1000U);
  EXPECT_EQ(result->samples.size(), 2U);
  EXPECT_EQ(result->fill->freed.seconds, 7.5);
}

TEST(ParseSoak, RefusesAFailedRunWithItsReason) {
  json failed = Result2000();
  failed["failure"] = "a flush failed";
  failed.erase("end");
  EXPECT_THAT(ParseSoak(failed).error().Message(),
              HasSubstr("the run failed: a flush failed"));
}

TEST(ParseSoak, RefusesWhatIsNoResult) {
  EXPECT_FALSE(ParseSoak(json(json::value_t::discarded)));
  EXPECT_FALSE(ParseSoak(json::array()));
  for (const char* member : {"context", "start", "end", "samples"}) {
    json result = Result2000();
    result.erase(member);
    EXPECT_THAT(ParseSoak(result).error().Message(), HasSubstr(member));
    result[member] = 1;
    EXPECT_FALSE(ParseSoak(result)) << member;
  }
  json empty = Result2000();
  empty["samples"] = json::array();
  EXPECT_FALSE(ParseSoak(empty));
  json nothing_made = Result2000();
  nothing_made["end"] = nothing_made["start"];
  EXPECT_FALSE(ParseSoak(nothing_made));
}

TEST(SoakTable, TellsPeaksWithAndWithoutAFullDisk) {
  EXPECT_THAT(SoakTable(ParseSoak(WithFill()).value()),
              HasSubstr("| 2000 | 1000 | 1100 | 2500 | 3 | 10.0 MB | 10.1 MB | "
                        "30.0 bytes | 10.0 bytes | 10 s | 200 |\n"));
  EXPECT_THAT(SoakTable(ParseSoak(Result2000()).value()),
              HasSubstr("| 1100 | - |"));
}

TEST(SoakTable, MemoryMayShrink) {
  json result = Result2000();
  result["end"]["slab"] = 9950000;
  EXPECT_THAT(SoakTable(ParseSoak(result).value()), HasSubstr("| -25.0 bytes"));
}

TEST(SoakScript, DrawsBothPanelsAndTheFullDisk) {
  const std::string script = SoakScript(ParseSoak(WithFill()).value(), "o.svg");
  EXPECT_THAT(script, HasSubstr("set output \"o.svg\"\n"));
  EXPECT_THAT(script, HasSubstr("2.00 1100 10.000 5.000\n"
                                "12.00 2500 10.000 5.000\nEND\n"));
  EXPECT_THAT(script, HasSubstr("from 3.00, graph 0 to 7.50, graph 1"));
  EXPECT_THAT(script, HasSubstr("plot 1000 with lines"));
  EXPECT_THAT(SoakScript(ParseSoak(Result2000()).value(), "o.svg"),
              Not(HasSubstr("rectangle")));
}

}  // namespace
}  // namespace ima_bench
