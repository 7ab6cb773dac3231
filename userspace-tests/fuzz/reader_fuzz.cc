// SPDX-License-Identifier: MIT
// libFuzzer target: whatever stands in a list, a quote, a signature or a file
// of PCR values, reading it ends, and touches no memory but its own. Each input
// goes to each reader, so that any such file can be a seed.
#include <cstdlib>

#include "imalog/reader.h"
#include "imalog/replay.h"
#include "imalog/template.h"
#include "quote/attest.h"
#include "quote/signature.h"
#include "util/file.h"
#include "verify/pcr_file.h"

namespace ima {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// The records must be the file, without gap or overlap.
void FuzzList(Bytes bytes) {
  const auto records = ReadRecords(bytes, Hash::Sha1().size());
  if (!records) return;
  TemplateChecker templates({"allowed"});
  Hasher hasher;
  size_t end = 0;
  for (const Record& record : *records) {
    Require(record.offset == end);
    end += record.bytes.size();
    templates.FindFault(record);
    TemplateDigest(record, Hash::Sha1(), hasher);
  }
  Require(end == bytes.size());
}

void FuzzQuote(Bytes bytes) {
  const auto attest = ParseAttest(bytes);
  if (!attest) return;
  Require(attest->pcr_digest.size() + attest->extra_data.size() <=
          bytes.size());
}

PublicKey ReadKey(const std::string& path) {
  return PublicKey::FromPem(ReadFile(path).value()).value();
}

// Nobody can have signed the input with `key`.
void FuzzSignature(Bytes bytes, const PublicKey& key) {
  const auto signatures = ParseSignature(bytes, key, Hash::Sha1().size());
  if (!signatures) return;
  for (const Signature& signature : *signatures)
    Require(!SignatureHolds(signature, bytes, key));
}

}  // namespace
}  // namespace ima

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto rsa = ima::ReadKey(TESTDATA_DIR "/segments/rsa-tss.pem");
  static const auto ecc = ima::ReadKey(TESTDATA_DIR "/segments/ecc-tss.pem");
  const ima::Bytes bytes(data, size);
  ima::FuzzList(bytes);
  ima::FuzzQuote(bytes);
  ima::FuzzSignature(bytes, rsa);
  ima::FuzzSignature(bytes, ecc);
  ima::PublicKey::FromPem(bytes);
  ima::ParsePcrFile(ima::AsText(bytes));
  return 0;
}
