// SPDX-License-Identifier: MIT
// Quotes made up for tests, and keys to sign them with.
#ifndef USERSPACE_TESTS_TESTS_SIGNER_H_
#define USERSPACE_TESTS_TESTS_SIGNER_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quote/attest.h"
#include "quote/quote.h"
#include "quote/signature.h"
#include "tests/sample.h"

namespace ima::test {

// TPM_ALG_ID
inline constexpr uint16_t kTpmAlgSha1 = 0x0004;
inline constexpr uint16_t kTpmAlgSha256 = 0x000b;

// What a TPM puts in a quote.
struct QuoteParts {
  uint32_t magic = kTpmGeneratedValue;
  uint16_t type = kTpmStAttestQuote;
  std::string nonce = "nonce";
  std::vector<PcrSelection> selections = {{kTpmAlgSha256, {10}}};
  Buffer pcr_digest = Buffer(32, 0);
};

// TPMS_ATTEST
Buffer ToMessage(const QuoteParts& parts);

// A key pair, new in each program.
class SigningKey {
 public:
  static const SigningKey& Rsa();
  static const SigningKey& Ecc();
  // Of a kind that no TPM signs quotes with.
  static const SigningKey& Ed25519();

  std::string PublicPem() const;
  std::string PrivatePem() const;
  PublicKey Public() const;

  // A plain signature over the hash of `message`.
  Buffer Sign(const Buffer& message, Scheme scheme,
              std::string_view hash = "sha256") const;

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

// `plain` as a TPMT_SIGNATURE.
Buffer ToTpmt(const Buffer& plain, Scheme scheme,
              uint16_t hash = kTpmAlgSha256);

// A sound quote with these parts.
VerifiedQuote MakeQuote(const QuoteParts& parts);

// The digest that a TPM computes over the values of `selections`.
Buffer DigestOf(const PcrBanks& values,
                const std::vector<PcrSelection>& selections);

}  // namespace ima::test

#endif  // USERSPACE_TESTS_TESTS_SIGNER_H_
