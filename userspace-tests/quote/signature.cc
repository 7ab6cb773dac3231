// SPDX-License-Identifier: MIT
#include "quote/signature.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <climits>
#include <optional>
#include <utility>

namespace ima {
namespace {

// TPM_ALG_ID
constexpr uint16_t kTpmAlgRsaSsa = 0x0014;
constexpr uint16_t kTpmAlgRsaPss = 0x0016;
constexpr uint16_t kTpmAlgEcdsa = 0x0018;

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// The two numbers of an elliptic curve signature, in the form OpenSSL takes.
std::vector<uint8_t> EncodeEcdsa(Bytes r, Bytes s) {
  const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> pair(
      ECDSA_SIG_new());
  ECDSA_SIG_set0(pair.get(),
                 BN_bin2bn(r.data(), static_cast<int>(r.size()), nullptr),
                 BN_bin2bn(s.data(), static_cast<int>(s.size()), nullptr));
  std::vector<uint8_t> der(
      static_cast<size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)));
  uint8_t* end = der.data();
  i2d_ECDSA_SIG(pair.get(), &end);
  return der;
}

std::optional<Scheme> SchemeFromTpmId(uint16_t id) {
  switch (id) {
    case kTpmAlgRsaSsa:
      return Scheme::kRsaSsa;
    case kTpmAlgRsaPss:
      return Scheme::kRsaPss;
    case kTpmAlgEcdsa:
      return Scheme::kEcdsa;
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<uint8_t>> TakeValue(ByteReader& reader,
                                              Scheme scheme) {
  const auto first = reader.Sized();
  if (!first) return std::nullopt;
  if (scheme != Scheme::kEcdsa) {
    return std::vector<uint8_t>(first->begin(), first->end());
  }
  const auto second = reader.Sized();
  if (!second) return std::nullopt;
  return EncodeEcdsa(*first, *second);
}

// Nothing if `bytes` are not exactly one such structure.
std::optional<Signature> ParseTpmt(Bytes bytes) {
  ByteReader reader(bytes);
  const auto algorithm = reader.Big<uint16_t>();
  const auto scheme = algorithm ? SchemeFromTpmId(*algorithm) : std::nullopt;
  const auto hash_id = scheme ? reader.Big<uint16_t>() : std::nullopt;
  const Hash* hash = hash_id ? Hash::FromTpmId(*hash_id) : nullptr;
  if (hash == nullptr) return std::nullopt;
  auto value = TakeValue(reader, *scheme);
  if (!value || reader.remaining() != 0) return std::nullopt;
  return Signature{*scheme, hash, std::move(*value)};
}

}  // namespace

Result<PublicKey> PublicKey::FromPem(Bytes pem) {
  const std::unique_ptr<BIO, FreeWith<BIO_free>> bio(BIO_new_mem_buf(
      pem.data(), pem.size() > INT_MAX ? 0 : static_cast<int>(pem.size())));
  PublicKey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (key.get() == nullptr) return BadInput("holds no public key in PEM form");
  if (!key.IsRsa() && EVP_PKEY_is_a(key.get(), "EC") != 1) {
    return BadInput("holds a key that is neither RSA nor elliptic curve");
  }
  return key;
}

std::string_view SchemeName(Scheme scheme) {
  switch (scheme) {
    case Scheme::kRsaSsa:
      return "rsassa";
    case Scheme::kRsaPss:
      return "rsapss";
    case Scheme::kEcdsa:
      return "ecdsa";
  }
  return "";
}

Result<std::vector<Signature>> ParseSignature(Bytes bytes, const PublicKey& key,
                                              size_t quote_digest_size) {
  if (bytes.empty()) return BadInput("the signature is empty");
  if (auto tpmt = ParseTpmt(bytes)) {
    return std::vector<Signature>{std::move(*tpmt)};
  }
  const Hash* hash = Hash::FromSize(quote_digest_size);
  if (hash == nullptr) {
    return BadInput(
        "the signature is no TPMT_SIGNATURE, and for a plain one the quote has "
        "no PCR digest that would tell its hash");
  }
  const std::vector<uint8_t> value(bytes.begin(), bytes.end());
  if (!key.IsRsa()) {
    return std::vector<Signature>{{Scheme::kEcdsa, hash, value}};
  }
  return std::vector<Signature>{{Scheme::kRsaSsa, hash, value},
                                {Scheme::kRsaPss, hash, value}};
}

bool SignatureHolds(const Signature& signature, Bytes message,
                    const PublicKey& key) {
  if (key.IsRsa() != (signature.scheme != Scheme::kEcdsa)) return false;
  const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(
      EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  const bool holds =
      EVP_DigestVerifyInit(context.get(), &options, signature.hash->md(),
                           nullptr, key.get()) == 1 &&
      (signature.scheme != Scheme::kRsaPss ||
       EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1) &&
      EVP_DigestVerify(context.get(), signature.value.data(),
                       signature.value.size(), message.data(),
                       message.size()) == 1;
  ERR_clear_error();
  return holds;
}

}  // namespace ima
