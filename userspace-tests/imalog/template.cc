// SPDX-License-Identifier: MIT
#include "imalog/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ima {
namespace {

struct BuiltinTemplate {
  std::string_view name;
  std::string_view format;
};

constexpr std::array kBuiltinTemplates = {
    BuiltinTemplate{"ima", "d|n"},
    BuiltinTemplate{"ima-ng", "d-ng|n-ng"},
    BuiltinTemplate{"ima-sig", "d-ng|n-ng|sig"},
    BuiltinTemplate{"ima-ngv2", "d-ngv2|n-ng"},
    BuiltinTemplate{"ima-sigv2", "d-ngv2|n-ng|sig"},
    BuiltinTemplate{"ima-buf", "d-ng|n-ng|buf"},
    BuiltinTemplate{"ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig"},
    BuiltinTemplate{"evm-sig",
                    "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|"
                    "iuid|igid|imode"},
};

constexpr std::array kFields = {
    std::pair{std::string_view("d"), FieldForm::kPlainDigest},
    std::pair{std::string_view("n"), FieldForm::kString},
    std::pair{std::string_view("d-ng"), FieldForm::kDigest},
    std::pair{std::string_view("d-ngv2"), FieldForm::kTypedDigest},
    std::pair{std::string_view("n-ng"), FieldForm::kString},
    std::pair{std::string_view("sig"), FieldForm::kSignature},
    std::pair{std::string_view("buf"), FieldForm::kAny},
    std::pair{std::string_view("d-modsig"), FieldForm::kModsigDigest},
    std::pair{std::string_view("modsig"), FieldForm::kAny},
    std::pair{std::string_view("evmsig"), FieldForm::kEvmSignature},
    std::pair{std::string_view("iuid"), FieldForm::kUint32},
    std::pair{std::string_view("igid"), FieldForm::kUint32},
    std::pair{std::string_view("imode"), FieldForm::kUint16},
    std::pair{std::string_view("xattrnames"), FieldForm::kAny},
    std::pair{std::string_view("xattrlengths"), FieldForm::kAny},
    std::pair{std::string_view("xattrvalues"), FieldForm::kAny},
};

// hash_algo_name[] and hash_digest_size[] of crypto/hash_info.c.
constexpr std::array kDigestSizes = {
    std::pair{std::string_view("md4"), 16},
    std::pair{std::string_view("md5"), 16},
    std::pair{std::string_view("sha1"), 20},
    std::pair{std::string_view("rmd160"), 20},
    std::pair{std::string_view("sha256"), 32},
    std::pair{std::string_view("sha384"), 48},
    std::pair{std::string_view("sha512"), 64},
    std::pair{std::string_view("sha224"), 28},
    std::pair{std::string_view("rmd128"), 16},
    std::pair{std::string_view("rmd256"), 32},
    std::pair{std::string_view("rmd320"), 40},
    std::pair{std::string_view("wp256"), 32},
    std::pair{std::string_view("wp384"), 48},
    std::pair{std::string_view("wp512"), 64},
    std::pair{std::string_view("tgr128"), 16},
    std::pair{std::string_view("tgr160"), 20},
    std::pair{std::string_view("tgr192"), 24},
    std::pair{std::string_view("sm3"), 32},
    std::pair{std::string_view("streebog256"), 32},
    std::pair{std::string_view("streebog512"), 64},
    std::pair{std::string_view("sha3-256"), 32},
    std::pair{std::string_view("sha3-384"), 48},
    std::pair{std::string_view("sha3-512"), 64},
};

// enum evm_ima_xattr_type of security/integrity/integrity.h: the first byte.
constexpr uint8_t kImaSignature = 3;
constexpr uint8_t kEvmPortableSignature = 5;
constexpr uint8_t kVeritySignature = 6;

template <typename Table>
auto FindByName(const Table& table, std::string_view name) {
  return std::find_if(table.begin(), table.end(),
                      [&](const auto& row) { return row.first == name; });
}

// The forms of the fields in a format such as "d-ng|n-ng", or nothing if one
// of them is unknown.
std::optional<std::vector<FieldForm>> ParseFormat(std::string_view format) {
  std::vector<FieldForm> forms;
  for (;;) {
    const size_t bar = format.find('|');
    const auto* const field = FindByName(kFields, format.substr(0, bar));
    if (field == kFields.end()) return std::nullopt;
    forms.push_back(field->second);
    if (bar == std::string_view::npos) return forms;
    format.remove_prefix(bar + 1);
  }
}

bool IsZero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](uint8_t byte) { return byte == 0; });
}

// "ALGORITHM:", NUL, digest. Nothing but the name and the length of the digest
// protects a violation, so its digest must be the zeros that the kernel puts
// there: as many as the algorithm has, or 20 before Linux 6.2.
bool IsAlgorithmAndDigest(std::string_view text, bool violation) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto* const algorithm = FindByName(kDigestSizes, text.substr(0, colon));
  if (algorithm == kDigestSizes.end()) return false;
  text.remove_prefix(colon + 1);
  if (text.empty() || text.front() != '\0') return false;
  const Bytes digest = AsBytes(text.substr(1));
  if (violation && !IsZero(digest)) return false;
  return digest.size() == static_cast<size_t>(algorithm->second) ||
         (violation && digest.size() == kImaDigestBytes);
}

bool IsTypedDigest(std::string_view text, bool violation) {
  for (const std::string_view type : {"ima:", "verity:"}) {
    if (text.starts_with(type)) {
      return IsAlgorithmAndDigest(text.substr(type.size()), violation);
    }
  }
  return false;
}

bool IsString(Bytes bytes) {
  return !bytes.empty() &&
         std::find(bytes.begin(), bytes.end(), 0) == bytes.end() - 1;
}

bool IsPlainDigest(Bytes bytes, bool violation) {
  return (bytes.size() == 16 || bytes.size() == kImaDigestBytes) &&
         (!violation || IsZero(bytes));
}

bool HasForm(FieldForm form, Bytes bytes, bool violation) {
  switch (form) {
    case FieldForm::kPlainDigest:
      return IsPlainDigest(bytes, violation);
    case FieldForm::kDigest:
      return IsAlgorithmAndDigest(AsText(bytes), violation);
    case FieldForm::kTypedDigest:
      return IsTypedDigest(AsText(bytes), violation);
    case FieldForm::kModsigDigest:
      return bytes.empty() || IsAlgorithmAndDigest(AsText(bytes), violation);
    case FieldForm::kString:
      return IsString(bytes);
    case FieldForm::kSignature:
      return bytes.empty() || bytes.front() == kImaSignature ||
             bytes.front() == kEvmPortableSignature ||
             bytes.front() == kVeritySignature;
    case FieldForm::kEvmSignature:
      return bytes.empty() || bytes.front() == kEvmPortableSignature;
    case FieldForm::kUint16:
      return bytes.empty() || bytes.size() == sizeof(uint16_t);
    case FieldForm::kUint32:
      return bytes.empty() || bytes.size() == sizeof(uint32_t);
    case FieldForm::kAny:
      return true;
  }
  return false;
}

// The name is hashed with zeros up to 256 bytes, so a NUL at its end would not
// change the digest.
std::optional<std::string> FindImaFault(const Record& record) {
  const Bytes name = record.ImaName();
  if (std::find(name.begin(), name.end(), 0) != name.end()) {
    return "its file name contains a NUL";
  }
  if (record.IsViolation() && !IsZero(record.data.first(kImaDigestBytes))) {
    return "it is a violation and has a file digest";
  }
  return std::nullopt;
}

// Text for messages: whatever is not printable is shown in hexadecimal.
std::string Printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      shown += c;
    } else {
      shown += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
    }
  }
  return shown;
}

}  // namespace

std::optional<std::vector<Bytes>> SplitFields(Bytes data) {
  std::vector<Bytes> fields;
  ByteReader reader(data);
  while (reader.remaining() > 0) {
    const auto length = reader.Little<uint32_t>();
    const auto field = length ? reader.Take(*length) : std::nullopt;
    if (!field) return std::nullopt;
    fields.push_back(*field);
  }
  return fields;
}

TemplateChecker::TemplateChecker(std::vector<std::string> also_allowed) {
  for (std::string& name : also_allowed) known_[std::move(name)] = {};
  for (const BuiltinTemplate& builtin : kBuiltinTemplates) {
    known_[std::string(builtin.name)] = *ParseFormat(builtin.format);
  }
}

const std::vector<FieldForm>* TemplateChecker::FindFields(
    std::string_view name) {
  auto found = known_.find(name);
  if (found == known_.end()) {
    auto fields = ParseFormat(name);
    if (!fields) return nullptr;
    found = known_.emplace(name, std::move(*fields)).first;
  }
  return &found->second;
}

std::optional<std::string> TemplateChecker::FindFault(const Record& record) {
  if (record.HasImaLayout()) return FindImaFault(record);
  const std::string name = Printable(record.template_name);
  const auto* forms = FindFields(record.template_name);
  if (forms == nullptr) {
    return fmt::format("its template '{}' is unknown", name);
  }
  const auto fields = SplitFields(record.data);
  if (!fields) {
    return fmt::format("its data is no sequence of fields, template '{}'",
                       name);
  }
  if (forms->empty()) return std::nullopt;
  if (fields->size() != forms->size()) {
    return fmt::format("it has {} fields, template '{}' has {}", fields->size(),
                       name, forms->size());
  }
  for (size_t i = 0; i < forms->size(); ++i) {
    if (!HasForm((*forms)[i], (*fields)[i], record.IsViolation())) {
      return fmt::format("its field {} does not fit template '{}'", i + 1,
                         name);
    }
  }
  return std::nullopt;
}

}  // namespace ima
