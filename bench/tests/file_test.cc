// SPDX-License-Identifier: MIT
#include "util/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "util/fd.h"
#include "util/temp_dir.h"

namespace ima_bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ParseNumber, TakesWholeDecimalWordsOnly) {
  EXPECT_EQ(ParseNumber("0"), 0U);
  EXPECT_EQ(ParseNumber("18446744073709551615"), ~uint64_t{0});
  for (const char* bad :
       {"", "-1", "+1", " 1", "1 ", "1k", "0x1", "18446744073709551616"})
    EXPECT_EQ(ParseNumber(bad), std::nullopt) << bad;
}

TEST(SplitWords, AnyRunOfBlanksSeparates) {
  EXPECT_THAT(SplitWords("  a \t b\n"), ElementsAre("a", "b"));
  EXPECT_THAT(SplitWords(" \n"), IsEmpty());
}

TEST(SplitLines, KeepsEmptyLinesAndAnUnfinishedLastOne) {
  EXPECT_THAT(SplitLines("a\n\nb"), ElementsAre("a", "", "b"));
  EXPECT_THAT(SplitLines("a\n"), ElementsAre("a"));
}

TEST(ReadFile, ErrorNamesFileAndReason) {
  const auto text = ReadFile("/nonexistent/file");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ENOENT);
  EXPECT_THAT(text.error().Message(), HasSubstr("/nonexistent/file: No such"));
}

TEST(ReadFile, ReadsMoreThanOneBuffer) {
  auto dir = TempDir::Create(::testing::TempDir(), "file-test-");
  ASSERT_TRUE(dir);
  const std::string written(100000, 'x');
  std::ofstream(dir->path() / "f") << written;
  EXPECT_EQ(ReadFile(dir->path() / "f").value(), written);
}

TEST(TempDir, GoesWithItsContentsAndOnlyOnce) {
  std::filesystem::path path;
  {
    auto dir = TempDir::Create(::testing::TempDir(), "temp-dir-test-");
    ASSERT_TRUE(dir);
    path = dir->path();
    std::ofstream(path / "f") << "contents";
    const TempDir owner = std::move(*dir);
    EXPECT_TRUE(dir->path().empty());
    EXPECT_TRUE(std::filesystem::exists(path / "f"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FileDescriptor, HasOneOwner) {
  auto opened = Open("/dev/null", O_RDONLY);
  ASSERT_TRUE(opened);
  const int fd = opened->get();
  {
    const FileDescriptor owner = std::move(*opened);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_EQ(opened->get(), -1);
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

}  // namespace
}  // namespace ima_bench
