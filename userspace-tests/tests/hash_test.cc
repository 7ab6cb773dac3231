// SPDX-License-Identifier: MIT
#include "util/hash.h"

#include <gtest/gtest.h>

namespace ima {
namespace {

// FIPS 180-4's example, and that the bytes of parts are hashed in order.
TEST(Hash, ComputesKnownDigests) {
  Hasher hasher;
  const auto digest = [&](std::string_view name) {
    return HexEncode(
        hasher.Compute(*Hash::FromName(name), {AsBytes("a"), AsBytes("bc")})
            .bytes());
  };
  EXPECT_EQ(digest("sha1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest("sha256"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("sha384").substr(0, 16), "cb00753f45a35e8b");
  EXPECT_EQ(digest("sha512").substr(0, 16), "ddaf35a193617aba");
}

TEST(Hash, IsTheSameObjectHoweverFound) {
  for (const auto& [name, id, size] :
       {std::tuple{"sha1", 0x04, 20}, std::tuple{"sha256", 0x0b, 32},
        std::tuple{"sha384", 0x0c, 48}, std::tuple{"sha512", 0x0d, 64}}) {
    const Hash* hash = Hash::FromName(name);
    ASSERT_NE(hash, nullptr);
    EXPECT_EQ(hash->name(), name);
    EXPECT_EQ(hash->size(), static_cast<size_t>(size));
    EXPECT_EQ(Hash::FromTpmId(static_cast<uint16_t>(id)), hash);
    EXPECT_EQ(Hash::FromSize(static_cast<size_t>(size)), hash);
  }
}

TEST(Hash, IsNullIfUnknown) {
  EXPECT_EQ(Hash::FromName("sha-1"), nullptr);
  EXPECT_EQ(Hash::FromTpmId(0x0010), nullptr);  // TPM_ALG_NULL
  EXPECT_EQ(Hash::FromSize(16), nullptr);
}

}  // namespace
}  // namespace ima
