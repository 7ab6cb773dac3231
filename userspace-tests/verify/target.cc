// SPDX-License-Identifier: MIT
#include "verify/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ima {
namespace {

const Digest* FindValue(const PcrBanks* banks, const Hash* bank,
                        uint32_t index) {
  if (banks == nullptr || index >= kPcrCount) return nullptr;
  const auto found = banks->find(bank);
  return found == banks->end() ? nullptr : &found->second[index];
}

}  // namespace

Result<Target> Target::FromQuote(const VerifiedQuote& quote,
                                 const PcrBanks* given,
                                 const std::set<uint32_t>& extended,
                                 const Hash* bank) {
  Target target;
  target.bank_ = bank;
  target.hash_ = &quote.hash();
  if (quote.attest().pcr_digest.size() != target.hash_->size()) {
    return NotVerified("the quote's PCR digest has the wrong size");
  }
  target.digest_ = Digest(quote.attest().pcr_digest);

  for (const PcrSelection& selection : quote.attest().selections) {
    if (selection.pcrs.empty()) continue;
    const Hash* hash = Hash::FromTpmId(selection.hash);
    if (hash == nullptr) {
      return BadInput(
          fmt::format("the quote selects PCRs of bank 0x{:04x}, whose hash is "
                      "not known here",
                      selection.hash));
    }
    for (const uint32_t index : selection.pcrs) {
      Pcr pcr{hash, index, {}, {}};
      if (!extended.contains(index)) {
        const Digest* value = FindValue(given, hash, index);
        if (value == nullptr) {
          return BadInput(
              fmt::format("the quote selects {}, which no record extends: "
                          "give its value with --pcrs",
                          Describe(pcr)));
        }
        pcr.fixed = *value;
      }
      target.pcrs_.push_back(pcr);
    }
  }
  const auto banks = target.Banks();
  if (banks.empty()) return NotVerified("the quote selects no PCR");
  if (bank != nullptr &&
      std::find(banks.begin(), banks.end(), bank) == banks.end()) {
    return NotVerified(
        fmt::format("the quote does not cover bank {}", bank->name()));
  }
  return target;
}

Result<Target> Target::FromPcrs(const PcrBanks& given,
                                const std::set<uint32_t>& extended,
                                const Hash* bank) {
  if (bank != nullptr && !given.contains(bank)) {
    return BadInput(
        fmt::format("there are no PCR values of bank {}", bank->name()));
  }
  Target target;
  for (const auto& [hash, values] : given) {
    if (bank != nullptr && hash != bank) continue;
    for (const uint32_t index : extended) {
      target.pcrs_.push_back({hash, index, {}, values[index]});
    }
  }
  return target;
}

std::vector<const Hash*> Target::Banks() const {
  std::set<const Hash*> banks;
  for (const Pcr& pcr : pcrs_) banks.insert(pcr.bank);
  return {banks.begin(), banks.end()};
}

std::vector<std::pair<const Hash*, uint32_t>> Target::ReplayedPcrs() const {
  std::vector<std::pair<const Hash*, uint32_t>> replayed;
  for (const Pcr& pcr : pcrs_) {
    if (!pcr.fixed) replayed.emplace_back(pcr.bank, pcr.index);
  }
  return replayed;
}

std::vector<PcrValue> Target::GivenPcrs() const {
  std::vector<PcrValue> given;
  for (const Pcr& pcr : pcrs_) {
    if (pcr.fixed) given.push_back({pcr.bank, pcr.index, *pcr.fixed});
  }
  return given;
}

bool Target::Covers(uint32_t pcr) const {
  return std::any_of(pcrs_.begin(), pcrs_.end(), [&](const Pcr& covered) {
    return covered.index == pcr && (bank_ == nullptr || covered.bank == bank_);
  });
}

bool Target::IsReached(const Replay& replay, Hasher& hasher) const {
  std::vector<uint8_t> values;
  for (const Pcr& pcr : pcrs_) {
    const Bytes value =
        pcr.fixed ? pcr.fixed->bytes() : replay.Value(*pcr.bank, pcr.index);
    if (pcr.wanted && !SameBytes(value, pcr.wanted->bytes())) return false;
    values.insert(values.end(), value.begin(), value.end());
  }
  return !digest_ ||
         SameBytes(hasher.Compute(*hash_, {values}).bytes(), digest_->bytes());
}

std::string Target::DescribeDifference(const Replay& replay) const {
  std::vector<std::string> names;
  for (const Pcr& pcr : pcrs_) {
    if (!pcr.fixed &&
        !(pcr.wanted &&
          SameBytes(replay.Value(*pcr.bank, pcr.index), pcr.wanted->bytes()))) {
      names.push_back(Describe(pcr));
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Target::Describe(const Pcr& pcr) {
  return fmt::format("PCR {} ({})", pcr.index, pcr.bank->name());
}

}  // namespace ima
