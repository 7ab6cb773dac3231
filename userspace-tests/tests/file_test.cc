// SPDX-License-Identifier: MIT
#include "util/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/temp_dir.h"

namespace ima::test {
namespace {

TEST(ReadFile, ReadsToTheEnd) {
  const TempDir temp;
  for (const size_t size : {0U, 1U, 65536U, 65537U, 200000U}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i % 251);
    const auto read = ReadFile(temp.Write("file", bytes));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, bytes);
  }
}

// Files of securityfs and procfs have size 0 until they are read.
TEST(ReadFile, DoesNotAskForTheSize) {
  EXPECT_GT(ReadFile("/proc/self/status")->size(), 0U);
}

TEST(ReadFile, BoundsTheSize) {
  const TempDir temp;
  const std::string path = temp.Write("file", AsBytes("12345"));
  EXPECT_THAT(ReadFile(path, 5), IsOk());
  EXPECT_THAT(ReadFile(path, 4),
              FailsWith(Verdict::kBadInput, "larger than 4 bytes"));
  EXPECT_THAT(ReadFile("/dev/zero", 1 << 20),
              FailsWith(Verdict::kBadInput, "larger than"));
}

TEST(ReadFile, NamesTheFileThatItCannotRead) {
  const TempDir temp;
  const std::string missing = temp.path() / "missing";
  EXPECT_THAT(ReadFile(missing), FailsWith(Verdict::kBadInput, "No such file"));
  EXPECT_EQ(ReadFile(missing).error().place.file, missing);
  EXPECT_THAT(ReadFile(temp.path()),
              FailsWith(Verdict::kBadInput, "Is a directory"));
}

}  // namespace
}  // namespace ima::test
