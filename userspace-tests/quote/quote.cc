// SPDX-License-Identifier: MIT
#include "quote/quote.h"

#include <algorithm>
#include <utility>

namespace ima {

Result<VerifiedQuote> VerifiedQuote::Check(std::vector<uint8_t> message,
                                           Bytes signature,
                                           const PublicKey& key, Bytes nonce) {
  if (nonce.empty()) return BadInput("the nonce is empty");
  VerifiedQuote quote;
  quote.message_ = std::move(message);
  auto attest = ParseAttest(quote.message_);
  if (!attest) return tl::make_unexpected(attest.error());
  quote.attest_ = std::move(*attest);

  const auto candidates =
      ParseSignature(signature, key, quote.attest_.pcr_digest.size());
  if (!candidates) return tl::make_unexpected(candidates.error());
  const auto holding = std::find_if(
      candidates->begin(), candidates->end(), [&](const Signature& candidate) {
        return SignatureHolds(candidate, quote.message_, key);
      });
  if (holding == candidates->end()) {
    return NotVerified("the signature does not fit quote and key");
  }
  quote.hash_ = holding->hash;
  quote.scheme_ = holding->scheme;

  if (quote.attest_.magic != kTpmGeneratedValue) {
    return NotVerified("the signed message was not made by a TPM");
  }
  if (quote.attest_.type != kTpmStAttestQuote) {
    return NotVerified("the signed message is not a quote");
  }
  if (!SameBytes(quote.attest_.extra_data, nonce)) {
    return NotVerified(
        "the nonce is another one: the quote is old or of somebody else");
  }
  return quote;
}

}  // namespace ima
