// SPDX-License-Identifier: MIT
// Text of tracefs; the kernel's own is read where ima-bench --trace runs.
#include "util/lock_trace.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Line(const char* task, const char* time, const char* event) {
  return fmt::format(
      "{:>16}-34      [001] d..1. {:>12}: {}: 00000000d4e1 "
      "ima_extend_list_mutex\n",
      task, time, event);
}

std::string Hold(const char* begin, const char* end) {
  return Line("kworker/u8:1", begin, "lock_acquired") +
         Line("kworker/u8:1", end, "lock_release");
}

TEST(ParseLockHolds, SortsThemByLength) {
  const auto holds = ParseLockHolds(
      "# tracer: nop\n#\n" + Hold("12.000001", "12.000004") +
      Hold("12.999990", "13.000020") + Hold("14.000000", "14.000000"));
  ASSERT_TRUE(holds) << holds.error().Message();
  EXPECT_THAT(*holds, ElementsAre(0, 3, 30));
  EXPECT_THAT(*ParseLockHolds("# tracer: nop\n"), IsEmpty());
}

TEST(ParseLockHolds, TellsTasksApartAndTakesAnyName) {
  const auto holds = ParseLockHolds(
      "  a-b c-7  [000] 1.000000: lock_acquired: 0 m\n"
      "  a-b c-8  [001] d.... 1.000001: lock_acquired: 0 m\n"
      "  a-b c-7  [000] 1.000005: lock_release: 0 m\n"
      "  a-b c-8  [001] d.... 1.000002: lock_release: 0 m\n");
  ASSERT_TRUE(holds) << holds.error().Message();
  EXPECT_THAT(*holds, ElementsAre(1, 5));
}

TEST(ParseLockHolds, RefusesHalfAHold) {
  const std::string acquired = Line("kworker/0:1", "1.000000", "lock_acquired");
  const std::string release = Line("kworker/0:1", "2.000000", "lock_release");
  EXPECT_FALSE(ParseLockHolds(acquired));
  EXPECT_FALSE(ParseLockHolds(release));
  EXPECT_FALSE(ParseLockHolds(acquired + acquired + release));
  EXPECT_FALSE(ParseLockHolds(Hold("2.000000", "1.000000")));
}

TEST(ParseLockHolds, RefusesWhatItDoesNotUnderstand) {
  for (const char* line :
       {"garbage", "CPU:0 [LOST 12 EVENTS]",
        "k-1 [000] 1.000: lock_release: 0 m",
        "k-1 [000] 1.000000:", "k-x [000] 1.000000: lock_release: 0 m",
        " [000] 1.000000: x: y", "k-1 [000] 1.000000: sched_switch: 0 m"}) {
    const auto holds = ParseLockHolds(line);
    ASSERT_FALSE(holds) << line;
    EXPECT_THAT(holds.error().Message(), HasSubstr(line));
  }
}

TEST(ParseLostEvents, AddsWhatWasLost) {
  const std::string stats =
      "entries: 12\noverrun: {}\ncommit overrun: {}\nbytes: 768\n"
      "oldest event ts: 1.2\nnow ts: 3.4\ndropped events: {}\n"
      "read events: 5\n";
  EXPECT_EQ(ParseLostEvents(fmt::format(fmt::runtime(stats), 0, 0, 0)).value(),
            0U);
  EXPECT_EQ(ParseLostEvents(fmt::format(fmt::runtime(stats), 1, 2, 4)).value(),
            7U);
  EXPECT_FALSE(ParseLostEvents(fmt::format(fmt::runtime(stats), 0, "x", 0)));
  EXPECT_FALSE(ParseLostEvents("entries: 12\n"));
}

TEST(LockTrace, SaysWhatTheKernelLacks) {
  const TempDir tracefs = TempDir::Create(::testing::TempDir(), "t-").value();
  const auto none = LockTrace::Start(tracefs.path(), {"mutex", ThisThread()});
  EXPECT_THAT(none.error().Message(), HasSubstr("CONFIG_LOCK_STAT"));
  EXPECT_THAT(none.error().Message(), HasSubstr("lock:lock_acquired"));
  fs::create_directories(tracefs.path() / "events/lock/lock_acquired");
  EXPECT_THAT(LockTrace::Start(tracefs.path(), {"mutex", ThisThread()})
                  .error()
                  .Message(),
              HasSubstr("lock:lock_release"));
}

TEST(FindTracefs, GoesByTheTypeOfTheMount) {
  EXPECT_EQ(FindTracefs("24 22 0:7 / /sys/kernel/tracing rw - tracefs t rw\n")
                .value(),
            "/sys/kernel/tracing");
  EXPECT_THAT(
      FindTracefs("22 1 0:2 / /proc rw - proc proc rw\n").error().Message(),
      HasSubstr("mount -t tracefs"));
}

}  // namespace
}  // namespace ima_bench
