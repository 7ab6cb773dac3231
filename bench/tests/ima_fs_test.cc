// SPDX-License-Identifier: MIT
// Against a folder that looks like securityfs; the kernel's own is used when
// ima-bench runs in the guest (scripts/tests/bench).
#include "util/ima_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kStatus =
    "records_total 900\n"
    "records_in_memory 12\n"
    "records_flushed 800\n"
    "records_removed 88\n";

class ImaFsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(Root());
    Put("runtime_measurements_count", "345\n");
    Put("binary_runtime_measurements_sha256", "");
    Put("binary_runtime_measurements_sha1", "");
    Put("ascii_runtime_measurements_sha1", "");
    Put("binary_runtime_measurements", "");
  }
  fs::path Root() const { return dir_.path() / "integrity/ima"; }
  void Put(const fs::path& name, const std::string& text) const {
    fs::create_directories((Root() / name).parent_path());
    std::ofstream(Root() / name) << text;
  }
  std::string Get(const fs::path& name) const {
    std::ifstream file(Root() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  ImaFs Find() const { return ImaFs::Find(dir_.path()).value(); }

  TempDir dir_ = TempDir::Create(::testing::TempDir(), "ima-fs-test-").value();
};

TEST_F(ImaFsTest, TellsWhatTheKernelHas) {
  const ImaFs ima = Find();
  EXPECT_FALSE(ima.HasFlush());
  EXPECT_FALSE(ima.HasStaging());
  Put("flush/trigger", "");
  EXPECT_TRUE(ima.HasFlush());
  Put("binary_runtime_measurements_staged", "");
  EXPECT_TRUE(ima.HasStaging());
}

TEST_F(ImaFsTest, WithoutImaSaysWhatToDo) {
  fs::remove(Root() / "runtime_measurements_count");
  const auto ima = ImaFs::Find(dir_.path());
  ASSERT_FALSE(ima);
  EXPECT_THAT(ima.error().Message(), HasSubstr("ima_policy=tcb"));
}

TEST_F(ImaFsTest, ListsEachBankOnce) {
  Put("binary_runtime_measurements_sha1_staged", "");
  Put("binary_runtime_measurements_staged", "");
  EXPECT_THAT(Find().Banks().value(), ElementsAre("sha1", "sha256"));
}

TEST_F(ImaFsTest, CountsWithAndWithoutStatus) {
  EXPECT_EQ(Find().RecordsInMemory().value(), 345U);
  EXPECT_EQ(Find().RecordsTotal().value(), 345U);
  Put("flush/trigger", "");
  Put("flush/status", kStatus);
  EXPECT_EQ(Find().RecordsInMemory().value(), 12U);
  EXPECT_EQ(Find().RecordsTotal().value(), 900U);
  EXPECT_EQ(Find().RecordsListed().value(), 345U);
  Put("flush/status", "records_total x\n");
  EXPECT_FALSE(Find().RecordsInMemory());
}

TEST_F(ImaFsTest, ReleasesAllSegments) {
  Put("flush/segments",
      "3 0 9 900 900 sha256:00 ok /log.3\n"
      "17 9 1 99 99 sha256:00 missing /log 17\n");
  EXPECT_FALSE(Find().HasRelease());
  EXPECT_TRUE(Find().ReleaseSegments());
  EXPECT_FALSE(Find().HasRelease());
  Put("flush/release", "");
  EXPECT_TRUE(Find().HasRelease());
  EXPECT_TRUE(Find().ReleaseSegments());
  EXPECT_EQ(Get("flush/release"), "17");
}

TEST_F(ImaFsTest, ReleasesNothingWithoutASegment) {
  Put("flush/release", "none");
  Put("flush/segments", "");
  EXPECT_TRUE(Find().ReleaseSegments());
  EXPECT_EQ(Get("flush/release"), "none");
  Put("flush/segments", "x 0\n");
  EXPECT_FALSE(Find().ReleaseSegments());
  fs::remove(Root() / "flush/segments");
  EXPECT_FALSE(Find().ReleaseSegments());
}

TEST_F(ImaFsTest, NamesTheListThatEachKernelHas) {
  EXPECT_EQ(Find().List(ListForm::kBinary),
            Root() / "binary_runtime_measurements");
  EXPECT_EQ(Find().List(ListForm::kAscii),
            Root() / "ascii_runtime_measurements");
}

TEST_F(ImaFsTest, AFlushThatLeavesNoFileIsAnError) {
  Put("flush/trigger", "");
  Put("flush/status", kStatus);
  const auto drained = DrainByFlush(Find(), dir_.path() / "log.1");
  ASSERT_FALSE(drained);
  EXPECT_THAT(drained.error().Message(), HasSubstr("left no file"));
  EXPECT_EQ(Get("flush/trigger"), (dir_.path() / "log.1").string());
}

TEST_F(ImaFsTest, AFailedSaveSaysThatRecordsStayStaged) {
  Put("binary_runtime_measurements_staged", "");
  Put("../../log.1", "there already");
  const auto drained = DrainByStaging(Find(), dir_.path() / "log.1");
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, EEXIST);
  EXPECT_THAT(drained.error().Message(), HasSubstr("records stay staged"));
  // No `D`: that would have thrown unsaved records away.
  EXPECT_EQ(Get(Find().StagedList()), "A\n");
}

TEST(ParseStatus, TakesKeysAndKeepsUnknownOnes) {
  const auto status = ParseStatus(std::string(kStatus) + "new_key 7\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->at("records_flushed"), 800U);
  EXPECT_EQ(status->at("new_key"), 7U);
}

TEST(ParseStatus, RefusesMissingKeysAndBadLines) {
  EXPECT_FALSE(ParseStatus(""));
  EXPECT_FALSE(ParseStatus("records_total 1\n"));
  EXPECT_FALSE(ParseStatus(std::string(kStatus) + "key\n"));
  EXPECT_FALSE(ParseStatus(std::string(kStatus) + "key -1\n"));
}

TEST(FindSecurityfs, GoesByTheTypeOfTheMount) {
  EXPECT_EQ(FindSecurityfs("22 1 0:2 / /sys/kernel/security rw - tmpfs t rw\n"
                           "24 22 0:7 / /security rw - securityfs none rw\n")
                .value(),
            "/security");
  const auto missing = FindSecurityfs("22 1 0:2 / /proc rw - proc proc rw\n");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().Message(), HasSubstr("mount -t securityfs"));
}

}  // namespace
}  // namespace ima_bench
