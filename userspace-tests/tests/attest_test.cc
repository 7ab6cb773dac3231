// SPDX-License-Identifier: MIT
#include "quote/attest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Attest, ReadsEveryPart) {
  const Buffer message = ToMessage(
      {.nonce = "fresh",
       .selections = {{kTpmAlgSha1, {0, 7, 8, 23}}, {kTpmAlgSha256, {10}}},
       .pcr_digest = Buffer(32, 5)});
  const auto attest = ParseAttest(message);
  ASSERT_THAT(attest, IsOk());
  EXPECT_TRUE(attest->IsQuote());
  EXPECT_EQ(AsText(attest->extra_data), "fresh");
  EXPECT_EQ(attest->clock, 1000U);
  EXPECT_EQ(attest->reset_count, 2U);
  EXPECT_EQ(attest->restart_count, 3U);
  EXPECT_TRUE(attest->safe);
  EXPECT_EQ(attest->firmware_version, 4U);
  ASSERT_EQ(attest->selections.size(), 2U);
  EXPECT_EQ(attest->selections[0].hash, kTpmAlgSha1);
  EXPECT_THAT(attest->selections[0].pcrs, ElementsAre(0, 7, 8, 23));
  EXPECT_EQ(attest->selections[1].hash, kTpmAlgSha256);
  EXPECT_THAT(attest->selections[1].pcrs, ElementsAre(10));
  EXPECT_EQ(HexEncode(attest->pcr_digest), HexEncode(Buffer(32, 5)));
}

TEST(Attest, IsExactlyOneStructure) {
  Buffer message = ToMessage({});
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_THAT(ParseAttest(Bytes(message).first(size)),
                FailsWith(Verdict::kBadInput, "the quote is"))
        << size;
  }
  message.push_back(0);
  EXPECT_THAT(ParseAttest(message),
              FailsWith(Verdict::kBadInput, "not well-formed"));
}

TEST(Attest, BoundsTheSelections) {
  QuoteParts parts;
  parts.selections.assign(16, {kTpmAlgSha256, {10}});
  EXPECT_THAT(ParseAttest(ToMessage(parts)), IsOk());
  parts.selections.assign(17, {kTpmAlgSha256, {10}});
  EXPECT_THAT(ParseAttest(ToMessage(parts)),
              FailsWith(Verdict::kBadInput, "not well-formed"));
}

// A key that signs anything else must not make it pass for a quote, whatever
// stands behind the type.
TEST(Attest, LeavesAloneWhatIsNoQuote) {
  for (const QuoteParts& parts : {QuoteParts{.magic = kTpmGeneratedValue ^ 1U},
                                  QuoteParts{.type = kTpmStAttestQuote - 1}}) {
    const Buffer message = ToMessage(parts);
    const auto attest = ParseAttest(message);
    ASSERT_THAT(attest, IsOk());
    EXPECT_FALSE(attest->IsQuote());
    EXPECT_THAT(attest->extra_data, IsEmpty());
    EXPECT_THAT(attest->selections, IsEmpty());
  }
}

}  // namespace
}  // namespace ima::test
