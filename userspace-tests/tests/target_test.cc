// SPDX-License-Identifier: MIT
#include "verify/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const Hash* Bank(std::string_view name) { return Hash::FromName(name); }

// A list's effect on both banks, and what is left to compare.
class TargetTest : public testing::Test {
 protected:
  VerifiedQuote QuoteOf(const std::vector<PcrSelection>& selections) const {
    return MakeQuote({.selections = selections,
                      .pcr_digest = DigestOf(values_, selections)});
  }

  // Whether the values after `record_`, and not those before, are the target.
  static bool IsReachedByRecord(const Target& target, const Buffer& record) {
    Hasher hasher;
    Replay replay(target.Banks());
    if (target.IsReached(replay, hasher)) return false;
    replay.Extend(ParseOne(record));
    return target.IsReached(replay, hasher);
  }

  const Buffer record_ = NgRecord("/bin/true");
  const PcrBanks values_ = ReplayAll({record_}, {"sha1", "sha256"});
};

TEST_F(TargetTest, IsTheDigestOfAQuote) {
  const auto target =
      Target::FromQuote(QuoteOf({{kTpmAlgSha256, {10}}}), nullptr, {10}, {});
  ASSERT_THAT(target, IsOk());
  EXPECT_THAT(target->Banks(), ElementsAre(Bank("sha256")));
  EXPECT_THAT(target->ReplayedPcrs(), ElementsAre(Pair(Bank("sha256"), 10)));
  EXPECT_THAT(target->GivenPcrs(), IsEmpty());
  EXPECT_TRUE(IsReachedByRecord(*target, record_));
  EXPECT_FALSE(IsReachedByRecord(*target, NgRecord("/bin/false")));
}

// The order is the quote's: bank by bank as selected.
TEST_F(TargetTest, HashesValuesInTheOrderOfTheQuote) {
  for (const auto& selections :
       {std::vector<PcrSelection>{{kTpmAlgSha1, {10}}, {kTpmAlgSha256, {10}}},
        std::vector<PcrSelection>{{kTpmAlgSha256, {10}},
                                  {kTpmAlgSha1, {10}}}}) {
    const auto target =
        Target::FromQuote(QuoteOf(selections), nullptr, {10}, {});
    ASSERT_THAT(target, IsOk());
    EXPECT_TRUE(IsReachedByRecord(*target, record_));
  }
}

TEST_F(TargetTest, TakesOtherPcrsFromOutside) {
  PcrBanks given = values_;
  given[Bank("sha256")][0] = Digest(32, 7);
  const std::vector<PcrSelection> selections = {{kTpmAlgSha256, {0, 10}}};
  const auto quote = MakeQuote(
      {.selections = selections, .pcr_digest = DigestOf(given, selections)});
  const auto target = Target::FromQuote(quote, &given, {10}, {});
  ASSERT_THAT(target, IsOk());
  EXPECT_TRUE(IsReachedByRecord(*target, record_));
  ASSERT_EQ(target->GivenPcrs().size(), 1U);
  EXPECT_EQ(target->GivenPcrs()[0].index, 0U);
  EXPECT_EQ(HexEncode(target->GivenPcrs()[0].value.bytes()),
            HexEncode(Buffer(32, 7)));

  const auto other = Target::FromQuote(quote, &values_, {10}, {});
  ASSERT_THAT(other, IsOk());
  EXPECT_FALSE(IsReachedByRecord(*other, record_));
}

TEST_F(TargetTest, NeedsTheValueOfOtherPcrs) {
  const auto quote = QuoteOf({{kTpmAlgSha256, {10, 16}}});
  EXPECT_THAT(Target::FromQuote(quote, nullptr, {10}, {}),
              FailsWith(Verdict::kBadInput, "PCR 16 (sha256)"));
  const PcrBanks sha1 = ReplayAll({record_}, {"sha1"});
  EXPECT_THAT(Target::FromQuote(quote, &sha1, {10}, {}),
              FailsWith(Verdict::kBadInput, "give its value with --pcrs"));
}

TEST_F(TargetTest, RefusesQuotesThatTellNothing) {
  const auto from = [](const QuoteParts& parts) {
    return Target::FromQuote(MakeQuote(parts), nullptr, {10}, {});
  };
  EXPECT_THAT(from({.selections = {}}),
              FailsWith(Verdict::kNotVerified, "selects no PCR"));
  EXPECT_THAT(from({.selections = {{kTpmAlgSha256, {}}}}),
              FailsWith(Verdict::kNotVerified, "selects no PCR"));
  EXPECT_THAT(from({.pcr_digest = Buffer(20, 0)}),
              FailsWith(Verdict::kNotVerified, "wrong size"));
  EXPECT_THAT(from({.selections = {{0x7777, {10}}}}),
              FailsWith(Verdict::kBadInput, "bank 0x7777"));
}

TEST_F(TargetTest, WantsTheBankAskedFor) {
  const auto quote = QuoteOf({{kTpmAlgSha1, {10}}, {kTpmAlgSha256, {11}}});
  const auto in = [&](const Hash* bank) {
    return Target::FromQuote(quote, nullptr, {10, 11}, bank);
  };
  EXPECT_TRUE(in(nullptr)->Covers(10));
  EXPECT_TRUE(in(nullptr)->Covers(11));
  EXPECT_FALSE(in(nullptr)->Covers(12));
  EXPECT_FALSE(in(Bank("sha256"))->Covers(10));
  EXPECT_TRUE(in(Bank("sha256"))->Covers(11));
  EXPECT_THAT(in(Bank("sha384")),
              FailsWith(Verdict::kNotVerified, "does not cover bank sha384"));
}

TEST_F(TargetTest, IsTheValuesOfAllBanks) {
  const auto target = Target::FromPcrs(values_, {10}, nullptr);
  ASSERT_THAT(target, IsOk());
  EXPECT_THAT(target->Banks(),
              UnorderedElementsAre(Bank("sha1"), Bank("sha256")));
  EXPECT_TRUE(IsReachedByRecord(*target, record_));
  for (const auto* bank : {"sha1", "sha256"}) {
    PcrBanks other = values_;
    other[Bank(bank)][10] = Digest(Bank(bank)->size(), 7);
    EXPECT_FALSE(
        IsReachedByRecord(*Target::FromPcrs(other, {10}, nullptr), record_))
        << bank;
    EXPECT_EQ(IsReachedByRecord(*Target::FromPcrs(other, {10}, Bank("sha1")),
                                record_),
              bank != std::string_view("sha1"));
  }
  EXPECT_THAT(Target::FromPcrs(values_, {10}, Bank("sha384")),
              FailsWith(Verdict::kBadInput, "no PCR values of bank sha384"));
}

TEST_F(TargetTest, NamesThePcrsThatDiffer) {
  PcrBanks other = values_;
  other[Bank("sha256")][10] = Digest(32, 7);
  const auto target = Target::FromPcrs(other, {10, 11}, nullptr);
  Replay replay(target->Banks());
  replay.Extend(ParseOne(record_));
  EXPECT_EQ(target->DescribeDifference(replay), "PCR 10 (sha256)");
  // A quote has one digest over all.
  const auto quoted = Target::FromQuote(QuoteOf({{kTpmAlgSha256, {10, 11}}}),
                                        nullptr, {10, 11}, nullptr);
  EXPECT_EQ(quoted->DescribeDifference(replay),
            "PCR 10 (sha256), PCR 11 (sha256)");
}

}  // namespace
}  // namespace ima::test
