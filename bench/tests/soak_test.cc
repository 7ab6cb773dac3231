// SPDX-License-Identifier: MIT
// Against a simulated machine; the kernel is used in scripts/tests/soak.
#include "soak/soak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "soak/soak_json.h"
#include "tests/soak_machine.h"

namespace ima_bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr SoakPlan kPlan{.records = 10000, .limit = 1000};
constexpr SoakPlan kFillPlan{.records = 10000, .limit = 1000, .fill = true};

class SoakTest : public ::testing::Test {
 protected:
  Result<void> Run(const SoakPlan& plan) {
    soak_.emplace(plan, machine_, [this](const SoakSample&) { ++observed_; });
    return soak_->Run();
  }
  // What the run says when it fails.
  std::string Failure(const SoakPlan& plan) {
    const auto done = Run(plan);
    return done ? "no failure" : done.error().Message();
  }

  SimulatedMachine machine_;
  std::optional<Soak> soak_;
  size_t observed_ = 0;
};

TEST_F(SoakTest, RunsToTheEnd) {
  ASSERT_TRUE(Run(kPlan));
  EXPECT_EQ(soak_->start()->records_in_memory, 0U);
  EXPECT_EQ(soak_->end()->records_total, 10100U);
  EXPECT_EQ(soak_->end()->flushes, 11U);  // the first on request
  EXPECT_FALSE(soak_->fill());
  EXPECT_EQ(observed_, soak_->samples().size());
}

TEST_F(SoakTest, SamplesShowTheShapeOfTheCurve) {
  machine_.seconds_a_record = 1e-6;
  ASSERT_TRUE(Run(kPlan));
  EXPECT_GE(soak_->samples().size(), 200U);
  EXPECT_LE(soak_->samples().size(), 250U);
}

TEST_F(SoakTest, ASlowMachineIsSampledTwiceASecond) {
  machine_.seconds_a_record = 0.08;
  ASSERT_TRUE(Run({.records = 300, .limit = 1000}));
  const auto& samples = soak_->samples();
  for (size_t i = 1; i < samples.size(); ++i)
    EXPECT_LE(samples[i].seconds - samples[i - 1].seconds, 0.5);
}

TEST_F(SoakTest, MoreThanTwiceTheLimitIsAFailure) {
  machine_.flush_at = 2000;
  EXPECT_TRUE(Run(kPlan));
  machine_.flush_at = 3000;
  EXPECT_THAT(Failure(kPlan), HasSubstr("more than twice the limit of 1000"));
  EXPECT_TRUE(soak_->end());  // the whole curve is there
}

TEST_F(SoakTest, AFailedFlushIsAFailure) {
  machine_.failing_flush = 5;
  EXPECT_THAT(Failure(kPlan), HasSubstr("error 5 (Input/output error)"));
  EXPECT_FALSE(soak_->end());
}

TEST_F(SoakTest, PassesAFullDisk) {
  ASSERT_TRUE(Run(kFillPlan));
  const SoakFill& fill = soak_->fill().value();
  EXPECT_GE(fill.filled.records_total, 5100U);
  EXPECT_EQ(fill.refused.last_error, uint64_t{ENOSPC});
  EXPECT_GE(fill.freed.records_in_memory, 2000U);
  EXPECT_GT(fill.freed.retry_seconds, 0U);
  EXPECT_EQ(fill.caught_up.last_error, 0U);
  EXPECT_LT(fill.caught_up.records_in_memory, 1000U);
  EXPECT_EQ(soak_->end()->records_total, 10100U);
}

TEST_F(SoakTest, AFullDiskMustShow) {
  machine_.full_error = 0;
  EXPECT_THAT(Failure(kFillPlan),
              HasSubstr("last_error is 0 instead of ENOSPC"));
}

TEST_F(SoakTest, AFullDiskMustShowAsSuch) {
  machine_.full_error = EIO;
  EXPECT_THAT(Failure(kFillPlan),
              HasSubstr("last_error is 5 instead of ENOSPC"));
}

TEST_F(SoakTest, CatchingUpMustNotNeedAnybody) {
  machine_.retries = false;
  EXPECT_THAT(Failure(kFillPlan),
              HasSubstr("records are in memory, last_error 28"));
}

TEST_F(SoakTest, JsonHoldsWhatThereIs) {
  machine_.failing_flush = 5;
  const std::string failure = Failure(kPlan);
  const json result = SoakToJson(*soak_, {{"kernel", "7.3"}}, failure);
  EXPECT_EQ(result.at("context"),
            json({{"kernel", "7.3"}, {"records", 10000}, {"limit", 1000}}));
  EXPECT_EQ(result.at("failure"), failure);
  EXPECT_EQ(result.at("start").at("records_total"), 100);
  EXPECT_FALSE(result.contains("end"));
  EXPECT_FALSE(result.contains("fill"));
  EXPECT_EQ(result.at("samples").size(), soak_->samples().size());
}

TEST(MakeSample, NamesTheMissingKey) {
  FlushStatus status{{"records_total", 5}, {"records_in_memory", 4},
                     {"flushes", 3},       {"segments", 2},
                     {"last_error", 1},    {"retry_seconds", 7}};
  const auto sample = MakeSample(1.5, status, {.slab = 4096});
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->records_total, 5U);
  EXPECT_EQ(sample->retry_seconds, 7U);
  EXPECT_EQ(sample->slab, 4096U);
  status.erase("segments");
  EXPECT_THAT(MakeSample(1.5, status, {}).error().Message(),
              HasSubstr("flush/status has no segments"));
}

}  // namespace
}  // namespace ima_bench
