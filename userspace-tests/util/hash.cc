// SPDX-License-Identifier: MIT
#include "util/hash.h"

#include <cstdlib>
#include <utility>
#include <vector>

namespace ima {
namespace {

struct Known {
  std::string_view name;  // in tpm2-tools and in the kernel's file names
  uint16_t tpm_id;
  const char* openssl_name;
};

constexpr std::array kKnown = {
    Known{"sha1", 0x0004, "SHA1"},
    Known{"sha256", 0x000b, "SHA256"},
    Known{"sha384", 0x000c, "SHA384"},
    Known{"sha512", 0x000d, "SHA512"},
    Known{"sm3_256", 0x0012, "SM3"},
    Known{"sha3_256", 0x0027, "SHA3-256"},
    Known{"sha3_384", 0x0028, "SHA3-384"},
    Known{"sha3_512", 0x0029, "SHA3-512"},
};

// Only lack of memory or a broken OpenSSL comes here.
void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

struct Hash::Registry {
  Registry() {
    for (const Known& known : kKnown) {
      Hash hash;
      hash.md_.reset(EVP_MD_fetch(nullptr, known.openssl_name, nullptr));
      if (!hash.md_) continue;
      hash.name_ = known.name;
      hash.tpm_id_ = known.tpm_id;
      hash.size_ = static_cast<size_t>(EVP_MD_get_size(hash.md_.get()));
      hashes.push_back(std::move(hash));
    }
  }

  static const std::vector<Hash>& All() {
    static const Registry registry;
    return registry.hashes;
  }

  template <typename Predicate>
  static const Hash* Find(Predicate predicate) {
    const auto found = std::find_if(All().begin(), All().end(), predicate);
    return found == All().end() ? nullptr : &*found;
  }

  std::vector<Hash> hashes;
};

const Hash* Hash::FromName(std::string_view name) {
  return Registry::Find([&](const Hash& hash) { return hash.name_ == name; });
}

const Hash* Hash::FromTpmId(uint16_t id) {
  return Registry::Find([&](const Hash& hash) { return hash.tpm_id_ == id; });
}

const Hash* Hash::FromSize(size_t size) {
  // The SHA-1/SHA-2 family comes first in the table.
  return Registry::Find([&](const Hash& hash) { return hash.size_ == size; });
}

const Hash& Hash::Sha1() {
  const Hash* sha1 = FromName("sha1");
  Require(sha1 != nullptr);
  return *sha1;
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) { Require(context_ != nullptr); }

Digest Hasher::Compute(const Hash& hash, std::initializer_list<Bytes> parts) {
  Digest digest(hash.size(), 0);
  Require(EVP_DigestInit_ex(context_.get(), hash.md(), nullptr) == 1);
  for (const Bytes part : parts) {
    Require(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
  }
  Require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace ima
