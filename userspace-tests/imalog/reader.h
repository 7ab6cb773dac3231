// SPDX-License-Identifier: MIT
// Parses the binary measurement list of IMA, and segments in template format,
// into records. No I/O, and no judgement about what a record says.
//
// Source of the format: ima_measurements_show() in
// security/integrity/ima/ima_fs.c. All numbers are 32-bit little-endian:
//   PCR, digest, length of name, name, [length of data], data
// Template `ima` has no length of data; its data is a digest of 20 bytes, the
// length of a file name, and that name.
#ifndef USERSPACE_TESTS_IMALOG_READER_H_
#define USERSPACE_TESTS_IMALOG_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "util/bytes.h"
#include "util/result.h"

namespace ima {

inline constexpr uint32_t kPcrCount = 24;

// IMA_TEMPLATE_NUM_FIELDS_MAX fields, each of IMA_TEMPLATE_FIELD_ID_MAX_LEN
// characters and a separator: the longest name, that of a custom format.
inline constexpr size_t kMaxTemplateName = size_t{15} * (16 + 1);

// The `d` field and the file name of template `ima`.
inline constexpr size_t kImaDigestBytes = 20;
inline constexpr size_t kImaMaxName = 255;

inline constexpr std::string_view kImaTemplate = "ima";

// One record as it stands in a file, whose bytes the spans refer to.
struct Record {
  uint32_t pcr = 0;
  Bytes digest;                    // all zero for a violation
  std::string_view template_name;  // arbitrary bytes
  Bytes data;                      // the template data, with its field lengths
  Bytes bytes;                     // the whole record
  size_t offset = 0;               // of the record in its file

  bool IsViolation() const;
  bool HasImaLayout() const { return template_name == kImaTemplate; }

  // The file name in a record that HasImaLayout().
  Bytes ImaName() const {
    return data.subspan(kImaDigestBytes + sizeof(uint32_t));
  }
};

// The records of `file`, which must be whole ones up to its end. `digest_size`
// is that of the digest column: 20, or a bank's for `…_measurements_<bank>`.
// An error has the record's number (counted from `first_number`) and offset.
Result<std::vector<Record>> ReadRecords(Bytes file, size_t digest_size,
                                        uint64_t first_number = 0);

}  // namespace ima

#endif  // USERSPACE_TESTS_IMALOG_READER_H_
