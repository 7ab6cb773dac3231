// SPDX-License-Identifier: MIT
#include "util/list_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

class ListReaderTest : public ::testing::Test {
 protected:
  void Append(const std::string& text) const {
    std::ofstream(path_, std::ios::app) << text;
  }

  TempDir dir_ = TempDir::Create(::testing::TempDir(), "list-").value();
  std::filesystem::path path_ = dir_.path() / "list";
};

TEST_F(ListReaderTest, ReadsNoMoreThanItsBufferAtOnce) {
  Append("0123456789");
  ListReader reader = ListReader::Open(path_, 4).value();
  EXPECT_EQ(reader.Read().value(), "0123");
  EXPECT_EQ(reader.ReadToEnd().value(), 6U);
  EXPECT_EQ(reader.Read().value(), "");
}

TEST_F(ListReaderTest, GoesOnAtTheEndWhenMoreComes) {
  Append("old");
  ListReader reader = ListReader::Open(path_, 100).value();
  EXPECT_EQ(reader.ReadToEnd().value(), 3U);
  Append("new");
  EXPECT_EQ(reader.Read().value(), "new");
}

TEST_F(ListReaderTest, ErrorsNameTheFile) {
  EXPECT_EQ(ListReader::Open(path_, 4).error().Message(),
            "open " + path_.string() + ": No such file or directory");
  ListReader reader = ListReader::Open(dir_.path(), 4).value();
  EXPECT_EQ(reader.ReadToEnd().error().Message(),
            "read " + dir_.path().string() + ": Is a directory");
}

}  // namespace
}  // namespace ima_bench
