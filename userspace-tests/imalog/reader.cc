// SPDX-License-Identifier: MIT
#include "imalog/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace ima {
namespace {

// What is wrong with a record.
using Fault = std::string;

tl::unexpected<Fault> Torn(std::string_view part) {
  return tl::make_unexpected(fmt::format("the file ends inside its {}", part));
}

// The data of template `ima`, which has no length of its own.
tl::expected<Bytes, Fault> TakeImaData(ByteReader& reader, Bytes file) {
  const size_t start = reader.offset();
  if (!reader.Take(kImaDigestBytes)) return Torn("file digest");
  const auto length = reader.Little<uint32_t>();
  if (!length) return Torn("length of file name");
  if (*length > kImaMaxName) {
    return tl::make_unexpected(fmt::format(
        "its file name has {} bytes, at most {} are possible in template ima",
        *length, kImaMaxName));
  }
  if (!reader.Take(*length)) return Torn("file name");
  return file.subspan(start, reader.offset() - start);
}

tl::expected<Bytes, Fault> TakeSizedData(ByteReader& reader) {
  const auto length = reader.Little<uint32_t>();
  if (!length) return Torn("length of template data");
  const auto data = reader.Take(*length);
  if (!data) {
    return tl::make_unexpected(
        fmt::format("its template data has {} bytes, the file only {} more",
                    *length, reader.remaining()));
  }
  return *data;
}

tl::expected<Record, Fault> TakeRecord(ByteReader& reader, Bytes file,
                                       size_t digest_size) {
  Record record;
  record.offset = reader.offset();

  const auto pcr = reader.Little<uint32_t>();
  if (!pcr) return Torn("PCR index");
  if (*pcr >= kPcrCount) {
    return tl::make_unexpected(
        fmt::format("its PCR index is {}, a TPM has {}", *pcr, kPcrCount));
  }
  record.pcr = *pcr;

  const auto digest = reader.Take(digest_size);
  if (!digest) return Torn("digest");
  record.digest = *digest;

  const auto name_length = reader.Little<uint32_t>();
  if (!name_length) return Torn("length of template name");
  if (*name_length == 0 || *name_length > kMaxTemplateName) {
    return tl::make_unexpected(
        fmt::format("its template name has {} bytes, 1 to {} are possible",
                    *name_length, kMaxTemplateName));
  }
  const auto name = reader.Take(*name_length);
  if (!name) return Torn("template name");
  record.template_name = AsText(*name);

  const auto data =
      record.HasImaLayout() ? TakeImaData(reader, file) : TakeSizedData(reader);
  if (!data) return tl::make_unexpected(data.error());
  record.data = *data;
  record.bytes = file.subspan(record.offset, reader.offset() - record.offset);
  return record;
}

}  // namespace

bool Record::IsViolation() const {
  return std::all_of(digest.begin(), digest.end(),
                     [](uint8_t byte) { return byte == 0; });
}

Result<std::vector<Record>> ReadRecords(Bytes file, size_t digest_size,
                                        uint64_t first_number) {
  std::vector<Record> records;
  ByteReader reader(file);
  while (reader.remaining() > 0) {
    const size_t offset = reader.offset();
    auto record = TakeRecord(reader, file, digest_size);
    if (!record) {
      return BadInput(record.error(), {.file = {},
                                       .record = first_number + records.size(),
                                       .offset = offset});
    }
    records.push_back(*record);
  }
  return records;
}

}  // namespace ima
