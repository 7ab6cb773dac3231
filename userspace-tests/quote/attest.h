// SPDX-License-Identifier: MIT
// Parses what a TPM signs in a quote: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE
// (TCG TPM 2.0 Library, Part 2: Structures, section 10.12).
#ifndef USERSPACE_TESTS_QUOTE_ATTEST_H_
#define USERSPACE_TESTS_QUOTE_ATTEST_H_

#include <cstdint>
#include <vector>

#include "util/bytes.h"
#include "util/result.h"

namespace ima {

inline constexpr uint32_t kTpmGeneratedValue = 0xff544347;
inline constexpr uint16_t kTpmStAttestQuote = 0x8018;

// The PCRs of one bank that a quote covers.
struct PcrSelection {
  uint16_t hash = 0;           // TPM_ALG_ID
  std::vector<uint32_t> pcrs;  // ascending
};

// TPMS_ATTEST; the spans refer to the message. What stands behind `type` is
// only filled in for a quote made by a TPM.
struct Attest {
  uint32_t magic = 0;
  uint16_t type = 0;
  Bytes extra_data;          // the nonce
  uint64_t clock = 0;        // ms that the TPM was powered, ever
  uint32_t reset_count = 0;  // of the TPM
  uint32_t restart_count = 0;
  bool safe = false;  // false: the clock may have stood higher before
  uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;
  Bytes pcr_digest;

  bool IsQuote() const {
    return magic == kTpmGeneratedValue && type == kTpmStAttestQuote;
  }
};

// Fails with kBadInput if the bytes are not exactly one structure.
Result<Attest> ParseAttest(Bytes message);

}  // namespace ima

#endif  // USERSPACE_TESTS_QUOTE_ATTEST_H_
