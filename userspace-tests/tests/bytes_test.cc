// SPDX-License-Identifier: MIT
#include "util/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace ima {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

constexpr std::array<uint8_t, 5> kBytes = {0x80, 0x02, 0x03, 0x04, 0x05};

TEST(ByteReader, ReadsBothByteOrders) {
  EXPECT_THAT(ByteReader(kBytes).Little<uint32_t>(), Optional(0x04030280U));
  EXPECT_THAT(ByteReader(kBytes).Big<uint32_t>(), Optional(0x80020304U));
  EXPECT_THAT(ByteReader(kBytes).Big<uint16_t>(), Optional(0x8002U));
  EXPECT_THAT(ByteReader(kBytes).Big<uint8_t>(), Optional(0x80U));
}

TEST(ByteReader, ConsumesNothingBeyondTheEnd) {
  ByteReader reader(kBytes);
  ASSERT_TRUE(reader.Take(3));
  EXPECT_FALSE(reader.Little<uint32_t>());
  EXPECT_FALSE(reader.Take(3));
  EXPECT_EQ(reader.offset(), 3U);
  EXPECT_EQ(reader.remaining(), 2U);
  EXPECT_TRUE(reader.Take(2));
  EXPECT_TRUE(reader.Take(0));
}

TEST(ByteReader, TakesSizedBytesWhole) {
  constexpr std::array<uint8_t, 4> kSized = {0, 2, 7, 8};
  EXPECT_THAT(ByteReader(kSized).Sized(), Optional(ElementsAre(7, 8)));
  ByteReader torn(Bytes(kSized).first(3));
  EXPECT_FALSE(torn.Sized());
  EXPECT_EQ(torn.offset(), 0U);
}

TEST(Hex, GoesBothWays) {
  EXPECT_EQ(HexEncode(kBytes), "8002030405");
  EXPECT_THAT(HexDecode("80aFFa"), Optional(ElementsAre(0x80, 0xaf, 0xfa)));
  EXPECT_THAT(HexDecode(""), Optional(ElementsAre()));
}

TEST(Hex, RefusesAnythingElse) {
  for (const auto* text :
       {"1", "1g", "0x", " 1", "/0", ":0", "@0", "`0", "é"}) {
    EXPECT_THAT(HexDecode(text), Eq(std::nullopt)) << text;
  }
}

}  // namespace
}  // namespace ima
