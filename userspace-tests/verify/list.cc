// SPDX-License-Identifier: MIT
#include "verify/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "imalog/replay.h"
#include "imalog/template.h"
#include "verify/overlap.h"

namespace ima {
namespace {

// CONFIG_IMA_MEASURE_PCR_IDX, unless somebody changed it.
constexpr uint32_t kImaPcr = 10;

// Only for a hint in a message: a file can have that name, too.
bool LooksLikeBootAggregate(const Record& record) {
  return AsText(record.data).find("boot_aggregate") != std::string_view::npos;
}

// Whether the same records again can only be a copy. The kernel records a
// violation as often as it happens, and boot_aggregate after each kexec.
bool IsTelling(std::span<const Record> records) {
  return std::any_of(records.begin(), records.end(), [](const Record& record) {
    return !record.IsViolation() && !LooksLikeBootAggregate(record);
  });
}

// Whether `list` begins with the bytes of all `segments`.
bool BeginsWith(Bytes list, std::span<const Piece> segments) {
  for (const Piece& segment : segments) {
    const Bytes bytes = segment.file.contents;
    if (list.size() < bytes.size() ||
        !SameBytes(list.first(bytes.size()), bytes)) {
      return false;
    }
    list = list.subspan(bytes.size());
  }
  return true;
}

// How many records `list` can repeat at its start, which are those of some last
// segments: the most first, 0 last.
std::vector<size_t> FindRepeats(std::span<const Piece> segments, Bytes list) {
  std::vector<size_t> repeats;
  for (; !segments.empty(); segments = segments.subspan(1)) {
    if (!BeginsWith(list, segments)) continue;
    size_t records = 0;
    for (const Piece& segment : segments) records += segment.records.size();
    repeats.push_back(records);
  }
  repeats.push_back(0);
  return repeats;
}

}  // namespace

Result<UnverifiedList> UnverifiedList::Parse(std::vector<InputFile> files,
                                             const Hash& column) {
  UnverifiedList list;
  list.column_ = &column;
  uint64_t number = 0;
  for (InputFile& file : files) {
    const bool is_segment = &file != &files.back();
    if (file.contents.empty() && is_segment) {
      return BadInput("is empty, and a segment holds at least one record",
                      {.file = file.name, .record = {}, .offset = {}});
    }
    if (!is_segment) list.repeats_ = FindRepeats(list.pieces_, file.contents);
    const size_t repeated = is_segment ? 0 : list.repeats_.front();
    auto records = ReadRecords(file.contents, column.size(), number - repeated);
    if (!records) {
      records.error().place.file = file.name;
      return tl::make_unexpected(records.error());
    }
    Piece piece{std::move(file), number, std::move(*records), repeated};
    number += piece.New().size();
    list.pieces_.push_back(std::move(piece));
  }
  if (number == 0) return BadInput("there is no record in any file");
  return list;
}

std::set<uint32_t> UnverifiedList::ExtendedPcrs() const {
  std::set<uint32_t> pcrs = {kImaPcr};
  for (const Piece& piece : pieces_) {
    for (const Record& record : piece.records) pcrs.insert(record.pcr);
  }
  return pcrs;
}

std::vector<VerifiedList::Part> VerifiedList::Parts() const {
  std::vector<Part> parts;
  for (const Piece& piece : pieces_) {
    const auto records = piece.New();
    const uint64_t covered = count_ - std::min(count_, piece.first_record);
    parts.push_back({piece.file.name, piece.first_record,
                     records.first(std::min(records.size(), covered))});
  }
  return parts;
}

// One run of Verify(), with one number of records that the list repeats.
class Verifier {
 public:
  // Of what is wrong with each number of repeated records, what is wrong with
  // the largest tells most. Where that one reaches the target, no other may
  // cover up what is wrong behind it.
  static Result<VerifiedList> TryRepeats(UnverifiedList list,
                                         const Target& target,
                                         const VerifyOptions& options) {
    std::optional<Error> fault;
    for (const size_t repeated : list.repeats_) {
      list.pieces_.back().repeated = repeated;
      Verifier verifier(list, target, options);
      auto verified = verifier.Run();
      if (verified || verifier.reached_) return verified;
      if (!fault) fault = std::move(verified.error());
    }
    return tl::make_unexpected(*fault);
  }

 private:
  Verifier(UnverifiedList& list, const Target& target,
           const VerifyOptions& options)
      : list_(list),
        target_(target),
        options_(options),
        templates_(options.allowed_templates),
        replay_(target.Banks()),
        last_segment_end_(list_.pieces_.back().first_record) {}

  Result<VerifiedList> Run() {
    for (const Piece& piece : list_.pieces_) {
      for (const Record& record : piece.New()) {
        if (auto fault = FindFault(record)) {
          return NotVerified(*fault, PlaceOf(piece, record));
        }
        Extend(record);
      }
    }
    if (!reached_) return NotReached();
    if (auto error = FindFaultOfEnd()) return tl::make_unexpected(*error);
    return Finish();
  }

  // `record` is one of piece.New().
  static Place PlaceOf(const Piece& piece, const Record& record) {
    const auto index = static_cast<uint64_t>(&record - piece.New().data());
    return {piece.file.name, piece.first_record + index, record.offset};
  }

  // The place of the record with this number.
  Place PlaceOf(uint64_t number) const {
    for (const Piece& piece : list_.pieces_) {
      if (number - piece.first_record < piece.New().size()) {
        return PlaceOf(piece, piece.New()[number - piece.first_record]);
      }
    }
    return {};
  }

  // What can be seen to be wrong with a record by itself.
  std::optional<std::string> FindFault(const Record& record) {
    if (auto fault = templates_.FindFault(record)) return fault;
    if (record.IsViolation()) return std::nullopt;
    const Digest digest = TemplateDigest(record, *list_.column_, hasher_);
    if (SameBytes(digest.bytes(), record.digest)) return std::nullopt;
    return fmt::format("its data does not fit its {} digest",
                       list_.column_->name());
  }

  void Extend(const Record& record) {
    replay_.Extend(record);
    ++seen_;
    if (reached_) return;
    if (!target_.Covers(record.pcr) && !first_uncovered_) {
      first_uncovered_ = seen_ - 1;
    }
    if (record.IsViolation()) ++violations_;
    if (!target_.IsReached(replay_, hasher_)) return;
    if (seen_ < last_segment_end_) {
      reached_early_ = seen_;
    } else {
      Reach();
    }
  }

  void Reach() {
    reached_ = seen_;
    for (const auto& [bank, index] : target_.ReplayedPcrs()) {
      pcrs_.push_back({bank, index, Digest(replay_.Value(*bank, index))});
    }
  }

  std::vector<Record> AllRecords() const {
    std::vector<Record> all;
    for (const Piece& piece : list_.pieces_) {
      all.insert(all.end(), piece.New().begin(), piece.New().end());
    }
    return all;
  }

  // Says as well as it can why the target is nowhere reached.
  tl::unexpected<Error> NotReached() const {
    if (auto error = FindOverlap()) return tl::make_unexpected(*error);
    if (reached_early_) {
      Place place = PlaceOf(*reached_early_);
      return NotVerified(
          "the PCRs had the attested values already before this record of a "
          "segment: the quote or the PCR values are older than the segment",
          std::move(place));
    }
    if (auto error = FindPartialRepeat()) return tl::make_unexpected(*error);
    if (auto error = FindWrongStart()) return tl::make_unexpected(*error);
    if (IsReachedWithPaddedDigests()) {
      return NotVerified(
          "the kernel extended the bank with padded SHA-1 digests, since the "
          "bank's own hash is not built in (CONFIG_CRYPTO_SHA256 and the "
          "like); they attest no more than bank sha1 does");
    }
    return NotVerified(fmt::format(
        "the replay of records 0 to {} does not lead to the attested value of "
        "{}: records or segments are missing, were added, moved, or changed "
        "together with their digest",
        seen_ - 1, target_.DescribeDifference(replay_)));
  }

  bool IsReachedWithPaddedDigests() const {
    Replay replay(target_.Banks(), Replay::Digests::kSha1);
    Hasher hasher;
    for (const Record& record : AllRecords()) {
      replay.Extend(record);
      if (target_.IsReached(replay, hasher)) return true;
    }
    return false;
  }

  std::optional<Error> FindOverlap() const {
    const auto all = AllRecords();
    for (const Piece& piece : list_.pieces_) {
      const size_t repeated =
          CountRepeated(std::span(all).first(piece.first_record), piece.New());
      if (repeated > 0) {
        return NotVerified(
                   fmt::format("overlap: from this record on the file has the "
                               "last {} records of what comes before it",
                               repeated),
                   PlaceOf(piece.first_record))
            .value();
      }
    }
    return std::nullopt;
  }

  // Whether the list goes on, behind what it repeats of whole segments, as some
  // segment begins.
  std::optional<Error> FindPartialRepeat() const {
    const auto all = AllRecords();
    const auto segments = std::span(all).first(last_segment_end_);
    const Piece& list = list_.pieces_.back();
    const Piece* repeated = nullptr;
    size_t most = 0;
    for (const Piece& piece : list_.pieces_) {
      const size_t same =
          CountSame(segments.subspan(piece.first_record), list.New());
      if (same <= most) continue;
      most = same;
      repeated = &piece;
    }
    if (!IsTelling(list.New().first(most))) return std::nullopt;
    Place place = most < list.New().size()
                      ? PlaceOf(list, list.New()[most])
                      : Place{list.file.name, list.first_record + most,
                              list.file.contents.size()};
    return NotVerified(
               fmt::format("overlap: the {} records before this one are those "
                           "that {} begins with, but a list repeats whole "
                           "segments only, in order and up to the last",
                           most, repeated->file.name),
               std::move(place))
        .value();
  }

  std::optional<Error> FindWrongStart() const {
    const auto all = AllRecords();
    if (!LooksLikeBootAggregate(all.front())) {
      return NotVerified(
                 "the list does not begin with boot_aggregate: the first "
                 "segment is missing, or the files are out of order",
                 PlaceOf(0))
          .value();
    }
    for (const Piece& piece : list_.pieces_) {
      if (piece.first_record > 0 && !piece.New().empty() &&
          LooksLikeBootAggregate(piece.New().front())) {
        return NotVerified(
                   "the replay does not lead to the attested values; the file "
                   "begins with boot_aggregate, so it is repeated or out of "
                   "order, unless a kexec came before it",
                   PlaceOf(piece.first_record))
            .value();
      }
    }
    return std::nullopt;
  }

  // The target is reached; is the rest in order?
  std::optional<Error> FindFaultOfEnd() const {
    if (first_uncovered_) {
      return NotVerified("no attested value covers the PCR that it extends",
                         PlaceOf(*first_uncovered_))
          .value();
    }
    const auto all = AllRecords();
    const std::span<const Record> records(all);
    if (CountRepeated(records.first(*reached_), records.subspan(*reached_)) >
        0) {
      return NotVerified(
                 "overlap: from this record on the end of the attested "
                 "records is repeated",
                 PlaceOf(*reached_))
          .value();
    }
    // Nothing of the list is attested, so it can be anything.
    if (*reached_ == last_segment_end_) {
      if (auto error = FindPartialRepeat()) return error;
    }
    if (options_.exact && *reached_ < seen_) {
      return NotVerified("it was added after the quote (--exact)",
                         PlaceOf(*reached_))
          .value();
    }
    return std::nullopt;
  }

  VerifiedList Finish() {
    VerifiedList verified;
    verified.pieces_ = std::move(list_.pieces_);
    verified.count_ = *reached_;
    verified.count_after_ = seen_ - *reached_;
    verified.violations_ = violations_;
    verified.pcrs_ = std::move(pcrs_);
    verified.given_pcrs_ = target_.GivenPcrs();
    return verified;
  }

  UnverifiedList& list_;  // Finish() takes its pieces
  const Target& target_;
  const VerifyOptions& options_;
  TemplateChecker templates_;
  Replay replay_;
  Hasher hasher_;
  uint64_t last_segment_end_;  // number of records in segments

  uint64_t seen_ = 0;
  uint64_t violations_ = 0;
  std::optional<uint64_t> reached_;        // records up to the target
  std::optional<uint64_t> reached_early_;  // the same, inside a segment
  std::optional<uint64_t> first_uncovered_;
  std::vector<PcrValue> pcrs_;
};

Result<VerifiedList> Verify(UnverifiedList list, const Target& target,
                            const VerifyOptions& options) {
  return Verifier::TryRepeats(std::move(list), target, options);
}

}  // namespace ima
