// SPDX-License-Identifier: MIT
// Signatures of a TPM: TPMT_SIGNATURE (TCG TPM 2.0 Library, Part 2, section
// 11.3.4), as `tpm2_quote -f tss` writes it, and the plain form, as
// `tpm2_quote -f plain` does.
#ifndef USERSPACE_TESTS_QUOTE_SIGNATURE_H_
#define USERSPACE_TESTS_QUOTE_SIGNATURE_H_

#include <openssl/evp.h>

#include <memory>
#include <string_view>
#include <vector>

#include "util/bytes.h"
#include "util/hash.h"
#include "util/result.h"

namespace ima {

// A public key.
class PublicKey {
 public:
  // RSA or elliptic curve, PEM ("PUBLIC KEY").
  static Result<PublicKey> FromPem(Bytes pem);

  EVP_PKEY* get() const { return key_.get(); }
  bool IsRsa() const { return EVP_PKEY_is_a(get(), "RSA") == 1; }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  explicit PublicKey(EVP_PKEY* key) : key_(key) {}

  std::unique_ptr<EVP_PKEY, Free> key_;
};

enum class Scheme { kRsaSsa, kRsaPss, kEcdsa };
std::string_view SchemeName(Scheme scheme);

struct Signature {
  Scheme scheme = Scheme::kRsaSsa;
  const Hash* hash = nullptr;
  std::vector<uint8_t> value;  // RSA: the number; ECDSA: in DER
};

// Parses a TPMT_SIGNATURE, or takes `bytes` as a plain signature, which names
// neither scheme nor hash: the key and `quote_digest_size` tell them, since the
// TPM computes the PCR digest with the hash of its signature. A plain RSA
// signature can be of two schemes, so several candidates may come back.
Result<std::vector<Signature>> ParseSignature(Bytes bytes, const PublicKey& key,
                                              size_t quote_digest_size);

// Whether `signature` over `message` was made with the private part of `key`.
bool SignatureHolds(const Signature& signature, Bytes message,
                    const PublicKey& key);

}  // namespace ima

#endif  // USERSPACE_TESTS_QUOTE_SIGNATURE_H_
