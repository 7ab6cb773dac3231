// SPDX-License-Identifier: MIT
// A quote whose signature, origin and freshness have been checked.
#ifndef USERSPACE_TESTS_QUOTE_QUOTE_H_
#define USERSPACE_TESTS_QUOTE_QUOTE_H_

#include <vector>

#include "quote/attest.h"
#include "quote/signature.h"
#include "util/bytes.h"
#include "util/hash.h"
#include "util/result.h"

namespace ima {

// Only Check() makes one, so whoever holds it may believe it, as far as `key`
// is known to be an attestation key of the TPM in question.
class VerifiedQuote {
 public:
  // Checks in this order: signature, magic, type, nonce. `nonce` must not be
  // empty: a quote that any verifier accepts can be an old one.
  static Result<VerifiedQuote> Check(std::vector<uint8_t> message,
                                     Bytes signature, const PublicKey& key,
                                     Bytes nonce);

  // Move-only: attest() refers to bytes that this object holds.
  VerifiedQuote(VerifiedQuote&&) = default;
  VerifiedQuote& operator=(VerifiedQuote&&) = default;

  const Attest& attest() const { return attest_; }
  // That of the signature, which is also that of the PCR digest.
  const Hash& hash() const { return *hash_; }
  Scheme scheme() const { return scheme_; }

 private:
  VerifiedQuote() = default;

  std::vector<uint8_t> message_;  // what the spans in attest_ refer to
  Attest attest_;
  const Hash* hash_ = nullptr;
  Scheme scheme_ = Scheme::kRsaSsa;
};

}  // namespace ima

#endif  // USERSPACE_TESTS_QUOTE_QUOTE_H_
