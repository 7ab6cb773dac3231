// SPDX-License-Identifier: MIT
#include "util/measured_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kNever = [] { return false; };

class MeasuredFilesTest : public ::testing::Test {
 protected:
  // All files that were made, in whatever directory below ours.
  std::vector<fs::path> Made() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path()))
      if (entry.is_regular_file()) paths.push_back(entry.path());
    return paths;
  }

  TempDir dir_ = TempDir::Create(::testing::TempDir(), "m-").value();
  MeasuredFiles files_ = MeasuredFiles::Create(dir_.path()).value();
};

TEST_F(MeasuredFilesTest, PrepareMakesWhatIsMissing) {
  EXPECT_TRUE(files_.Prepare(3));
  EXPECT_EQ(files_.Waiting(), 3U);
  EXPECT_TRUE(files_.Prepare(2));
  EXPECT_EQ(files_.Waiting(), 3U);
  EXPECT_TRUE(files_.Prepare(5));
  ASSERT_THAT(Made(), SizeIs(5));
  for (const fs::path& path : Made()) EXPECT_EQ(ReadFile(path).value(), "x");
}

TEST_F(MeasuredFilesTest, OpensEachOnceOneAfterTheOther) {
  ASSERT_TRUE(files_.Prepare(4));
  const auto times = files_.OpenUntil(kNever).value();
  ASSERT_THAT(times, SizeIs(4));
  for (const TimeSpan& time : times) EXPECT_GT(time.Length().count(), 0);
  for (size_t i = 1; i < times.size(); ++i)
    EXPECT_LE(times[i - 1].end, times[i].begin);
  EXPECT_EQ(files_.Waiting(), 0U);
  EXPECT_THAT(files_.OpenUntil(kNever).value(), SizeIs(0));
}

TEST_F(MeasuredFilesTest, StopsWhenToldAndGoesOnFromThere) {
  ASSERT_TRUE(files_.Prepare(4));
  int asked = 0;
  EXPECT_THAT(files_.OpenUntil([&] { return ++asked > 3; }).value(), SizeIs(3));
  EXPECT_EQ(files_.Waiting(), 1U);
  EXPECT_THAT(files_.OpenUntil(kNever).value(), SizeIs(1));
}

TEST_F(MeasuredFilesTest, RewrittenFilesWaitAgain) {
  ASSERT_TRUE(files_.Prepare(3));
  ASSERT_TRUE(files_.OpenUntil(kNever));
  EXPECT_TRUE(files_.Rewrite("new"));
  EXPECT_EQ(files_.Waiting(), 3U);
  ASSERT_THAT(Made(), SizeIs(3));
  for (const fs::path& path : Made()) EXPECT_EQ(ReadFile(path).value(), "new");
  EXPECT_THAT(files_.OpenUntil(kNever).value(), SizeIs(3));
  files_.Reopen();
  EXPECT_THAT(files_.OpenUntil(kNever).value(), SizeIs(3));
}

TEST_F(MeasuredFilesTest, MakesFilesOfTheContentsAskedFor) {
  auto files = MeasuredFiles::Create(dir_.path(), std::string(100000, 'y'));
  ASSERT_TRUE(files);
  ASSERT_TRUE(files->Prepare(1));
  ASSERT_THAT(Made(), SizeIs(1));
  EXPECT_EQ(fs::file_size(Made().at(0)), 100000U);
  EXPECT_EQ(Made().at(0).parent_path(), files->directory());
}

TEST_F(MeasuredFilesTest, AFileThatIsGoneIsAnErrorWithItsName) {
  ASSERT_TRUE(files_.Prepare(1));
  const fs::path path = Made().at(0);
  fs::remove(path);
  EXPECT_THAT(files_.OpenUntil(kNever).error().Message(),
              HasSubstr(path.string()));
}

TEST(TimeSpan, OverlapsWhollyOrPartly) {
  const auto at = [](int begin, int end) {
    const std::chrono::steady_clock::time_point zero{};
    return TimeSpan{zero + milliseconds(begin), zero + milliseconds(end)};
  };
  const TimeSpan flush = at(100, 200);
  EXPECT_TRUE(Overlap(at(120, 130), flush));  // within
  EXPECT_TRUE(Overlap(at(90, 101), flush));   // its begin
  EXPECT_TRUE(Overlap(at(199, 210), flush));  // its end
  EXPECT_TRUE(Overlap(at(50, 300), flush));   // around
  EXPECT_FALSE(Overlap(at(50, 100), flush));
  EXPECT_FALSE(Overlap(at(200, 250), flush));
  EXPECT_DOUBLE_EQ(flush.Length().count(), 0.1);
}

}  // namespace
}  // namespace ima_bench
