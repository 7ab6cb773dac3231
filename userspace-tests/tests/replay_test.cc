// SPDX-License-Identifier: MIT
#include "imalog/replay.h"

#include <gtest/gtest.h>

#include "tests/sample.h"

namespace ima::test {
namespace {

// The constants were computed by Python's hashlib from the kernel's rules.

std::string TemplateDigestOf(const Buffer& record, std::string_view hash) {
  Hasher hasher;
  return HexEncode(
      TemplateDigest(ParseOne(record), *Hash::FromName(hash), hasher).bytes());
}

std::string ValueAfter(const Buffer& record, std::string_view bank,
                       uint32_t pcr,
                       Replay::Digests digests = Replay::Digests::kOfBank) {
  const Hash* hash = Hash::FromName(bank);
  Replay replay({hash}, digests);
  replay.Extend(ParseOne(record));
  return HexEncode(replay.Value(*hash, pcr));
}

TEST(TemplateDigest, IsThatOfTheData) {
  const Buffer record = NgRecord("/bin/true");
  EXPECT_EQ(TemplateDigestOf(record, "sha1"),
            "b55f57e5c1ec1a7922fe7a32c946c85156bddd68");
  EXPECT_EQ(TemplateDigestOf(record, "sha256"),
            "95654cc35ba1abc2320a3c20f3d98a7f6890e34e83749b5dd85b712001c39845");
}

TEST(TemplateDigest, PadsTheNameOfTemplateIma) {
  const Buffer record = ImaRecord("01234567890123456789", "/bin/true");
  EXPECT_EQ(TemplateDigestOf(record, "sha1"),
            "d31f1109812006abdde93469b1b5fc9031218110");
  EXPECT_EQ(TemplateDigestOf(record, "sha256"),
            "e4c5af50d4d6c9db8eeb89a62ff75283a188937002dbc4ee8dbdda4f4591357b");
}

TEST(Replay, ExtendsEachBankWithItsOwnHash) {
  const Buffer record = NgRecord("/bin/true");
  EXPECT_EQ(ValueAfter(record, "sha1", 10),
            "af77b7f449a7eeec578931e9fc633591e04cc466");
  EXPECT_EQ(ValueAfter(record, "sha256", 10),
            "af4925e30898a0758bf228d4da9958ab8bd3d32e5a07bba4b3bb313ec4a711ee");
}

TEST(Replay, ExtendsWithOnesForAViolation) {
  const Buffer record = Violation("/var/log/wtmp");
  EXPECT_EQ(ValueAfter(record, "sha1", 10),
            "bac37b84f007d0238af95af707cac8d61254870e");
  EXPECT_EQ(ValueAfter(record, "sha256", 10),
            "bba91ca85dc914b2ec3efb9e16e7267bf9193b14350d20fba8a8b406730ae30a");
}

TEST(Replay, PadsSha1DigestsLikeAKernelWithoutTheHash) {
  const Buffer record = NgRecord("/bin/true");
  EXPECT_EQ(ValueAfter(record, "sha256", 10, Replay::Digests::kSha1),
            "d431cf02cfa964e3f3bf63dac5330a2b5b242cc21fe6d4b56957020f2537ce1b");
  EXPECT_EQ(ValueAfter(record, "sha1", 10, Replay::Digests::kSha1),
            ValueAfter(record, "sha1", 10));
}

TEST(Replay, ChangesNoOtherPcr) {
  const Buffer record = NgRecord("/bin/true", 11);
  for (uint32_t pcr = 0; pcr < kPcrCount; ++pcr) {
    EXPECT_EQ(ValueAfter(record, "sha1", pcr) !=
                  HexEncode(ResetBank(Hash::Sha1())[pcr].bytes()),
              pcr == 11)
        << pcr;
  }
}

TEST(Replay, StartsFromOnesInDynamicPcrs) {
  EXPECT_EQ(ValueAfter(NgRecord("/bin/true", 17), "sha1", 17),
            "08f07f5227a3380533e21021e11977a8aec7ec82");
  const PcrBank bank = ResetBank(Hash::Sha1());
  for (uint32_t pcr = 0; pcr < kPcrCount; ++pcr) {
    EXPECT_EQ(HexEncode(bank[pcr].bytes()),
              std::string(40, pcr >= 17 && pcr <= 22 ? 'f' : '0'))
        << pcr;
  }
}

}  // namespace
}  // namespace ima::test
