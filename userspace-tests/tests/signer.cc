// SPDX-License-Identifier: MIT
#include "tests/signer.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>

#include "util/hash.h"

namespace ima::test {
namespace {

constexpr unsigned kPcrsPerByte = 8;
constexpr unsigned kBitmapBytes = 3;

// Big-endian, as everything of a TPM.
template <typename T>
Buffer Big(T value) {
  Buffer bytes;
  for (size_t i = sizeof(T); i-- > 0;) {
    bytes.push_back(static_cast<uint8_t>(uint64_t{value} >> (8 * i)));
  }
  return bytes;
}

// TPM2B
Buffer Sized(const Buffer& bytes) {
  return Join({Big(static_cast<uint16_t>(bytes.size())), bytes});
}

// TPMS_PCR_SELECTION
Buffer ToBytes(const PcrSelection& selection) {
  Buffer bitmap(kBitmapBytes, 0);
  for (const uint32_t pcr : selection.pcrs) {
    bitmap[pcr / kPcrsPerByte] = static_cast<uint8_t>(
        bitmap[pcr / kPcrsPerByte] | 1U << pcr % kPcrsPerByte);
  }
  return Join({Big(selection.hash), {kBitmapBytes}, bitmap});
}

// What `write` puts in a memory BIO.
template <typename Writer>
std::string ReadBack(Writer write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  write(bio.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

Buffer ToBytes(const BIGNUM* number) {
  Buffer bytes(static_cast<size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

uint16_t TpmIdOf(Scheme scheme) {
  switch (scheme) {
    case Scheme::kRsaSsa:
      return 0x0014;
    case Scheme::kRsaPss:
      return 0x0016;
    case Scheme::kEcdsa:
      return 0x0018;
  }
  return 0;
}

}  // namespace

Buffer ToMessage(const QuoteParts& parts) {
  std::vector<Buffer> selections;
  for (const PcrSelection& selection : parts.selections) {
    selections.push_back(ToBytes(selection));
  }
  return Join({Big(parts.magic),
               Big(parts.type),
               Sized(ToBuffer("qualifiedSigner")),
               Sized(ToBuffer(parts.nonce)),
               Big(uint64_t{1000}),
               Big(uint32_t{2}),
               Big(uint32_t{3}),
               {1},
               Big(uint64_t{4}),
               Big(static_cast<uint32_t>(selections.size())),
               Join(selections),
               Sized(parts.pcr_digest)});
}

const SigningKey& SigningKey::Rsa() {
  static const SigningKey key(EVP_RSA_gen(2048));
  return key;
}

const SigningKey& SigningKey::Ecc() {
  static const SigningKey key(EVP_EC_gen("P-256"));
  return key;
}

const SigningKey& SigningKey::Ed25519() {
  static const SigningKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return key;
}

std::string SigningKey::PublicPem() const {
  return ReadBack([&](BIO* bio) { PEM_write_bio_PUBKEY(bio, key_.get()); });
}

std::string SigningKey::PrivatePem() const {
  return ReadBack([&](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr,
                             nullptr);
  });
}

PublicKey SigningKey::Public() const {
  return PublicKey::FromPem(AsBytes(PublicPem())).value();
}

Buffer SigningKey::Sign(const Buffer& message, Scheme scheme,
                        std::string_view hash) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  EVP_DigestSignInit(context.get(), &options, Hash::FromName(hash)->md(),
                     nullptr, key_.get());
  if (scheme == Scheme::kRsaPss) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
  }
  Buffer signature(static_cast<size_t>(EVP_PKEY_get_size(key_.get())));
  size_t size = signature.size();
  EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                 message.size());
  signature.resize(size);
  return signature;
}

Buffer ToTpmt(const Buffer& plain, Scheme scheme, uint16_t hash) {
  const Buffer start = Join({Big(TpmIdOf(scheme)), Big(hash)});
  if (scheme != Scheme::kEcdsa) return Join({start, Sized(plain)});
  const uint8_t* at = plain.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(plain.size())),
      ECDSA_SIG_free);
  return Join({start, Sized(ToBytes(ECDSA_SIG_get0_r(pair.get()))),
               Sized(ToBytes(ECDSA_SIG_get0_s(pair.get())))});
}

VerifiedQuote MakeQuote(const QuoteParts& parts) {
  const Buffer message = ToMessage(parts);
  const SigningKey& key = SigningKey::Ecc();
  return VerifiedQuote::Check(
             message, ToTpmt(key.Sign(message, Scheme::kEcdsa), Scheme::kEcdsa),
             key.Public(), AsBytes(parts.nonce))
      .value();
}

Buffer DigestOf(const PcrBanks& values,
                const std::vector<PcrSelection>& selections) {
  Buffer joined;
  for (const PcrSelection& selection : selections) {
    for (const uint32_t pcr : selection.pcrs) {
      const Digest& value = values.at(Hash::FromTpmId(selection.hash)).at(pcr);
      joined.insert(joined.end(), value.bytes().begin(), value.bytes().end());
    }
  }
  Hasher hasher;
  const Digest digest = hasher.Compute(*Hash::FromName("sha256"), {joined});
  return {digest.bytes().begin(), digest.bytes().end()};
}

}  // namespace ima::test
