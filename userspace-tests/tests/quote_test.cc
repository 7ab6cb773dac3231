// SPDX-License-Identifier: MIT
#include "quote/quote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

constexpr std::string_view kNonce = "nonce";

// Checks a quote with a signature that holds.
Result<VerifiedQuote> CheckSigned(const QuoteParts& parts,
                                  std::string_view nonce = kNonce) {
  const Buffer message = ToMessage(parts);
  const SigningKey& key = SigningKey::Ecc();
  return VerifiedQuote::Check(
      message, ToTpmt(key.Sign(message, Scheme::kEcdsa), Scheme::kEcdsa),
      key.Public(), AsBytes(nonce));
}

TEST(Quote, HandsOutWhatWasSigned) {
  const auto quote = CheckSigned({.pcr_digest = Buffer(32, 5)});
  ASSERT_THAT(quote, IsOk());
  EXPECT_EQ(HexEncode(quote->attest().pcr_digest), HexEncode(Buffer(32, 5)));
  EXPECT_EQ(&quote->hash(), Hash::FromName("sha256"));
  EXPECT_EQ(quote->scheme(), Scheme::kEcdsa);
}

TEST(Quote, MustBeSignedWithTheKey) {
  const Buffer message = ToMessage({});
  const Buffer other = ToMessage({.pcr_digest = Buffer(32, 1)});
  const SigningKey& key = SigningKey::Ecc();
  EXPECT_THAT(
      VerifiedQuote::Check(
          message, ToTpmt(key.Sign(other, Scheme::kEcdsa), Scheme::kEcdsa),
          key.Public(), AsBytes(kNonce)),
      FailsWith(Verdict::kNotVerified, "signature does not fit"));
}

TEST(Quote, MustComeFromATpm) {
  EXPECT_THAT(CheckSigned({.magic = kTpmGeneratedValue ^ 1U}),
              FailsWith(Verdict::kNotVerified, "not made by a TPM"));
}

TEST(Quote, MustBeAQuote) {
  EXPECT_THAT(CheckSigned({.type = kTpmStAttestQuote - 1}),
              FailsWith(Verdict::kNotVerified, "not a quote"));
}

TEST(Quote, MustHoldTheNonce) {
  for (const std::string_view nonce : {"nonc", "noncf", "nonce2", "once"}) {
    EXPECT_THAT(CheckSigned({}, nonce),
                FailsWith(Verdict::kNotVerified, "nonce is another"))
        << nonce;
  }
  EXPECT_THAT(CheckSigned({.nonce = ""}),
              FailsWith(Verdict::kNotVerified, "nonce is another"));
}

// Else a quote made without a nonce would pass at any time.
TEST(Quote, IsNotCheckedWithoutANonce) {
  EXPECT_THAT(CheckSigned({.nonce = ""}, ""),
              FailsWith(Verdict::kBadInput, "nonce is empty"));
}

// What is not signed is not judged: the message could be anybody's.
TEST(Quote, IsJudgedOnlyIfSigned) {
  const Buffer message = ToMessage({.magic = 0});
  const SigningKey& key = SigningKey::Ecc();
  const Buffer signature =
      ToTpmt(key.Sign(ToMessage({}), Scheme::kEcdsa), Scheme::kEcdsa);
  EXPECT_THAT(VerifiedQuote::Check(message, signature, key.Public(),
                                   AsBytes("another nonce")),
              FailsWith(Verdict::kNotVerified, "signature does not fit"));
}

}  // namespace
}  // namespace ima::test
