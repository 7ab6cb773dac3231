// SPDX-License-Identifier: MIT
// Hash algorithms as TPM banks know them, computed by OpenSSL.
#ifndef USERSPACE_TESTS_UTIL_HASH_H_
#define USERSPACE_TESTS_UTIL_HASH_H_

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "util/bytes.h"

namespace ima {

inline constexpr size_t kMaxDigestBytes = 64;

// One algorithm. The objects live as long as the program, so pointers to them
// can be compared and kept.
class Hash {
 public:
  // By the name that the kernel and tpm2-tools use for the bank ("sha256"), or
  // by TPM_ALG_ID (TCG Algorithm Registry); null if OpenSSL does not know it.
  static const Hash* FromName(std::string_view name);
  static const Hash* FromTpmId(uint16_t id);
  // The member of the SHA-1/SHA-2 family with digests of `size` bytes, or null.
  static const Hash* FromSize(size_t size);
  static const Hash& Sha1();

  std::string_view name() const { return name_; }
  size_t size() const { return size_; }  // bytes of a digest
  const EVP_MD* md() const { return md_.get(); }

 private:
  struct MdFree {
    void operator()(EVP_MD* md) const { EVP_MD_free(md); }
  };
  struct Registry;

  std::string_view name_;
  uint16_t tpm_id_ = 0;
  size_t size_ = 0;
  std::unique_ptr<EVP_MD, MdFree> md_;
};

// A digest of any algorithm.
class Digest {
 public:
  Digest() = default;
  // `size` bytes (at most kMaxDigestBytes), each `fill`.
  Digest(size_t size, uint8_t fill) : size_(size) {
    std::fill_n(bytes_.begin(), size, fill);
  }
  // A copy of `bytes`, at most kMaxDigestBytes.
  explicit Digest(Bytes bytes) : size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }

  Bytes bytes() const { return {bytes_.data(), size_}; }
  uint8_t* data() { return bytes_.data(); }

 private:
  std::array<uint8_t, kMaxDigestBytes> bytes_{};
  size_t size_ = 0;
};

// Computes digests; reusable, not for two threads at once.
class Hasher {
 public:
  Hasher();

  // The digest of all `parts`, one after the other.
  Digest Compute(const Hash& hash, std::initializer_list<Bytes> parts);

 private:
  struct ContextFree {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, ContextFree> context_;
};

inline bool SameBytes(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace ima

#endif  // USERSPACE_TESTS_UTIL_HASH_H_
