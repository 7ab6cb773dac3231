// SPDX-License-Identifier: MIT
#include "tests/sample.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "imalog/replay.h"
#include "util/file.h"

namespace ima::test {
namespace {

constexpr std::string_view kFileDigest = "01234567890123456789012345678901";

template <typename T>
T Require(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().place.file << ": " << result.error().reason
            << '\n';
  std::exit(EXIT_FAILURE);
}

std::string Terminated(std::string_view text) {
  return std::string(text) + '\0';
}

}  // namespace

Buffer ToBuffer(std::string_view text) {
  const Bytes bytes = AsBytes(text);
  return {bytes.begin(), bytes.end()};
}

Buffer Join(const std::vector<Buffer>& parts) {
  Buffer joined;
  for (const Buffer& part : parts) {
    joined.insert(joined.end(), part.begin(), part.end());
  }
  return joined;
}

Buffer Word(uint32_t value) {
  Buffer bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(value >> shift));
  }
  return bytes;
}

Buffer Field(std::string_view text) {
  return Join({Word(static_cast<uint32_t>(text.size())), ToBuffer(text)});
}

Buffer RawRecord(uint32_t pcr, const Buffer& digest, std::string_view name,
                 const Buffer& data) {
  const Buffer size = name == kImaTemplate
                          ? Buffer{}
                          : Word(static_cast<uint32_t>(data.size()));
  return Join({Word(pcr), digest, Field(name), size, data});
}

Buffer MakeRecord(std::string_view name, const std::vector<Buffer>& fields,
                  uint32_t pcr) {
  const Buffer data = Join(fields);
  Record record;
  record.template_name = name;
  record.data = data;
  Hasher hasher;
  const Digest digest = TemplateDigest(record, Hash::Sha1(), hasher);
  return RawRecord(pcr, {digest.bytes().begin(), digest.bytes().end()}, name,
                   data);
}

Buffer NgRecord(std::string_view path, uint32_t pcr) {
  return MakeRecord("ima-ng",
                    {Field(Terminated("sha256:") + std::string(kFileDigest)),
                     Field(Terminated(path))},
                    pcr);
}

Buffer ImaRecord(std::string_view file_digest, std::string_view path) {
  return MakeRecord(kImaTemplate, {ToBuffer(file_digest), Field(path)});
}

Buffer Violation(std::string_view path, uint32_t pcr) {
  return RawRecord(pcr, Buffer(20, 0), "ima-ng",
                   Join({Field(Terminated("sha256:") + std::string(32, '\0')),
                         Field(Terminated(path))}));
}

std::vector<Record> ParseAll(const Buffer& bytes) {
  return Require(ReadRecords(bytes, Hash::Sha1().size()));
}

Record ParseOne(const Buffer& bytes) { return ParseAll(bytes).at(0); }

PcrBanks ReplayAll(const std::vector<Buffer>& pieces,
                   const std::vector<std::string_view>& banks) {
  std::vector<const Hash*> hashes;
  for (const std::string_view name : banks) {
    hashes.push_back(Hash::FromName(name));
  }
  Replay replay(hashes);
  const Buffer all = Join(pieces);
  for (const Record& record : ParseAll(all)) replay.Extend(record);
  PcrBanks values;
  for (const Hash* hash : hashes) {
    for (uint32_t index = 0; index < kPcrCount; ++index) {
      values[hash][index] = Digest(replay.Value(*hash, index));
    }
  }
  return values;
}

std::vector<InputFile> ToFiles(const std::vector<Buffer>& pieces) {
  std::vector<InputFile> files;
  for (const Buffer& piece : pieces) {
    files.push_back({"file-" + std::to_string(files.size()), piece});
  }
  return files;
}

Result<VerifiedList> VerifyAgainst(const std::vector<Buffer>& pieces,
                                   const PcrBanks& pcrs,
                                   const VerifyOptions& options) {
  auto list = UnverifiedList::Parse(ToFiles(pieces), Hash::Sha1());
  if (!list) return tl::make_unexpected(list.error());
  const auto target = Target::FromPcrs(pcrs, list->ExtendedPcrs(), nullptr);
  if (!target) return tl::make_unexpected(target.error());
  return Verify(std::move(*list), *target, options);
}

Buffer ReadTestData(const std::string& name) {
  return Require(ReadFile(std::string(TESTDATA_DIR "/") + name));
}

Buffer CapturedNonce() {
  const Buffer text = ReadTestData("nonce");
  return HexDecode(AsText(text).substr(0, text.size() - 1)).value();
}

VerifiedQuote CapturedQuote(const std::string& stem, const std::string& key) {
  return Require(VerifiedQuote::Check(
      ReadTestData(stem + ".msg"), ReadTestData(stem + ".sig"),
      Require(PublicKey::FromPem(ReadTestData(key))), CapturedNonce()));
}

}  // namespace ima::test
