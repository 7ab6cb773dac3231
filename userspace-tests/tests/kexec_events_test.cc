// SPDX-License-Identifier: MIT
#include "imalog/kexec_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/matchers.h"
#include "tests/sample.h"

namespace ima::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kNul(1, '\0');
const Buffer kDigest = Field("sha256:" + kNul + std::string(32, 'd'));
const Buffer kBoot = NgRecord("boot_aggregate");
const Buffer kOther = NgRecord("/bin/true");

Buffer Event(const std::string& name, std::string_view data) {
  return MakeRecord("ima-buf", {kDigest, Field(name + kNul), Field(data)});
}

std::string Data(int number) {
  return "kexec_segment_size=" + std::to_string(number) +
         ";ima_binary_runtime_size=" + std::to_string(number + 1) +
         ";ima_runtime_measurements_count=" + std::to_string(number + 2) + ";";
}

Result<std::vector<KexecEvent>> Find(const std::vector<Buffer>& records) {
  const Buffer list = Join(records);
  return FindKexecEvents(ParseAll(list));
}

TEST(KexecEvents, HaveWhatIsBeforeThemAndWhatTheySay) {
  const auto events =
      Find({kBoot, kOther, Event("kexec_load", Data(8192)), kOther,
            Event("kexec_execute", Data(4096)), kBoot, kOther});
  ASSERT_THAT(events, IsOk());
  ASSERT_THAT(*events, SizeIs(2));
  const KexecEvent& load = events->front();
  EXPECT_EQ(load.name, "kexec_load");
  EXPECT_EQ(load.records_before, 2U);
  EXPECT_EQ(load.bytes_before, kBoot.size() + kOther.size());
  EXPECT_EQ(load.segment_bytes, 8192U);
  EXPECT_EQ(load.list_bytes, 8193U);
  EXPECT_EQ(load.list_records, 8194U);
  const KexecEvent& execute = events->back();
  EXPECT_EQ(execute.name, "kexec_execute");
  EXPECT_EQ(execute.records_before, 4U);
  EXPECT_EQ(execute.bytes_before, kBoot.size() + 2 * kOther.size() +
                                      Event("kexec_load", Data(8192)).size());
  EXPECT_EQ(execute.segment_bytes, 4096U);
  EXPECT_EQ(execute.list_bytes, 4097U);
  EXPECT_EQ(execute.list_records, 4098U);
}

// Those of other kernels tell nothing of the one that is asked for.
TEST(KexecEvents, AreOfTheKernelBeforeTheLast) {
  const Buffer first = Event("kexec_load", Data(1));
  const Buffer second = Event("kexec_load", Data(2));
  const Buffer third = Event("kexec_load", Data(3));
  const auto events = Find({kBoot, first, kBoot, second, kBoot, third});
  ASSERT_THAT(events, IsOk());
  ASSERT_THAT(*events, SizeIs(1));
  EXPECT_EQ(events->front().segment_bytes, 2U);
  EXPECT_EQ(events->front().records_before, 3U);
  EXPECT_THAT(*Find({kBoot, first}), IsEmpty());
}

// CONFIG_IMA_INIT_LATE_SYNC, and another template than the default one
TEST(KexecEvents, KnowEachBootAggregate) {
  const Buffer event = Event("kexec_load", Data(1));
  for (const Buffer& boot :
       {NgRecord("boot_aggregate_late"),
        ImaRecord(std::string(20, 'd'), "boot_aggregate")}) {
    EXPECT_THAT(*Find({boot, event, boot}), SizeIs(1));
  }
}

TEST(KexecEvents, NeedABootAggregate) {
  for (const auto& list : {std::vector<Buffer>{}, {kOther, kOther}}) {
    EXPECT_THAT(Find(list), FailsWith(Verdict::kBadInput, "boot_aggregate"));
  }
}

// A file may have any name, and critical data may be about anything.
TEST(KexecEvents, AreNoOtherRecords) {
  EXPECT_THAT(*Find({NgRecord("kexec_load"), Event("kernel_info", "7.3"),
                     ImaRecord(std::string(20, 'd'), "kexec_load"),
                     MakeRecord("ima-buf", {kDigest}), kBoot}),
              IsEmpty());
}

TEST(KexecEvents, HaveNoOtherData) {
  const std::string data = Data(1);
  for (const std::string& bad :
       {std::string(), data + "x", data.substr(0, data.size() - 1),
        data.substr(1), "kexec_segment_size=;" + data.substr(21),
        "kexec_segment_size=-1;" + data.substr(21),
        "kexec_segment_size=99999999999999999999;" + data.substr(21)}) {
    const auto events = Find({kBoot, Event("kexec_load", bad)});
    EXPECT_THAT(events, FailsWith(Verdict::kBadInput, "tells of kexec")) << bad;
    EXPECT_THAT(events, FailsAtRecord(1));
  }
}

}  // namespace
}  // namespace ima::test
