// SPDX-License-Identifier: MIT
// The state of the PCRs that a list must lead to.
#ifndef USERSPACE_TESTS_VERIFY_TARGET_H_
#define USERSPACE_TESTS_VERIFY_TARGET_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "imalog/replay.h"
#include "quote/quote.h"
#include "util/hash.h"
#include "util/result.h"
#include "verify/pcr_file.h"

namespace ima {

// A PCR and its value.
struct PcrValue {
  const Hash* bank = nullptr;
  uint32_t index = 0;
  Digest value;
};

// PCR values, or the digest over them that a quote holds. Where no list can
// tell a PCR's value (PCRs 0 to 9, say), it is taken from outside.
class Target {
 public:
  // What `quote` attests. `extended`: the PCRs that the list extends, which are
  // always replayed; the other selected ones are taken from `given` (may be
  // null). `bank`: the one in which PCRs must be covered; null: any will do.
  static Result<Target> FromQuote(const VerifiedQuote& quote,
                                  const PcrBanks* given,
                                  const std::set<uint32_t>& extended,
                                  const Hash* bank);

  // The values of the PCRs in `extended` as `given` has them, in `bank` or, if
  // that is null, in all banks there are.
  static Result<Target> FromPcrs(const PcrBanks& given,
                                 const std::set<uint32_t>& extended,
                                 const Hash* bank);

  // The banks to replay, and the PCRs in them that a list must lead to.
  std::vector<const Hash*> Banks() const;
  std::vector<std::pair<const Hash*, uint32_t>> ReplayedPcrs() const;

  // The PCRs whose values were taken from outside. A quote attests them, too,
  // but what led to them is not in the list.
  std::vector<PcrValue> GivenPcrs() const;

  // Whether a value of `pcr` is compared, in the bank that was asked for.
  bool Covers(uint32_t pcr) const;

  bool IsReached(const Replay& replay, Hasher& hasher) const;

  // For a message: which PCRs `replay` misses, as "PCR 10 (sha256)".
  std::string DescribeDifference(const Replay& replay) const;

 private:
  struct Pcr {
    const Hash* bank = nullptr;
    uint32_t index = 0;
    std::optional<Digest> fixed;   // its value, if it is not replayed
    std::optional<Digest> wanted;  // the value to reach, unless there is a
                                   // digest over all
  };

  static std::string Describe(const Pcr& pcr);

  const Hash* bank_ = nullptr;
  std::vector<Pcr> pcrs_;  // in the order in which the TPM hashes them
  const Hash* hash_ = nullptr;
  std::optional<Digest> digest_;  // over all values, computed with hash_
};

}  // namespace ima

#endif  // USERSPACE_TESTS_VERIFY_TARGET_H_
