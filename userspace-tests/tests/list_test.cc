// SPDX-License-Identifier: MIT
#include "verify/list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"
#include "tests/signer.h"

namespace ima::test {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string_view> kBothBanks = {"sha1", "sha256"};

const Buffer kBoot = NgRecord("boot_aggregate");
const Buffer kA = NgRecord("/a");
const Buffer kB = NgRecord("/b");
const Buffer kC = NgRecord("/c");
const Buffer kD = NgRecord("/d");
const Buffer kViolation = Violation("/v");
const Buffer kOther = NgRecord("/other", 11);

// kB with another name and kB's digest.
const Buffer kUnfit = [] {
  Buffer record = kB;
  record[record.size() - 2] = 'x';
  return record;
}();

const VerifyOptions kExact = {{}, true};

PcrBanks After(const std::vector<Buffer>& records) {
  return ReplayAll(records, kBothBanks);
}

// Verifies `pieces` against PCRs that `records` extended.
Result<VerifiedList> VerifyAfter(const std::vector<Buffer>& records,
                                 const std::vector<Buffer>& pieces,
                                 const VerifyOptions& options = {}) {
  return VerifyAgainst(pieces, After(records), options);
}

// Verifies `pieces` against a quote of the PCRs that `records` extended.
Result<VerifiedList> VerifyQuoted(const std::vector<PcrSelection>& selections,
                                  const std::vector<Buffer>& records,
                                  const std::vector<Buffer>& pieces,
                                  const PcrBanks* given = nullptr,
                                  const Hash* bank = nullptr) {
  auto list = UnverifiedList::Parse(ToFiles(pieces), Hash::Sha1());
  if (!list) return tl::make_unexpected(list.error());
  const auto quote =
      MakeQuote({.selections = selections,
                 .pcr_digest = DigestOf(After(records), selections)});
  const auto target =
      Target::FromQuote(quote, given, list->ExtendedPcrs(), bank);
  if (!target) return tl::make_unexpected(target.error());
  return Verify(std::move(*list), *target);
}

std::vector<std::string> PathsOf(const VerifiedList::Part& part) {
  std::vector<std::string> paths;
  for (const Record& record : part.records) {
    const auto text = AsText(record.data);
    paths.emplace_back(text.substr(text.find('/'), 2));
  }
  return paths;
}

TEST(List, IsVerifiedHoweverCut) {
  const std::vector<Buffer> records = {kBoot, kA, kViolation, kB, kC};
  for (size_t first = 1; first < records.size(); ++first) {
    for (size_t second = first + 1; second <= records.size(); ++second) {
      const auto at = [&](size_t i) {
        return records.begin() + static_cast<std::ptrdiff_t>(i);
      };
      const auto verified =
          VerifyAfter(records, {Join({records.begin(), at(first)}),
                                Join({at(first), at(second)}),
                                Join({at(second), records.end()})});
      ASSERT_THAT(verified, IsOk()) << first << ", " << second;
      EXPECT_EQ(verified->count(), records.size());
      EXPECT_EQ(verified->count_after(), 0U);
      EXPECT_EQ(verified->violations(), 1U);
    }
  }
}

TEST(List, HandsOutWhatIsAttested) {
  const auto verified =
      VerifyAfter({kA, kB, kViolation}, {kA, Join({kB, kViolation, kC})});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->count(), 3U);
  EXPECT_EQ(verified->count_after(), 1U);
  const auto parts = verified->Parts();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].file, "file-0");
  EXPECT_EQ(parts[0].first_record, 0U);
  EXPECT_THAT(PathsOf(parts[0]), ElementsAre("/a"));
  EXPECT_EQ(parts[1].first_record, 1U);
  EXPECT_THAT(PathsOf(parts[1]), ElementsAre("/b", "/v"));
  ASSERT_EQ(verified->pcrs().size(), 2U);
  for (const PcrValue& pcr : verified->pcrs()) {
    EXPECT_EQ(pcr.index, 10U);
    EXPECT_TRUE(
        SameBytes(pcr.value.bytes(),
                  After({kA, kB, kViolation})[pcr.bank][pcr.index].bytes()));
  }
}

TEST(List, MayEndWithAnEmptyFile) {
  const auto verified = VerifyAfter({kBoot, kA}, {Join({kBoot, kA}), {}});
  ASSERT_THAT(verified, IsOk());
  EXPECT_THAT(verified->Parts()[1].records.size(), 0U);
}

TEST(List, HasNoEmptySegment) {
  const auto refused = VerifyAfter({kBoot, kA}, {kBoot, {}, kA});
  ASSERT_THAT(refused, FailsWith(Verdict::kBadInput, "is empty"));
  EXPECT_EQ(refused.error().place.file, "file-1");
  EXPECT_THAT(VerifyAfter({kBoot}, {{}}),
              FailsWith(Verdict::kBadInput, "no record in any file"));
}

// As the kernel shows it while it has not released these segments.
TEST(List, MayRepeatTheLastSegments) {
  const std::vector<Buffer> records = {kBoot, kA, kViolation, kB, kC};
  const Buffer first = Join({kBoot, kA});
  const Buffer second = Join({kViolation, kB});
  const std::vector<std::pair<Buffer, uint64_t>> lists = {
      {kC, 0}, {Join({second, kC}), 2}, {Join({first, second, kC}), 4}};
  for (const auto& [list, repeated] : lists) {
    const auto verified = VerifyAfter(records, {first, second, list}, kExact);
    ASSERT_THAT(verified, IsOk()) << repeated;
    EXPECT_EQ(verified->count(), records.size());
    EXPECT_EQ(verified->repeated(), repeated);
    EXPECT_EQ(verified->violations(), 1U);
    const auto part = verified->Parts()[2];
    EXPECT_EQ(part.first_record, 4U);
    EXPECT_THAT(PathsOf(part), ElementsAre("/c"));
  }
}

TEST(List, MayRepeatAllThatThereIs) {
  const auto verified =
      VerifyAfter({kBoot, kA}, {kBoot, kA, Join({kBoot, kA})}, kExact);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->count(), 2U);
  EXPECT_EQ(verified->repeated(), 2U);
  EXPECT_THAT(verified->Parts()[2].records.size(), 0U);
}

// Nobody need have a segment while the kernel shows it.
TEST(List, MayBeTheOnlyFile) {
  const auto verified = VerifyAfter({kBoot, kA, kB}, {Join({kBoot, kA, kB})});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->repeated(), 0U);
}

// A segment that only the list has stands behind those that it repeats.
TEST(List, MayHaveMoreSegmentsThanFiles) {
  const auto verified =
      VerifyAfter({kBoot, kA, kB, kC}, {kBoot, kA, Join({kA, kB, kC})});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->repeated(), 1U);
}

// What is attested tells what is a repeat and what has happened again.
TEST(List, RepeatsNoMoreThanIsAttested) {
  const std::vector<Buffer> pieces = {kBoot, kViolation, kViolation,
                                      Join({kViolation, kViolation, kA})};
  for (const size_t repeated : {2, 1, 0}) {
    std::vector<Buffer> records = {kBoot, kViolation, kViolation};
    records.insert(records.end(), 2 - repeated, kViolation);
    records.push_back(kA);
    const auto verified = VerifyAfter(records, pieces, kExact);
    ASSERT_THAT(verified, IsOk()) << repeated;
    EXPECT_EQ(verified->count(), records.size());
    EXPECT_EQ(verified->repeated(), repeated);
  }
}

// kBoot, kA | kB, kC, and a list that repeats them otherwise than the kernel.
class RepeatTest : public testing::Test {
 protected:
  // The list is `records`; what is attested is a list without the fault, or
  // nothing of it.
  static void ExpectRefused(const std::vector<Buffer>& records,
                            const char* reason, uint64_t record,
                            uint64_t offset) {
    const std::vector<Buffer> segments = {kBoot, kA, kB, kC};
    for (const auto& attested : {segments, {kBoot, kA, kB, kC, kD}}) {
      const auto refused = VerifyAfter(
          attested, {Join({kBoot, kA}), Join({kB, kC}), Join(records)});
      EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, reason));
      ASSERT_THAT(refused, FailsAtRecord(record));
      EXPECT_EQ(refused.error().place.file, "file-2");
      EXPECT_EQ(refused.error().place.offset, offset);
    }
  }

  static constexpr const char* kOverlap = "overlap: ";
  static constexpr const char* kPart = "but a list repeats whole segments only";
};

TEST_F(RepeatTest, OfAPartOfASegmentIsRefused) {
  const size_t size = kBoot.size() + kA.size();
  ExpectRefused({kBoot, kA, kB, kD}, kPart, 7, size + kB.size());
  ExpectRefused({kBoot, kA, kD}, kPart, 6, size);
  ExpectRefused({kB, kD}, kPart, 5, kB.size());
}

TEST_F(RepeatTest, ThatEndsTooEarlyIsRefused) {
  ExpectRefused({kBoot, kA, kB}, kPart, 7,
                kBoot.size() + kA.size() + kB.size());
  ExpectRefused({kBoot, kA}, kPart, 6, kBoot.size() + kA.size());
}

TEST_F(RepeatTest, FromTheMiddleOfASegmentIsRefused) {
  ExpectRefused({kC, kD}, kOverlap, 4, 0);
  ExpectRefused({kA, kB, kC, kD}, kOverlap, 4, 0);
}

TEST_F(RepeatTest, InAnotherOrderIsRefused) {
  const size_t size = kB.size() + kC.size();
  ExpectRefused({kB, kC, kBoot, kA, kD}, kPart, 6,
                size + kBoot.size() + kA.size());
}

TEST_F(RepeatTest, TwiceIsRefused) {
  const size_t size = kBoot.size() + kA.size();
  ExpectRefused({kBoot, kA, kB, kC, kBoot, kA, kB, kC, kD}, kOverlap, 4,
                size + kB.size() + kC.size());
  ExpectRefused({kB, kC, kB, kC, kD}, kOverlap, 4, kB.size() + kC.size());
  ExpectRefused({kBoot, kA, kBoot, kA, kB, kC, kD}, kPart, 6, size);
}

// Not taken for a violation that happened again, and whatever comes then.
TEST_F(RepeatTest, ThatIsWrongLaterIsNoOther) {
  const auto refused = VerifyAfter(
      {kBoot, kA, kViolation},
      {Join({kBoot, kA}), kViolation, Join({kViolation, kBoot, kA, kB})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, kPart));
  EXPECT_THAT(refused, FailsAtRecord(5));
}

TEST_F(RepeatTest, WithAChangedRecordIsRefused) {
  const size_t size = kBoot.size() + kA.size();
  ExpectRefused({kBoot, kA, kUnfit, kC, kD}, "its sha1 digest", 6, size);
  // Where no digest tells: the PCR's number.
  Buffer moved = kB;
  moved[0] ^= 1;
  const auto refused = VerifyAfter(
      {kBoot, kA, kB, kC},
      {Join({kBoot, kA}), Join({kB, kC}), Join({kBoot, kA, moved, kC})},
      kExact);
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, kPart));
  EXPECT_THAT(refused, FailsAtRecord(6));
}

TEST_F(RepeatTest, TornIsBadInput) {
  const Buffer whole = Join({kBoot, kA, kB, kC});
  const Buffer torn(whole.begin(), whole.end() - 1);
  const auto refused = VerifyAfter({kBoot, kA, kB, kC},
                                   {Join({kBoot, kA}), Join({kB, kC}), torn});
  EXPECT_THAT(refused, FailsWith(Verdict::kBadInput, "the file only"));
  EXPECT_EQ(refused.error().place.file, "file-2");
  EXPECT_EQ(refused.error().place.offset, whole.size() - kC.size());
}

// What follows a whole repeat has the number that it has in the list.
TEST_F(RepeatTest, LeavesNumbersAsTheyAre) {
  const auto refused =
      VerifyAfter({kBoot, kA, kB}, {kBoot, kA, Join({kBoot, kA, kUnfit})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "its sha1 digest"));
  EXPECT_THAT(refused, FailsAtRecord(2));
  EXPECT_EQ(refused.error().place.offset, kBoot.size() + kA.size());
  const auto torn =
      VerifyAfter({kBoot, kA, kB}, {kBoot, kA, Join({kBoot, kA, {kB[0]}})});
  EXPECT_THAT(torn, FailsWith(Verdict::kBadInput, "ends inside"));
  EXPECT_THAT(torn, FailsAtRecord(2));
}

// Changed the same way in both: the record is at fault, not the repeat.
TEST_F(RepeatTest, OfAChangedSegmentIsRefusedThere) {
  const auto refused =
      VerifyAfter({kBoot, kB}, {kBoot, kUnfit, Join({kBoot, kUnfit})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "its sha1 digest"));
  EXPECT_THAT(refused, FailsAtRecord(1));
  EXPECT_EQ(refused.error().place.file, "file-1");
}

TEST(List, TellsWhereItIsTorn) {
  const auto torn = VerifyAfter({kBoot}, {Join({kBoot, kA}), {kB[0]}});
  ASSERT_THAT(torn, FailsWith(Verdict::kBadInput, "the file ends inside"));
  EXPECT_EQ(torn.error().place.file, "file-1");
  EXPECT_EQ(torn.error().place.record, 2U);
  EXPECT_EQ(torn.error().place.offset, 0U);
}

TEST(List, TellsWhichRecordDoesNotFitItsDigest) {
  const auto refused =
      VerifyAfter({kBoot, kA, kB}, {kBoot, Join({kA, kUnfit})});
  ASSERT_THAT(refused, FailsWith(Verdict::kNotVerified, "its sha1 digest"));
  EXPECT_EQ(refused.error().place.file, "file-1");
  EXPECT_EQ(refused.error().place.record, 2U);
  EXPECT_EQ(refused.error().place.offset, kA.size());
}

// What comes behind the quote counts for nothing, and needs no attested PCR.
TEST(List, CountsOnlyWhatIsAttested) {
  const std::vector<Buffer> pieces = {Join({kBoot, kViolation, kOther})};
  const auto verified = VerifyQuoted({{kTpmAlgSha256, {10}}}, {kBoot}, pieces);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->count(), 1U);
  EXPECT_EQ(verified->count_after(), 2U);
  EXPECT_EQ(verified->violations(), 0U);
}

// Even what nothing attests is held to its digest and template.
TEST(List, ChecksRecordsBehindTheQuote) {
  EXPECT_THAT(VerifyAfter({kBoot}, {Join({kBoot, kUnfit})}), FailsAtRecord(1));
}

TEST(List, NoticesRecordsChangedWithTheirDigest) {
  EXPECT_THAT(VerifyAfter({kBoot, kA, kB}, {Join({kBoot, kC, kB})}),
              FailsWith(Verdict::kNotVerified, "the replay of records 0 to 2"));
  EXPECT_THAT(VerifyAfter({kBoot, kA}, {Join({kBoot, kViolation})}),
              FailsWith(Verdict::kNotVerified, "does not lead to"));
}

TEST(List, NoticesMissingRecords) {
  EXPECT_THAT(
      VerifyAfter({kBoot, kA, kB, kC}, {Join({kBoot, kA}), kC}),
      FailsWith(Verdict::kNotVerified, "PCR 10 (sha1), PCR 10 (sha256)"));
  EXPECT_THAT(VerifyAfter({kBoot, kA, kB}, {kBoot, kA}),
              FailsWith(Verdict::kNotVerified, "does not lead to"));
}

TEST(List, NoticesAMissingStart) {
  const auto refused = VerifyAfter({kBoot, kA, kB}, {kA, kB});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified,
                                 "not begin with boot_aggregate"));
  EXPECT_THAT(refused, FailsAtRecord(0));
}

TEST(List, NoticesFilesOutOfOrder) {
  EXPECT_THAT(VerifyAfter({kBoot, kA, kB}, {kA, kBoot, kB}), FailsAtRecord(0));
  EXPECT_THAT(VerifyAfter({kBoot, kA, kB, kC},
                          {Join({kBoot, kA}), kC, Join({kBoot, kB})}),
              FailsAtRecord(3));
}

TEST(List, NoticesOverlaps) {
  const auto refused = VerifyAfter({kBoot, kA, kB, kC},
                                   {Join({kBoot, kA, kB}), Join({kA, kB, kC})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "the last 2 records"));
  EXPECT_THAT(refused, FailsAtRecord(3));
  EXPECT_EQ(refused.error().place.file, "file-1");
}

// The quote fits the segments, and the list after them is their end again.
TEST(List, NoticesAnOverlapBehindTheQuote) {
  const auto refused =
      VerifyAfter({kBoot, kA, kB}, {Join({kBoot, kA, kB}), Join({kA, kB, kC})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "overlap"));
  EXPECT_THAT(refused, FailsAtRecord(3));
}

// The same violation happens again and again.
TEST(List, TakesRepeatedViolationsForNoOverlap) {
  const std::vector<Buffer> records = {kBoot, kViolation, kViolation, kA};
  EXPECT_THAT(
      VerifyAfter(records, {Join({kBoot, kViolation}), Join({kViolation, kA})}),
      IsOk());
  EXPECT_THAT(
      VerifyAfter({kBoot, kViolation}, {Join({kBoot, kViolation}), kViolation}),
      IsOk());
}

TEST(List, TakesBootAggregateAgainAfterKexec) {
  EXPECT_THAT(VerifyAfter({kBoot, kA, kBoot, kB},
                          {Join({kBoot, kA}), Join({kBoot, kB})}),
              IsOk());
}

TEST(List, NoticesAQuoteOlderThanASegment) {
  const auto refused = VerifyAfter({kBoot, kA}, {Join({kBoot, kA, kB}), kC});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "older than"));
  EXPECT_THAT(refused, FailsAtRecord(2));
}

TEST(List, RefusesWhatWasAddedOnRequest) {
  const std::vector<Buffer> pieces = {kBoot, Join({kA, kB})};
  EXPECT_THAT(VerifyAfter({kBoot, kA}, pieces), IsOk());
  const auto refused = VerifyAfter({kBoot, kA}, pieces, kExact);
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "--exact"));
  EXPECT_THAT(refused, FailsAtRecord(2));
  EXPECT_THAT(VerifyAfter({kBoot, kA, kB}, pieces, kExact), IsOk());
}

TEST(List, RefusesUnknownTemplatesUnlessAllowed) {
  const Buffer record = MakeRecord("future", {Field("x")});
  EXPECT_THAT(VerifyAfter({kBoot, record}, {kBoot, record}), FailsAtRecord(1));
  EXPECT_THAT(VerifyAfter({kBoot, record}, {kBoot, record},
                          {.allowed_templates = {"future"}}),
              IsOk());
}

TEST(List, ReplaysSeveralPcrsAndTemplates) {
  const std::vector<Buffer> records = {
      kBoot, kOther, ImaRecord(std::string(20, 'd'), "/ima"),
      MakeRecord("ima-sig",
                 {Field(std::string("sha1:\0", 6) + std::string(20, 'd')),
                  Field(std::string("/sig\0", 5)), Field("\x03s")}),
      Violation("/v", 11)};
  const auto verified = VerifyAfter(records, {Join(records)});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->pcrs().size(), 4U);
  EXPECT_THAT(VerifyQuoted({{kTpmAlgSha256, {10, 11}}, {kTpmAlgSha1, {11}}},
                           records, {Join(records)}),
              IsOk());
}

TEST(List, RefusesPcrsThatNothingAttests) {
  const auto refused =
      VerifyQuoted({{kTpmAlgSha256, {10}}}, {kBoot, kOther, kA},
                   {Join({kBoot, kOther, kA})});
  EXPECT_THAT(refused, FailsWith(Verdict::kNotVerified, "no attested value"));
  EXPECT_THAT(refused, FailsAtRecord(1));
}

// Each PCR must be attested in the bank asked for, not just any PCR in it.
TEST(List, RefusesPcrsAttestedInAnotherBankOnly) {
  const std::vector<Buffer> records = {kBoot, kOther};
  const std::vector<PcrSelection> selections = {{kTpmAlgSha1, {10, 11}},
                                                {kTpmAlgSha256, {11}}};
  EXPECT_THAT(VerifyQuoted(selections, records, {Join(records)}), IsOk());
  EXPECT_THAT(VerifyQuoted(selections, records, {Join(records)}, nullptr,
                           Hash::FromName("sha256")),
              FailsAtRecord(0));
}

// PCR values from outside must not explain away records that are left out.
TEST(List, RefusesToTakePcr10FromOutside) {
  const std::vector<Buffer> records = {kBoot, kOther};
  const std::vector<PcrSelection> selections = {{kTpmAlgSha256, {10, 11}}};
  const PcrBanks given = After(records);
  EXPECT_THAT(VerifyQuoted(selections, records, {Join(records)}, &given),
              IsOk());
  EXPECT_THAT(VerifyQuoted(selections, records, {kOther}, &given),
              FailsWith(Verdict::kNotVerified, "boot_aggregate"));
  EXPECT_THAT(VerifyAfter(records, {kOther}),
              FailsWith(Verdict::kNotVerified, "boot_aggregate"));
}

TEST(List, ReportsPcrsTakenFromOutside) {
  const PcrBanks given = After({kBoot});
  const auto verified =
      VerifyQuoted({{kTpmAlgSha256, {0, 10}}}, {kBoot}, {kBoot}, &given);
  ASSERT_THAT(verified, IsOk());
  ASSERT_EQ(verified->pcrs().size(), 1U);
  EXPECT_EQ(verified->pcrs()[0].index, 10U);
  ASSERT_EQ(verified->given_pcrs().size(), 1U);
  EXPECT_EQ(verified->given_pcrs()[0].index, 0U);
}

// They attest SHA-1 at best: not what a bank sha256 promises.
TEST(List, RefusesPaddedDigests) {
  const Hash* bank = Hash::FromName("sha256");
  Replay replay({bank}, Replay::Digests::kSha1);
  replay.Extend(ParseOne(kBoot));
  PcrBanks values = ReplayAll({}, {"sha256"});
  values[bank][10] = Digest(replay.Value(*bank, 10));
  EXPECT_THAT(VerifyAgainst({kBoot}, values),
              FailsWith(Verdict::kNotVerified, "padded SHA-1"));
}

TEST(List, ReadsOtherDigestColumns) {
  const Hash& sha256 = *Hash::FromName("sha256");
  Hasher hasher;
  const Record record = ParseOne(kBoot);
  const Digest digest = TemplateDigest(record, sha256, hasher);
  const Buffer file =
      RawRecord(10, {digest.bytes().begin(), digest.bytes().end()}, "ima-ng",
                {record.data.begin(), record.data.end()});
  auto list = UnverifiedList::Parse(ToFiles({file}), sha256);
  ASSERT_THAT(list, IsOk());
  const auto target =
      Target::FromPcrs(After({kBoot}), list->ExtendedPcrs(), nullptr);
  EXPECT_THAT(Verify(std::move(*list), *target), IsOk());
}

}  // namespace
}  // namespace ima::test
