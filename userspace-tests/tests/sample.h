// SPDX-License-Identifier: MIT
// Records made up for tests, and the captured ones in testdata/.
#ifndef USERSPACE_TESTS_TESTS_SAMPLE_H_
#define USERSPACE_TESTS_TESTS_SAMPLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imalog/reader.h"
#include "quote/quote.h"
#include "util/hash.h"
#include "verify/list.h"
#include "verify/pcr_file.h"

namespace ima::test {

using Buffer = std::vector<uint8_t>;

// The bytes of `text`.
Buffer ToBuffer(std::string_view text);
Buffer Join(const std::vector<Buffer>& parts);

// 32-bit little-endian.
Buffer Word(uint32_t value);

// A field of template data: its length and `text`.
Buffer Field(std::string_view text);

// A record with arbitrary parts.
Buffer RawRecord(uint32_t pcr, const Buffer& digest, std::string_view name,
                 const Buffer& data);

// A sound record with this template and these fields; its digest is SHA-1.
Buffer MakeRecord(std::string_view name, const std::vector<Buffer>& fields,
                  uint32_t pcr = 10);

// A sound ima-ng record about the file `path`.
Buffer NgRecord(std::string_view path, uint32_t pcr = 10);

// A sound record of template ima. `file_digest` has 20 bytes.
Buffer ImaRecord(std::string_view file_digest, std::string_view path);

// An ima-ng violation: zeros for both digests.
Buffer Violation(std::string_view path, uint32_t pcr = 10);

// The records in `bytes`, which must outlive them, and the only one.
std::vector<Record> ParseAll(const Buffer& bytes);
Record ParseOne(const Buffer& bytes);

// PCR values after a replay of the concatenated `pieces`, all banks that
// `banks` names.
PcrBanks ReplayAll(const std::vector<Buffer>& pieces,
                   const std::vector<std::string_view>& banks);

// The pieces as files named "file-0", "file-1", ….
std::vector<InputFile> ToFiles(const std::vector<Buffer>& pieces);

// Parses and verifies `pieces` against PCR values.
Result<VerifiedList> VerifyAgainst(const std::vector<Buffer>& pieces,
                                   const PcrBanks& pcrs,
                                   const VerifyOptions& options = {});

// The file testdata/`name`; ends the test program if it cannot be read.
Buffer ReadTestData(const std::string& name);

// The nonce of all captured quotes.
Buffer CapturedNonce();

// A captured quote, checked: testdata/`stem`.msg and `stem`.sig, signed with
// the key in testdata/`key`.
VerifiedQuote CapturedQuote(const std::string& stem, const std::string& key);

}  // namespace ima::test

#endif  // USERSPACE_TESTS_TESTS_SAMPLE_H_
