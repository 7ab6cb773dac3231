// SPDX-License-Identifier: MIT
// What a record does to the PCRs of a TPM.
#ifndef USERSPACE_TESTS_IMALOG_REPLAY_H_
#define USERSPACE_TESTS_IMALOG_REPLAY_H_

#include <array>
#include <map>
#include <vector>

#include "imalog/reader.h"
#include "util/hash.h"

namespace ima {

// The digest of the template data of `record`: what the digest column shows
// and the PCR is extended with, unless the record is a violation. Source:
// ima_calc_field_array_hash_tfm() in security/integrity/ima/ima_crypto.c.
Digest TemplateDigest(const Record& record, const Hash& hash, Hasher& hasher);

// All PCRs of one bank.
using PcrBank = std::array<Digest, kPcrCount>;

// The values after a reset: TCG PC Client Platform TPM Profile, section
// "PCR initial and reset values": all ones for the dynamic PCRs 17 to 22.
PcrBank ResetBank(const Hash& hash);

// Extends PCRs in several banks as the kernel does.
class Replay {
 public:
  // kSha1: as a kernel does that has not the hash of a bank built in. It pads
  // the SHA-1 digest of a record with zeros (ima_calc_field_array_hash()).
  enum class Digests { kOfBank, kSha1 };

  explicit Replay(const std::vector<const Hash*>& banks,
                  Digests digests = Digests::kOfBank);

  void Extend(const Record& record);

  // `bank` must be one of those given.
  Bytes Value(const Hash& bank, uint32_t pcr) const {
    return banks_.at(&bank)[pcr].bytes();
  }

 private:
  Digest ExtendedDigest(const Record& record, const Hash& bank);

  Digests digests_;
  std::map<const Hash*, PcrBank> banks_;
  Hasher hasher_;
};

}  // namespace ima

#endif  // USERSPACE_TESTS_IMALOG_REPLAY_H_
