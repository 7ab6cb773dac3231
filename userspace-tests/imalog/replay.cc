// SPDX-License-Identifier: MIT
#include "imalog/replay.h"

#include <algorithm>

namespace ima {

Digest TemplateDigest(const Record& record, const Hash& hash, Hasher& hasher) {
  if (!record.HasImaLayout()) return hasher.Compute(hash, {record.data});
  // The length of the name is not hashed; zeros fill the name's buffer.
  const Bytes name = record.ImaName();
  std::array<uint8_t, kImaMaxName + 1> buffer{};
  std::copy(name.begin(), name.end(), buffer.begin());
  return hasher.Compute(hash, {record.data.first(kImaDigestBytes), buffer});
}

PcrBank ResetBank(const Hash& hash) {
  constexpr uint32_t kFirstDynamic = 17;
  constexpr uint32_t kLastDynamic = 22;
  PcrBank bank;
  bank.fill(Digest(hash.size(), 0));
  std::fill(bank.begin() + kFirstDynamic, bank.begin() + kLastDynamic + 1,
            Digest(hash.size(), 0xff));
  return bank;
}

Replay::Replay(const std::vector<const Hash*>& banks, Digests digests)
    : digests_(digests) {
  for (const Hash* bank : banks) banks_.emplace(bank, ResetBank(*bank));
}

void Replay::Extend(const Record& record) {
  for (auto& [bank, pcrs] : banks_) {
    const Digest digest = ExtendedDigest(record, *bank);
    Digest& value = pcrs[record.pcr];
    value = hasher_.Compute(*bank, {value.bytes(), digest.bytes()});
  }
}

Digest Replay::ExtendedDigest(const Record& record, const Hash& bank) {
  if (record.IsViolation()) return {bank.size(), 0xff};
  if (digests_ == Digests::kOfBank) {
    return TemplateDigest(record, bank, hasher_);
  }
  const Digest sha1 = TemplateDigest(record, Hash::Sha1(), hasher_);
  Digest padded(bank.size(), 0);
  std::copy(sha1.bytes().begin(), sha1.bytes().end(), padded.data());
  return padded;
}

}  // namespace ima
