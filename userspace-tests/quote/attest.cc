// SPDX-License-Identifier: MIT
#include "quote/attest.h"

#include <fmt/format.h>

namespace ima {
namespace {

constexpr uint32_t kMaxSelections = 16;  // HASH_COUNT of any TPM is smaller
constexpr unsigned kPcrsPerByte = 8;

// Reads fields one after the other; the first that is not there makes all
// later ones zero, so that it is enough to ask once, at the end.
class FieldReader {
 public:
  explicit FieldReader(Bytes bytes) : reader_(bytes) {}

  template <typename T>
  T Big() {
    return Keep(reader_.Big<T>());
  }
  Bytes Sized() { return Keep(reader_.Sized()); }
  Bytes Take(size_t size) { return Keep(reader_.Take(size)); }

  void Fail() { ok_ = false; }
  bool ok() const { return ok_; }
  size_t remaining() const { return reader_.remaining(); }

 private:
  template <typename T>
  T Keep(std::optional<T> value) {
    ok_ = ok_ && value.has_value();
    return ok_ ? *value : T{};
  }

  ByteReader reader_;
  bool ok_ = true;
};

PcrSelection ParseSelection(FieldReader& fields) {
  PcrSelection selection;
  selection.hash = fields.Big<uint16_t>();
  const Bytes bitmap = fields.Take(fields.Big<uint8_t>());
  for (size_t byte = 0; byte < bitmap.size(); ++byte) {
    for (unsigned bit = 0; bit < kPcrsPerByte; ++bit) {
      if (((bitmap[byte] >> bit) & 1U) != 0) {
        selection.pcrs.push_back(
            static_cast<uint32_t>(byte * kPcrsPerByte + bit));
      }
    }
  }
  return selection;
}

// TPMS_QUOTE_INFO
void ParseQuoteInfo(FieldReader& fields, Attest& attest) {
  const auto count = fields.Big<uint32_t>();
  if (count > kMaxSelections) fields.Fail();
  for (uint32_t i = 0; i < count && fields.ok(); ++i) {
    attest.selections.push_back(ParseSelection(fields));
  }
  attest.pcr_digest = fields.Sized();
}

}  // namespace

Result<Attest> ParseAttest(Bytes message) {
  FieldReader fields(message);
  Attest attest;
  attest.magic = fields.Big<uint32_t>();
  attest.type = fields.Big<uint16_t>();
  if (!fields.ok()) return BadInput("the quote is too short");
  // What else a TPM can sign has another form; the caller refuses it.
  if (!attest.IsQuote()) return attest;
  fields.Sized();  // qualifiedSigner: a digest that only the TPM can compute
  attest.extra_data = fields.Sized();
  attest.clock = fields.Big<uint64_t>();
  attest.reset_count = fields.Big<uint32_t>();
  attest.restart_count = fields.Big<uint32_t>();
  attest.safe = fields.Big<uint8_t>() != 0;
  attest.firmware_version = fields.Big<uint64_t>();
  ParseQuoteInfo(fields, attest);
  if (!fields.ok() || fields.remaining() != 0) {
    return BadInput("the quote is not well-formed");
  }
  return attest;
}

}  // namespace ima
