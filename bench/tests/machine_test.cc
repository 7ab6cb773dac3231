// SPDX-License-Identifier: MIT
#include "util/machine.h"

#include <gtest/gtest.h>

namespace ima_bench {
namespace {

TEST(ParseMountinfo, TakesLinesWithAndWithoutTags) {
  const auto mounts = ParseMountinfo(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root "
      "rw,errors=continue\n"
      "24 22 0:7 / /sys/kernel/security rw - securityfs securityfs rw\n"
      "garbage\n"
      "1 2 3:4 / /short rw\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].id, 36U);
  EXPECT_EQ(mounts[0].point, "/mnt2");
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_EQ(mounts[1].type, "securityfs");
}

TEST(FilesystemType, KnowsProcAndSysfs) {
  EXPECT_EQ(FilesystemType("/proc").value(), "proc");
  EXPECT_EQ(FilesystemType("/sys").value(), "sysfs");
  EXPECT_EQ(FilesystemType("/nonexistent").error().code, ENOENT);
}

TEST(ShareFilesystem, TellsProcFromTheRoot) {
  EXPECT_TRUE(ShareFilesystem("/proc", "/proc/self").value());
  EXPECT_FALSE(ShareFilesystem("/", "/proc").value());
  EXPECT_FALSE(ShareFilesystem("/", "/does-not-exist"));
}

TEST(ImaParameters, KeepsOnlyWordsOfIma) {
  EXPECT_EQ(ImaParameters("root=/dev/vda ima_policy=tcb quiet ima_hash=sha256 "
                          "password=ima\n"),
            "ima_policy=tcb ima_hash=sha256");
  EXPECT_EQ(ImaParameters(""), "");
}

}  // namespace
}  // namespace ima_bench
