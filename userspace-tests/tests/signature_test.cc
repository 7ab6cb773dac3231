// SPDX-License-Identifier: MIT
#include "quote/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

constexpr size_t kSha256Bytes = 32;

const SigningKey& KeyFor(Scheme scheme) {
  return scheme == Scheme::kEcdsa ? SigningKey::Ecc() : SigningKey::Rsa();
}

// Whether any of the forms that `signature` can be read in holds.
bool Holds(const Buffer& signature, const Buffer& message, const PublicKey& key,
           size_t digest_size = kSha256Bytes) {
  const auto candidates = ParseSignature(signature, key, digest_size);
  if (!candidates) return false;
  return std::any_of(candidates->begin(), candidates->end(),
                     [&](const Signature& candidate) {
                       return SignatureHolds(candidate, message, key);
                     });
}

class SchemeTest : public testing::TestWithParam<Scheme> {
 protected:
  const SigningKey& signer_ = KeyFor(GetParam());
  const PublicKey key_ = signer_.Public();
  const Buffer message_ = ToBuffer("message");
  const Buffer plain_ = signer_.Sign(message_, GetParam());
  const Buffer tpmt_ = ToTpmt(plain_, GetParam());
};

INSTANTIATE_TEST_SUITE_P(Signature, SchemeTest,
                         testing::Values(Scheme::kRsaSsa, Scheme::kRsaPss,
                                         Scheme::kEcdsa),
                         [](const auto& test) {
                           return std::string(SchemeName(test.param));
                         });

TEST_P(SchemeTest, HoldsInBothForms) {
  EXPECT_TRUE(Holds(plain_, message_, key_));
  EXPECT_TRUE(Holds(tpmt_, message_, key_));
}

TEST_P(SchemeTest, TellsSchemeAndHash) {
  const Buffer sha1 = signer_.Sign(message_, GetParam(), "sha1");
  const auto candidates =
      ParseSignature(ToTpmt(sha1, GetParam(), kTpmAlgSha1), key_, kSha256Bytes);
  ASSERT_THAT(candidates, IsOk());
  ASSERT_EQ(candidates->size(), 1U);
  EXPECT_EQ(candidates->front().scheme, GetParam());
  EXPECT_EQ(candidates->front().hash, &Hash::Sha1());
  EXPECT_TRUE(SignatureHolds(candidates->front(), message_, key_));
}

TEST_P(SchemeTest, HoldsForNothingElse) {
  const Buffer other = ToBuffer("massage");
  EXPECT_FALSE(Holds(plain_, other, key_));
  EXPECT_FALSE(Holds(tpmt_, other, key_));
  EXPECT_FALSE(Holds(ToTpmt(plain_, GetParam(), kTpmAlgSha1), message_, key_));
  EXPECT_FALSE(Holds(plain_, message_, key_, 20));
}

TEST_P(SchemeTest, HoldsForNoOtherKey) {
  const auto* kind = GetParam() == Scheme::kEcdsa ? "ecc" : "rsa";
  const auto other = PublicKey::FromPem(
      ReadTestData(std::string("segments/") + kind + "-tss.pem"));
  EXPECT_FALSE(Holds(plain_, message_, *other));
  EXPECT_FALSE(Holds(tpmt_, message_, *other));
}

// DER of an ECDSA signature is what OpenSSL takes with such a key.
TEST(Signature, HoldsInItsOwnSchemeOnly) {
  const Buffer message = ToBuffer("message");
  const SigningKey& ecc = SigningKey::Ecc();
  EXPECT_FALSE(Holds(ToTpmt(ecc.Sign(message, Scheme::kEcdsa), Scheme::kRsaSsa),
                     message, ecc.Public()));
  const SigningKey& rsa = SigningKey::Rsa();
  EXPECT_FALSE(
      Holds(ToTpmt(rsa.Sign(message, Scheme::kRsaSsa), Scheme::kRsaPss),
            message, rsa.Public()));
}

// A key of the other kind is no reason to try anything.
TEST_P(SchemeTest, HoldsForNoOtherKindOfKey) {
  const PublicKey other =
      KeyFor(GetParam() == Scheme::kEcdsa ? Scheme::kRsaSsa : Scheme::kEcdsa)
          .Public();
  EXPECT_FALSE(Holds(plain_, message_, other));
  EXPECT_FALSE(Holds(tpmt_, message_, other));
}

TEST_P(SchemeTest, HoldsForNoPartOfIt) {
  for (const Buffer& whole : {plain_, tpmt_}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      ASSERT_FALSE(Holds({whole.data(), whole.data() + size}, message_, key_))
          << size;
    }
  }
  EXPECT_FALSE(Holds(Join({tpmt_, {0}}), message_, key_));
  EXPECT_FALSE(Holds(Join({plain_, {0}}), message_, key_));
}

TEST(Signature, NeedsAHash) {
  const PublicKey key = SigningKey::Rsa().Public();
  EXPECT_THAT(ParseSignature({}, key, kSha256Bytes),
              FailsWith(Verdict::kBadInput, "empty"));
  EXPECT_THAT(ParseSignature(ToBuffer("plain"), key, 0),
              FailsWith(Verdict::kBadInput, "no PCR digest"));
}

TEST(PublicKey, IsReadFromPem) {
  const auto read = [](const std::string& pem) {
    return PublicKey::FromPem(AsBytes(pem));
  };
  EXPECT_TRUE(read(SigningKey::Rsa().PublicPem())->IsRsa());
  EXPECT_FALSE(read(SigningKey::Ecc().PublicPem())->IsRsa());
  EXPECT_THAT(read(SigningKey::Ed25519().PublicPem()),
              FailsWith(Verdict::kBadInput, "neither RSA nor elliptic"));
  for (const std::string& text :
       {std::string(), std::string("no key"), SigningKey::Rsa().PrivatePem(),
        SigningKey::Rsa().PublicPem().substr(0, 100)}) {
    EXPECT_THAT(read(text), FailsWith(Verdict::kBadInput, "no public key"));
  }
}

}  // namespace
}  // namespace ima::test
