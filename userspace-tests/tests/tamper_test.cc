// SPDX-License-Identifier: MIT
// What a kernel wrote and a TPM signed, changed in every place: the verifier
// must notice each change.
//
// Three things no TPM attests, so that nobody can notice:
// - The file name in the record of a violation. For a violation the kernel
//   extends the PCR with ones, not with a digest of the record's data. All of
//   that data but the name is known (zeros, lengths, an algorithm), and the
//   verifier holds it to that; of the name it reports that nothing attests it.
//   For the same reason neighbouring violations can change places.
// - The order of records in different PCRs.
// - Records behind the quote. The verifier counts them, or refuses them with
//   --exact, as all tests here do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "verify/target.h"

namespace ima::test {
namespace {

using ::testing::Not;

constexpr unsigned kBitsPerByte = 8;
const VerifyOptions kExact = {{}, true};

// A quote that scripts/guest/attest took, and the list that it is about.
struct Captured {
  std::string name;
  std::string folder;
  std::vector<std::string> files;
  std::string quote;
  std::string key;
};

void PrintTo(const Captured& captured, std::ostream* out) {
  *out << captured.name;
}

const std::vector<std::string> kSegments = {"log.1", "log.2", "list"};
const std::vector<std::string> kList = {"list"};

// Each with another bank, template or set of PCRs.
const std::vector<Captured> kLists = {
    {"Segments", "segments", kSegments, "rsa-tss", "rsa-tss"},
    {"SegmentsInSha1", "segments", kSegments, "quote-sha1", "rsa-tss"},
    {"SeveralPcrsAndBanks", "pcrs", kList, "quote", "ak"},
    {"TemplateIma", "ima", kList, "quote", "ak"},
    {"TemplateImaSig", "ima-sig", kList, "quote", "ak"}};

// Each with another kind of key or form of signature.
const std::vector<Captured> kQuotes = {
    {"RsaTss", "segments", kSegments, "rsa-tss", "rsa-tss"},
    {"RsaPlain", "segments", kSegments, "rsa-plain", "rsa-plain"},
    {"RsaPssTss", "segments", kSegments, "rsapss-tss", "rsapss-tss"},
    {"RsaPssPlain", "segments", kSegments, "rsapss-plain", "rsapss-plain"},
    {"EccTss", "segments", kSegments, "ecc-tss", "ecc-tss"},
    {"EccPlain", "segments", kSegments, "ecc-plain", "ecc-plain"}};

class TamperTest : public testing::TestWithParam<Captured> {
 protected:
  static Buffer Read(const std::string& name) {
    return ReadTestData(GetParam().folder + "/" + name);
  }

  static std::vector<Buffer> ReadPieces() {
    std::vector<Buffer> pieces;
    for (const std::string& file : GetParam().files) {
      pieces.push_back(Read(file));
    }
    return pieces;
  }

  Result<VerifiedQuote> CheckQuote(const Buffer& message,
                                   const Buffer& signature,
                                   const Buffer& nonce) const {
    return VerifiedQuote::Check(message, signature, key_, nonce);
  }

  Result<VerifiedList> VerifyPieces(const std::vector<Buffer>& pieces) const {
    auto list = UnverifiedList::Parse(ToFiles(pieces), Hash::Sha1());
    if (!list) return tl::make_unexpected(list.error());
    const auto target =
        Target::FromQuote(*quote_, &pcrs_, list->ExtendedPcrs(), nullptr);
    if (!target) return tl::make_unexpected(target.error());
    return Verify(std::move(*list), *target, kExact);
  }

  const std::vector<Buffer> pieces_ = ReadPieces();
  const Buffer message_ = Read(GetParam().quote + ".msg");
  const Buffer signature_ = Read(GetParam().quote + ".sig");
  const Buffer nonce_ = CapturedNonce();
  const PublicKey key_ =
      PublicKey::FromPem(Read(GetParam().key + ".pem")).value();
  const PcrBanks pcrs_ = ParsePcrFile(AsText(Read("pcrs"))).value();
  const Result<VerifiedQuote> quote_ = CheckQuote(message_, signature_, nonce_);
};

std::string NameOf(const testing::TestParamInfo<Captured>& info) {
  return info.param.name;
}

Buffer FlipBit(Buffer bytes, size_t bit) {
  bytes[bit / kBitsPerByte] = static_cast<uint8_t>(bytes[bit / kBitsPerByte] ^
                                                   (1U << bit % kBitsPerByte));
  return bytes;
}

Buffer Front(const Buffer& bytes, size_t size) {
  return {bytes.data(), bytes.data() + size};
}

class ListTamperTest : public TamperTest {
 protected:
  // A record and the piece that it stands in.
  struct Entry {
    size_t piece;
    Record record;
  };

  static std::vector<Entry> ReadEntries(const std::vector<Buffer>& pieces) {
    std::vector<Entry> entries;
    for (size_t piece = 0; piece < pieces.size(); ++piece) {
      for (const Record& record : ParseAll(pieces[piece])) {
        entries.push_back({piece, record});
      }
    }
    return entries;
  }

  Result<VerifiedList> VerifyEntries(const std::vector<Entry>& entries) const {
    std::vector<Buffer> pieces(pieces_.size());
    for (const auto& [piece, record] : entries) {
      pieces[piece].insert(pieces[piece].end(), record.bytes.begin(),
                           record.bytes.end());
    }
    return VerifyPieces(pieces);
  }

  Result<VerifiedList> VerifyWithPiece(size_t piece, Buffer contents) const {
    std::vector<Buffer> pieces = pieces_;
    pieces[piece] = std::move(contents);
    return VerifyPieces(pieces);
  }

  const std::vector<Entry> entries_ = ReadEntries(pieces_);
};

INSTANTIATE_TEST_SUITE_P(Captured, ListTamperTest, testing::ValuesIn(kLists),
                         NameOf);

// Where a part of a record begins and ends, in bytes from the record's start.
struct Range {
  size_t begin;
  size_t end;

  bool Has(size_t byte) const { return byte >= begin && byte < end; }
};

Range RangeOf(Bytes part, const Record& record) {
  const auto begin = static_cast<size_t>(part.data() - record.bytes.data());
  return {begin, begin + part.size()};
}

// The name in the data, without the NUL that ends it in most templates. Holds
// for each template here: the digest comes first, then the name.
Range NameIn(const Record& record) {
  ByteReader reader(record.data);
  reader.Take(record.HasImaLayout() ? kImaDigestBytes
                                    : reader.Little<uint32_t>().value());
  const Bytes name = reader.Take(reader.Little<uint32_t>().value()).value();
  return RangeOf(record.HasImaLayout() ? name : name.first(name.size() - 1),
                 record);
}

// What a record's own digest holds, and the digest itself: a change there is
// laid at the door of just that record. The length in template ima is not held.
bool IsHeldByDigest(const Record& record, size_t byte) {
  if (RangeOf(record.digest, record).Has(byte)) return true;
  return record.HasImaLayout() ? NameIn(record).Has(byte)
                               : RangeOf(record.data, record).Has(byte);
}

TEST_P(ListTamperTest, IsVerifiedAsCaptured) {
  const auto verified = VerifyPieces(pieces_);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->count(), entries_.size());
}

TEST_P(ListTamperTest, EveryBitCounts) {
  for (uint64_t number = 0; number < entries_.size(); ++number) {
    const auto& [piece, record] = entries_[number];
    for (size_t bit = 0; bit < record.bytes.size() * kBitsPerByte; ++bit) {
      const size_t byte = bit / kBitsPerByte;
      const Buffer flipped =
          FlipBit(pieces_[piece], record.offset * kBitsPerByte + bit);
      const auto verified = VerifyWithPiece(piece, flipped);
      if (record.IsViolation() && NameIn(record).Has(byte)) {
        ASSERT_THAT(verified, IsOk());
        ASSERT_GT(verified->violations(), 0U);
      } else if (IsHeldByDigest(record, byte)) {
        ASSERT_THAT(verified, FailsAtRecord(number)) << "bit " << bit;
      } else {
        ASSERT_THAT(verified, Not(IsOk())) << number << ", bit " << bit;
      }
    }
  }
}

TEST_P(ListTamperTest, EveryRecordCounts) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    std::vector<Entry> entries = entries_;
    const auto at = entries.begin() + static_cast<std::ptrdiff_t>(i);
    entries.insert(at, entries_[i]);
    ASSERT_THAT(VerifyEntries(entries), Not(IsOk())) << "repeated " << i;
    entries = entries_;
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
    ASSERT_THAT(VerifyEntries(entries), Not(IsOk())) << "dropped " << i;
  }
}

TEST_P(ListTamperTest, TheOrderInEachPcrCounts) {
  for (size_t i = 1; i < entries_.size(); ++i) {
    std::vector<Entry> entries = entries_;
    Record& first = entries[i - 1].record;
    Record& second = entries[i].record;
    const bool attested = first.pcr == second.pcr &&
                          !(first.IsViolation() && second.IsViolation());
    std::swap(first, second);
    const auto verified = VerifyEntries(entries);
    ASSERT_EQ(verified.has_value(), !attested) << "swapped " << i;
  }
}

TEST_P(ListTamperTest, EveryTruncationIsNoticed) {
  for (size_t piece = 0; piece < pieces_.size(); ++piece) {
    for (size_t size = 0; size < pieces_[piece].size(); ++size) {
      ASSERT_THAT(VerifyWithPiece(piece, Front(pieces_[piece], size)),
                  Not(IsOk()))
          << piece << ", " << size;
    }
  }
}

TEST_P(ListTamperTest, EveryPieceCounts) {
  for (size_t i = 0; i < pieces_.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    std::vector<Buffer> pieces = pieces_;
    pieces.erase(pieces.begin() + at);
    EXPECT_THAT(VerifyPieces(pieces), Not(IsOk())) << "dropped " << i;
    pieces = pieces_;
    pieces.insert(pieces.begin() + at, pieces_[i]);
    // The last one twice is a list that repeats a segment.
    EXPECT_EQ(VerifyPieces(pieces).has_value(), i + 1 == pieces_.size())
        << "repeated " << i;
    for (size_t j = 0; j < i; ++j) {
      pieces = pieces_;
      std::swap(pieces[i], pieces[j]);
      EXPECT_THAT(VerifyPieces(pieces), Not(IsOk())) << i << " and " << j;
    }
  }
}

// The list as the kernel shows it while it has released no segment, beside the
// segments that it repeats.
class WholeListTamperTest : public ListTamperTest {
 protected:
  const Buffer whole_ = Join(pieces_);

  // `list` instead of the piece that is no segment.
  Result<VerifiedList> VerifyWithList(const Buffer& list) const {
    return VerifyWithPiece(pieces_.size() - 1, list);
  }
};

INSTANTIATE_TEST_SUITE_P(Captured, WholeListTamperTest,
                         testing::Values(kLists.front()), NameOf);

TEST_P(WholeListTamperTest, IsVerifiedWithSegmentsAndAlone) {
  const auto beside = VerifyWithList(whole_);
  ASSERT_THAT(beside, IsOk());
  EXPECT_EQ(beside->count(), entries_.size());
  EXPECT_EQ(beside->repeated() + beside->Parts().back().records.size(),
            entries_.size());
  const auto alone = VerifyPieces({whole_});
  ASSERT_THAT(alone, IsOk());
  EXPECT_EQ(alone->count(), entries_.size());
}

// What the list repeats is nothing that a TPM attests by itself: it has to be
// what the segments are. One bit of each byte.
TEST_P(WholeListTamperTest, EveryRepeatedByteCounts) {
  const std::string list = "file-" + std::to_string(pieces_.size() - 1);
  const size_t segments = whole_.size() - pieces_.back().size();
  for (size_t byte = 0; byte < segments; ++byte) {
    const size_t bit = byte * kBitsPerByte + byte % kBitsPerByte;
    const auto refused = VerifyWithList(FlipBit(whole_, bit));
    ASSERT_THAT(refused, Not(IsOk())) << "byte " << byte;
    ASSERT_EQ(refused.error().place.file, list) << "byte " << byte;
    ASSERT_TRUE(refused.error().place.record) << "byte " << byte;
  }
}

TEST_P(WholeListTamperTest, EveryTruncationIsNoticed) {
  for (size_t size = 0; size < whole_.size(); ++size) {
    ASSERT_THAT(VerifyWithList(Front(whole_, size)), Not(IsOk())) << size;
    ASSERT_THAT(VerifyPieces({Front(whole_, size)}), Not(IsOk())) << size;
  }
}

// Without a quote: the values of those PCRs that the list extends.
TEST_P(ListTamperTest, EveryBitOfAPcrCounts) {
  ASSERT_THAT(VerifyAgainst(pieces_, pcrs_, kExact), IsOk());
  std::set<uint32_t> extended;
  for (const Entry& entry : entries_) extended.insert(entry.record.pcr);
  for (const auto& [bank, values] : pcrs_) {
    for (const uint32_t pcr : extended) {
      for (size_t bit = 0; bit < bank->size() * kBitsPerByte; ++bit) {
        PcrBanks changed = pcrs_;
        const Bytes value = values[pcr].bytes();
        changed[bank][pcr] = Digest(FlipBit({value.begin(), value.end()}, bit));
        ASSERT_THAT(VerifyAgainst(pieces_, changed, kExact), Not(IsOk()))
            << bank->name() << ", PCR " << pcr << ", bit " << bit;
      }
    }
  }
}

class QuoteTamperTest : public TamperTest {};

INSTANTIATE_TEST_SUITE_P(Captured, QuoteTamperTest, testing::ValuesIn(kQuotes),
                         NameOf);

TEST_P(QuoteTamperTest, IsVerifiedAsCaptured) {
  ASSERT_THAT(VerifyPieces(pieces_), IsOk());
}

TEST_P(QuoteTamperTest, EveryBitCounts) {
  for (size_t bit = 0; bit < message_.size() * kBitsPerByte; ++bit) {
    ASSERT_THAT(CheckQuote(FlipBit(message_, bit), signature_, nonce_),
                Not(IsOk()))
        << "message, bit " << bit;
  }
  for (size_t bit = 0; bit < signature_.size() * kBitsPerByte; ++bit) {
    ASSERT_THAT(CheckQuote(message_, FlipBit(signature_, bit), nonce_),
                Not(IsOk()))
        << "signature, bit " << bit;
  }
  for (size_t bit = 0; bit < nonce_.size() * kBitsPerByte; ++bit) {
    ASSERT_THAT(CheckQuote(message_, signature_, FlipBit(nonce_, bit)),
                Not(IsOk()))
        << "nonce, bit " << bit;
  }
}

TEST_P(QuoteTamperTest, EveryTruncationIsNoticed) {
  for (size_t size = 0; size < message_.size(); ++size) {
    ASSERT_THAT(CheckQuote(Front(message_, size), signature_, nonce_),
                Not(IsOk()))
        << "message, " << size;
  }
  for (size_t size = 0; size < signature_.size(); ++size) {
    ASSERT_THAT(CheckQuote(message_, Front(signature_, size), nonce_),
                Not(IsOk()))
        << "signature, " << size;
  }
  for (size_t size = 0; size < nonce_.size(); ++size) {
    ASSERT_THAT(CheckQuote(message_, signature_, Front(nonce_, size)),
                Not(IsOk()))
        << "nonce, " << size;
  }
}

// A quote of the same state with the other's signature or key.
TEST_P(QuoteTamperTest, HoldsWithItsOwnKeyAndSignatureOnly) {
  for (const Captured& other : kQuotes) {
    if (other.name == GetParam().name) continue;
    EXPECT_THAT(CheckQuote(message_, Read(other.quote + ".sig"), nonce_),
                Not(IsOk()))
        << other.name;
    EXPECT_THAT(CheckQuote(Read(other.quote + ".msg"), signature_, nonce_),
                Not(IsOk()))
        << other.name;
  }
}

// The values of PCRs that no record extends come from outside; the quote's
// digest holds them.
TEST(GivenPcrTamperTest, EveryBitCounts) {
  const PcrBanks given =
      ParsePcrFile(AsText(ReadTestData("pcrs/pcrs"))).value();
  const VerifiedQuote quote = CapturedQuote("pcrs/quote", "pcrs/ak.pem");
  const auto verify = [&](const PcrBanks& pcrs) {
    auto list = UnverifiedList::Parse(ToFiles({ReadTestData("pcrs/list")}),
                                      Hash::Sha1());
    const auto target =
        Target::FromQuote(quote, &pcrs, list->ExtendedPcrs(), nullptr);
    return Verify(std::move(*list), *target, kExact);
  };
  const auto verified = verify(given);
  ASSERT_THAT(verified, IsOk());
  ASSERT_EQ(verified->given_pcrs().size(), 2U);
  for (const PcrValue& pcr : verified->given_pcrs()) {
    for (size_t bit = 0; bit < pcr.value.bytes().size() * kBitsPerByte; ++bit) {
      PcrBanks changed = given;
      changed[pcr.bank][pcr.index] = Digest(
          FlipBit({pcr.value.bytes().begin(), pcr.value.bytes().end()}, bit));
      ASSERT_THAT(verify(changed), Not(IsOk())) << pcr.index << ", " << bit;
    }
  }
}

}  // namespace
}  // namespace ima::test
