// SPDX-License-Identifier: MIT
#include "imalog/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/matchers.h"
#include "tests/sample.h"

namespace ima::test {
namespace {

constexpr size_t kSha1Bytes = 20;

auto Read(const Buffer& file) { return ReadRecords(file, kSha1Bytes); }

// One record of each layout, a violation among them.
std::vector<Buffer> Samples() {
  return {NgRecord("/bin/true"), Violation("/var/log/wtmp"),
          ImaRecord("01234567890123456789", "/bin/false"), NgRecord("x", 11)};
}

TEST(Reader, ReadsEveryPart) {
  const Buffer file = Join(Samples());
  const auto records = Read(file);
  ASSERT_THAT(records, IsOk());
  ASSERT_EQ(records->size(), 4U);
  const Record& first = (*records)[0];
  EXPECT_EQ(first.pcr, 10U);
  EXPECT_EQ(first.template_name, "ima-ng");
  EXPECT_EQ(first.digest.data(), file.data() + 4);
  EXPECT_EQ(first.offset, 0U);
  EXPECT_EQ(first.bytes.size(), NgRecord("/bin/true").size());
  EXPECT_EQ(first.data.data() + first.data.size(),
            first.bytes.data() + first.bytes.size());
  EXPECT_FALSE(first.IsViolation());

  EXPECT_TRUE((*records)[1].IsViolation());
  EXPECT_EQ((*records)[1].offset, first.bytes.size());

  EXPECT_TRUE((*records)[2].HasImaLayout());
  EXPECT_EQ(AsText((*records)[2].data),
            std::string("01234567890123456789\x0a\0\0\0/bin/false", 34));
  EXPECT_EQ((*records)[3].pcr, 11U);
}

TEST(Reader, TakesAnEmptyFileForNoRecord) { EXPECT_THAT(Read({})->size(), 0U); }

// A file cut at any byte is whole only where a record ends.
TEST(Reader, NoticesATornRecordAtEveryByte) {
  size_t start = 0;
  uint64_t number = 0;
  const Buffer file = Join(Samples());
  for (const Buffer& sample : Samples()) {
    for (size_t size = 1; size < sample.size(); ++size) {
      const Buffer torn(
          file.begin(),
          file.begin() + static_cast<std::ptrdiff_t>(start + size));
      const auto records = Read(torn);
      ASSERT_THAT(records, FailsAtRecord(number)) << start + size;
      EXPECT_EQ(records.error().verdict, Verdict::kBadInput);
      EXPECT_EQ(records.error().place.offset, start);
    }
    start += sample.size();
    ++number;
  }
}

TEST(Reader, CountsRecordsFromTheNumberGiven) {
  const Buffer file = Join({NgRecord("a"), ToBuffer("x")});
  EXPECT_THAT(ReadRecords(file, kSha1Bytes, 7), FailsAtRecord(8));
}

TEST(Reader, HoldsPcrIndexesToThoseOfATpm) {
  EXPECT_THAT(Read(NgRecord("a", 23)), IsOk());
  EXPECT_THAT(Read(NgRecord("a", 24)),
              FailsWith(Verdict::kBadInput, "PCR index is 24"));
  EXPECT_THAT(Read(NgRecord("a", 0x0a000000)),
              FailsWith(Verdict::kBadInput, "PCR index"));
}

TEST(Reader, BoundsTheTemplateName) {
  const Buffer digest(kSha1Bytes, 1);
  const auto record = [&](size_t size) {
    return RawRecord(10, digest, std::string(size, 'x'), {});
  };
  EXPECT_THAT(Read(record(0)), FailsWith(Verdict::kBadInput, "name has 0"));
  EXPECT_THAT(Read(record(1)), IsOk());
  EXPECT_THAT(Read(record(255)), IsOk());
  EXPECT_THAT(Read(record(256)), FailsWith(Verdict::kBadInput, "name has 256"));
}

// A length near 2^32 must neither wrap around nor be allocated.
TEST(Reader, BoundsTemplateDataByTheFile) {
  const Buffer start = Join({Word(10), Buffer(kSha1Bytes, 1), Field("ima-ng")});
  EXPECT_THAT(Read(Join({start, Word(2), ToBuffer("ab")})), IsOk());
  for (const uint32_t size : {3U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_THAT(Read(Join({start, Word(size), ToBuffer("ab")})),
                FailsWith(Verdict::kBadInput, "the file only 2 more"));
  }
}

TEST(Reader, BoundsTheFileNameOfTemplateIma) {
  const std::string digest(20, 'd');
  EXPECT_THAT(Read(ImaRecord(digest, std::string(255, 'n'))), IsOk());
  const Buffer start = Join({Word(10), Buffer(kSha1Bytes, 1), Field("ima")});
  EXPECT_THAT(
      Read(Join({start, ToBuffer(digest), Word(256), Buffer(256, 'n')})),
      FailsWith(Verdict::kBadInput, "file name has 256"));
}

TEST(Reader, ReadsOtherDigestColumns) {
  const Buffer file =
      RawRecord(10, Buffer(32, 7), "ima-ng", NgRecord("irrelevant"));
  const auto records = ReadRecords(file, 32);
  ASSERT_THAT(records, IsOk());
  EXPECT_EQ(records->at(0).digest.size(), 32U);
  EXPECT_EQ(records->at(0).template_name, "ima-ng");
}

}  // namespace
}  // namespace ima::test
