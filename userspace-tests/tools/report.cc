// SPDX-License-Identifier: MIT
#include "tools/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ima {
namespace {

using Json = nlohmann::ordered_json;

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "verified";
    case Verdict::kNotVerified:
      return "not verified";
    case Verdict::kBadInput:
      return "bad input";
  }
  return "";
}

// "record 7 (log.2, byte 512): ", or less if less is known.
std::string DescribePlace(const Place& place) {
  std::string where = place.file;
  if (place.offset) where += fmt::format(", byte {}", *place.offset);
  if (!place.record) return where.empty() ? "" : where + ": ";
  if (where.empty()) return fmt::format("record {}: ", *place.record);
  return fmt::format("record {} ({}): ", *place.record, where);
}

std::string DescribeChecked(const Checked& checked) {
  const VerifiedList& list = checked.list;
  std::string text =
      fmt::format("verified: {} records fit the {}\n", list.count(),
                  checked.quote ? "TPM quote" : "PCR values");
  for (const auto& part : list.Parts()) {
    text += part.records.empty()
                ? fmt::format("  {}: no record\n", part.file)
                : fmt::format("  {}: records {} to {}\n", part.file,
                              part.first_record,
                              part.first_record + part.records.size() - 1);
  }
  if (list.repeated() > 0) {
    text += fmt::format(
        "  the first {} records of {} are those of segments, which count "
        "once\n",
        list.repeated(), list.Parts().back().file);
  }
  for (const PcrValue& pcr : list.pcrs()) {
    text += fmt::format("  PCR {} ({}): {}\n", pcr.index, pcr.bank->name(),
                        HexEncode(pcr.value.bytes()));
  }
  for (const PcrValue& pcr : list.given_pcrs()) {
    text +=
        fmt::format("  PCR {} ({}): {}, as given: no record extends it\n",
                    pcr.index, pcr.bank->name(), HexEncode(pcr.value.bytes()));
  }
  if (list.violations() > 0) {
    text += fmt::format(
        "  {} violations among them: nothing attests which files they are "
        "about\n",
        list.violations());
  }
  if (list.count_after() > 0) {
    text += fmt::format(
        "  {} more records were added after that; nothing attests them\n",
        list.count_after());
  }
  return text;
}

Json DescribeQuote(const VerifiedQuote& quote) {
  const Attest& attest = quote.attest();
  return {{"scheme", SchemeName(quote.scheme())},
          {"hash", quote.hash().name()},
          {"clock", attest.clock},
          {"reset_count", attest.reset_count},
          {"restart_count", attest.restart_count},
          {"safe", attest.safe},
          {"firmware_version", attest.firmware_version}};
}

Json DescribePcrs(const std::vector<PcrValue>& pcrs) {
  Json json = Json::object();
  for (const PcrValue& pcr : pcrs) {
    json[std::string(pcr.bank->name())][std::to_string(pcr.index)] =
        HexEncode(pcr.value.bytes());
  }
  return json;
}

Json CheckedToJson(const Checked& checked) {
  const VerifiedList& list = checked.list;
  Json json = {{"result", VerdictName(Verdict::kVerified)},
               {"records", list.count()},
               {"records_after", list.count_after()},
               {"records_repeated", list.repeated()},
               {"violations", list.violations()},
               {"files", Json::array()},
               {"pcrs", DescribePcrs(list.pcrs())},
               {"given_pcrs", DescribePcrs(list.given_pcrs())}};
  for (const auto& part : list.Parts()) {
    json["files"].push_back({{"file", part.file},
                             {"first_record", part.first_record},
                             {"records", part.records.size()}});
  }
  if (checked.quote) json["quote"] = DescribeQuote(*checked.quote);
  return json;
}

Json ErrorToJson(const Error& error) {
  Json json = {{"result", VerdictName(error.verdict)},
               {"reason", error.reason}};
  if (!error.place.file.empty()) json["file"] = error.place.file;
  if (error.place.record) json["record"] = *error.place.record;
  if (error.place.offset) json["offset"] = *error.place.offset;
  return json;
}

}  // namespace

std::string DescribeError(const Error& error) {
  return fmt::format("{}: {}{}\n", VerdictName(error.verdict),
                     DescribePlace(error.place), error.reason);
}

std::string TextReport(const Result<Checked>& outcome) {
  return outcome ? DescribeChecked(*outcome) : DescribeError(outcome.error());
}

std::string JsonReport(const Result<Checked>& outcome) {
  const Json json =
      outcome ? CheckedToJson(*outcome) : ErrorToJson(outcome.error());
  // A file name can be any bytes; JSON holds only UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ima
