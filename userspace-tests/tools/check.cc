// SPDX-License-Identifier: MIT
#include "tools/check.h"

#include <fmt/format.h>

#include <utility>

#include "util/file.h"

namespace ima {
namespace {

// More than any quote, signature, key or PCR values.
constexpr size_t kMaxEvidenceBytes = size_t{1} << 20U;

// Sets the file that an error is about, where the error does not tell.
template <typename T>
Result<T> InFile(const std::string& file, Result<T> result) {
  if (!result && result.error().place.file.empty()) {
    result.error().place.file = file;
  }
  return result;
}

Result<const Hash*> FindHash(const std::string& name) {
  const Hash* hash = Hash::FromName(name);
  if (hash == nullptr) {
    return BadInput(fmt::format("hash algorithm '{}' is unknown", name));
  }
  return hash;
}

Result<UnverifiedList> ReadList(const Options& options) {
  const auto column = FindHash(options.column);
  if (!column) return tl::make_unexpected(column.error());
  std::vector<InputFile> files;
  for (const std::string& name : options.files) {
    auto contents = ReadFile(name);
    if (!contents) return tl::make_unexpected(contents.error());
    files.push_back({name, std::move(*contents)});
  }
  return UnverifiedList::Parse(std::move(files), **column);
}

Result<std::optional<PcrBanks>> ReadPcrs(const Options& options) {
  if (options.pcrs.empty()) return std::nullopt;
  const auto text = ReadFile(options.pcrs, kMaxEvidenceBytes);
  if (!text) return tl::make_unexpected(text.error());
  return InFile(options.pcrs, ParsePcrFile(AsText(*text)));
}

Result<std::optional<VerifiedQuote>> ReadQuote(const Options& options) {
  if (options.quote.empty()) return std::nullopt;
  const auto nonce = HexDecode(options.nonce);
  if (!nonce) {
    return BadInput("--nonce must be hexadecimal digits, two a byte");
  }
  auto message = ReadFile(options.quote, kMaxEvidenceBytes);
  if (!message) return tl::make_unexpected(message.error());
  const auto signature = ReadFile(options.signature, kMaxEvidenceBytes);
  if (!signature) return tl::make_unexpected(signature.error());
  const auto pem = ReadFile(options.key, kMaxEvidenceBytes);
  if (!pem) return tl::make_unexpected(pem.error());
  const auto key = InFile(options.key, PublicKey::FromPem(*pem));
  if (!key) return tl::make_unexpected(key.error());
  return InFile(options.quote, VerifiedQuote::Check(std::move(*message),
                                                    *signature, *key, *nonce));
}

Result<Target> ChooseTarget(const Options& options,
                            const std::optional<VerifiedQuote>& quote,
                            const std::optional<PcrBanks>& pcrs,
                            const std::set<uint32_t>& extended) {
  const Hash* bank = nullptr;
  if (!options.bank.empty()) {
    const auto found = FindHash(options.bank);
    if (!found) return tl::make_unexpected(found.error());
    bank = *found;
  }
  if (quote) {
    return InFile(
        options.quote,
        Target::FromQuote(*quote, pcrs ? &*pcrs : nullptr, extended, bank));
  }
  return InFile(options.pcrs, Target::FromPcrs(*pcrs, extended, bank));
}

}  // namespace

Result<Checked> CheckFiles(const Options& options) {
  if (options.quote.empty() && options.pcrs.empty()) {
    return BadInput(
        "there is nothing to verify against: give --quote, --signature, --key "
        "and --nonce, or --pcrs");
  }
  auto list = ReadList(options);
  if (!list) return tl::make_unexpected(list.error());
  const auto pcrs = ReadPcrs(options);
  if (!pcrs) return tl::make_unexpected(pcrs.error());
  auto quote = ReadQuote(options);
  if (!quote) return tl::make_unexpected(quote.error());
  const auto target =
      ChooseTarget(options, *quote, *pcrs, list->ExtendedPcrs());
  if (!target) return tl::make_unexpected(target.error());
  auto verified = Verify(std::move(*list), *target,
                         {options.allowed_templates, options.exact});
  if (!verified) return tl::make_unexpected(verified.error());
  return Checked{std::move(*verified), std::move(*quote)};
}

}  // namespace ima
