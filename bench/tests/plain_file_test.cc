// SPDX-License-Identifier: MIT
#include "util/plain_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

class PlainFileTest : public ::testing::Test {
 protected:
  TempDir dir_ = TempDir::Create(::testing::TempDir(), "plain-").value();
  fs::path path_ = dir_.path() / "plain";
};

TEST_F(PlainFileTest, KeepsAllBytesWithoutAName) {
  for (const uint64_t bytes : {0, 1, 65536, 200000}) {
    const auto plain = TimePlainFile(path_, bytes);
    ASSERT_TRUE(plain) << plain.error().Message();
    EXPECT_GT(plain->time.Length().count(), 0);
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_EQ(lseek(plain->file.get(), 0, SEEK_END), bytes);
  }
}

TEST_F(PlainFileTest, KeepsAFileThatIsThere) {
  std::ofstream(path_) << "mine";
  EXPECT_EQ(TimePlainFile(path_, 10).error().code, EEXIST);
  EXPECT_EQ(fs::file_size(path_), 4U);
}

}  // namespace
}  // namespace ima_bench
