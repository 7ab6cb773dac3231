// SPDX-License-Identifier: MIT
// The measurement list: segments and what the kernel shows, joined. The kernel
// shows the records of its segments, too, until they are released: what a list
// repeats of them counts once.
//
// Parsing gives an UnverifiedList, whose records cannot be looked at. Only
// Verify() turns it into a VerifiedList, which hands out those records that the
// TPM attests.
#ifndef USERSPACE_TESTS_VERIFY_LIST_H_
#define USERSPACE_TESTS_VERIFY_LIST_H_

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "imalog/reader.h"
#include "util/hash.h"
#include "util/result.h"
#include "verify/target.h"

namespace ima {

// A file as it was read.
struct InputFile {
  std::string name;  // for messages
  std::vector<uint8_t> contents;
};

// A file's records, which refer to its contents.
struct Piece {
  InputFile file;
  uint64_t first_record = 0;  // number over all pieces, of the first new one
  std::vector<Record> records;
  size_t repeated = 0;  // of the records: those that stand in pieces before

  std::span<const Record> New() const {
    return std::span(records).subspan(repeated);
  }
};

struct VerifyOptions {
  // Names of templates to accept without knowing their fields.
  std::vector<std::string> allowed_templates;
  // Refuse records that were added after the quote.
  bool exact = false;
};

class VerifiedList;

class UnverifiedList {
 public:
  // `files`: the segments in order, then the list as the kernel showed it,
  // which alone may be empty, and may begin with the bytes of segments once
  // more: whole ones, in order and up to the last. `column`: the hash of the
  // digest column. Record numbers in errors count over all files, from 0.
  static Result<UnverifiedList> Parse(std::vector<InputFile> files,
                                      const Hash& column);

  // The PCRs that any record claims to extend, and PCR 10 always: whoever
  // leaves out all of its records must not have its value taken from outside.
  std::set<uint32_t> ExtendedPcrs() const;

  // Move-only: records refer to contents.
  UnverifiedList(UnverifiedList&&) = default;
  UnverifiedList& operator=(UnverifiedList&&) = default;

 private:
  friend class Verifier;
  UnverifiedList() = default;

  std::vector<Piece> pieces_;
  // What Piece::repeated of the last piece can be: the most first, 0 last.
  std::vector<size_t> repeats_;
  const Hash* column_ = nullptr;
};

class VerifiedList {
 public:
  // How many records the TPM attests: numbers 0 to count - 1.
  uint64_t count() const { return count_; }
  // How many come after those, in the last file. The TPM says nothing of them.
  uint64_t count_after() const { return count_after_; }
  uint64_t violations() const { return violations_; }  // of the covered ones
  // How many records of segments the last file begins with once more.
  uint64_t repeated() const { return pieces_.back().repeated; }
  // The values after the last covered record.
  const std::vector<PcrValue>& pcrs() const { return pcrs_; }
  // Those that came from outside: no record extends these PCRs.
  const std::vector<PcrValue>& given_pcrs() const { return given_pcrs_; }

  struct Part {
    std::string_view file;
    uint64_t first_record;
    std::span<const Record> records;  // covered ones that are not repeated
  };
  // One a file.
  std::vector<Part> Parts() const;

  // Move-only: records refer to contents.
  VerifiedList(VerifiedList&&) = default;
  VerifiedList& operator=(VerifiedList&&) = default;

 private:
  friend class Verifier;
  VerifiedList() = default;

  std::vector<Piece> pieces_;
  uint64_t count_ = 0;
  uint64_t count_after_ = 0;
  uint64_t violations_ = 0;
  std::vector<PcrValue> pcrs_;
  std::vector<PcrValue> given_pcrs_;
};

// Replays `list` until it reaches `target`, which must happen at the end of the
// last segment or later. Every record, also those behind that point, must fit
// its template and its own digest. The reason of a failure names the first
// record or file that is seen not to fit, as far as that can be told.
//
// Where more than one number of segments can be what the last file repeats (a
// violation, say, may have happened again), the largest with which `target` is
// reached is taken.
Result<VerifiedList> Verify(UnverifiedList list, const Target& target,
                            const VerifyOptions& options = {});

}  // namespace ima

#endif  // USERSPACE_TESTS_VERIFY_LIST_H_
