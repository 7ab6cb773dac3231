// SPDX-License-Identifier: MIT
#include "util/memory_course.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

class MemoryCourseTest : public ::testing::Test {
 protected:
  void Put(int slab) const {
    std::ofstream(proc_.path() / "new")
        << "Slab: " << slab
        << " kB\nSUnreclaim: 0 kB\nVmallocUsed: 1 kB\nMemAvailable: 0 kB\n";
    std::filesystem::rename(proc_.path() / "new", proc_.path() / "meminfo");
  }

  TempDir proc_ = TempDir::Create(::testing::TempDir(), "course-").value();
};

TEST_F(MemoryCourseTest, HasWhatWasBeforeAndAfter) {
  Put(10);
  MemoryCourse course(proc_.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  Put(3);
  const auto samples = course.Stop();
  ASSERT_TRUE(samples) << samples.error().Message();
  ASSERT_GE(samples->size(), 3U);
  EXPECT_EQ(samples->front().bytes, 11U * 1024);
  EXPECT_EQ(samples->back().bytes, 4U * 1024);
  for (size_t i = 1; i < samples->size(); ++i)
    EXPECT_LT((*samples)[i - 1].time, (*samples)[i].time);
}

TEST_F(MemoryCourseTest, TakesASampleHoweverShortItIs) {
  Put(10);
  EXPECT_GE(MemoryCourse(proc_.path()).Stop()->size(), 1U);
}

TEST_F(MemoryCourseTest, AFileThatCannotBeReadIsAnError) {
  EXPECT_EQ(MemoryCourse(proc_.path()).Stop().error().code, ENOENT);
}

}  // namespace
}  // namespace ima_bench
