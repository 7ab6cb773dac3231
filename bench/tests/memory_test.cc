// SPDX-License-Identifier: MIT
#include "util/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

using ::testing::HasSubstr;

constexpr const char* kMeminfo =
    "MemTotal:        1002328 kB\n"
    "MemAvailable:     900000 kB\n"
    "Slab:              90116 kB\n"
    "SReclaimable:       5000 kB\n"
    "SUnreclaim:        85116 kB\n"
    "VmallocTotal:   34359738367 kB\n"
    "VmallocUsed:         844 kB\n"
    "HugePages_Total:       0\n";

constexpr const char* kSlabinfo =
    "slabinfo - version: 2.1\n"
    "# name            <active_objs> <num_objs> <objsize> <objperslab> "
    "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
    "<active_slabs> <num_slabs> <sharedavail>\n"
    "ima_record          10     20    200   20    1 : tunables    0    0    0 "
    ": slabdata      1      1      0\n"
    "dentry             100    100    192   21    1 : tunables    0    0    0 "
    ": slabdata      5      5      0\n"
    "kmalloc-2k           3     16   2048   16    8 : tunables    0    0    0 "
    ": slabdata      1      2      0\n";

TEST(ParseMeminfo, TakesTheFourLinesInBytes) {
  MemoryUse use;
  ASSERT_TRUE(ParseMeminfo(kMeminfo, use));
  EXPECT_EQ(use.slab, 90116U * 1024);
  EXPECT_EQ(use.unreclaimable, 85116U * 1024);
  EXPECT_EQ(use.vmalloc, 844U * 1024);
  EXPECT_EQ(use.available, 900000U * 1024);
  EXPECT_EQ(use.SlabAndVmalloc(), 90960U * 1024);
}

TEST(ParseMeminfo, NamesAMissingLine) {
  std::string text = kMeminfo;
  text.replace(text.find("SUnreclaim"), 10, "SOther");
  MemoryUse use;
  const auto done = ParseMeminfo(text, use);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().Message(), HasSubstr("SUnreclaim"));
}

TEST(ParseMeminfo, RefusesWhatIsNoNumber) {
  MemoryUse use;
  EXPECT_FALSE(ParseMeminfo("Slab: 12x kB\n", use));
}

TEST(ParseSlabinfo, AddsUpTheCachesThatHoldRecords) {
  MemoryUse use;
  ASSERT_TRUE(ParseSlabinfo(kSlabinfo, 4096, use));
  EXPECT_EQ(use.record_objects, 10U * 200 + 3U * 2048);
  EXPECT_EQ(use.record_pages, (1U * 1 + 2U * 8) * 4096);
}

TEST(ParseSlabinfo, RefusesAnotherVersionAndACutLine) {
  MemoryUse use;
  EXPECT_FALSE(ParseSlabinfo("slabinfo - version: 3.0\n", 4096, use));
  EXPECT_FALSE(ParseSlabinfo("", 4096, use));
  const std::string text = kSlabinfo;
  EXPECT_FALSE(ParseSlabinfo(text.substr(0, text.size() - 20), 4096, use));
  EXPECT_FALSE(ParseSlabinfo("slabinfo - version: 2.1\n", 4096, use));
}

TEST(ReadMemoryUse, ReadsBothFiles) {
  auto proc = TempDir::Create(::testing::TempDir(), "memory-test-");
  ASSERT_TRUE(proc);
  std::ofstream(proc->path() / "meminfo") << kMeminfo;
  const auto missing = ReadMemoryUse(proc->path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  std::ofstream(proc->path() / "slabinfo") << kSlabinfo;
  const auto use = ReadMemoryUse(proc->path());
  ASSERT_TRUE(use) << use.error().Message();
  EXPECT_EQ(use->slab, 90116U * 1024);
  EXPECT_GT(use->record_objects, 0U);
}

}  // namespace
}  // namespace ima_bench
