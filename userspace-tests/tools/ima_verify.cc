// SPDX-License-Identifier: MIT
// ima-verify: verifies a measurement list against a TPM.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <tuple>

#include "tools/check.h"
#include "tools/options.h"
#include "tools/program.h"
#include "tools/report.h"

namespace ima {
namespace {

constexpr const char* kName = "ima-verify";

constexpr const char* kDescription =
    "Verifies an IMA measurement list against a TPM quote or PCR values.";

constexpr const char* kFooter =
    "FILES are the segments in order and then the list as the kernel shows it\n"
    "(binary_runtime_measurements, which may be empty, or the only file). What "
    "it\nrepeats of the segments counts once: whole ones, in order and up to "
    "the last.\nExit status: 0 verified, 1 not verified, 2 bad input.";

// An empty value, say of an unset variable, must not pass for an absent option.
std::string RefuseEmpty(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

void AddOptions(CLI::App& app, Options& options) {
  auto* quote = app.add_option("--quote", options.quote,
                               "Message of tpm2_quote -m (TPMS_ATTEST)");
  for (auto [name, value, text] :
       {std::tuple{"--signature", &options.signature,
                   "Its signature (tpm2_quote -s, -f tss or plain)"},
        std::tuple{"--key", &options.key,
                   "Public attestation key of the TPM, PEM"},
        std::tuple{"--nonce", &options.nonce,
                   "The nonce given to tpm2_quote -q, hexadecimal"}}) {
    auto* option = app.add_option(name, *value, text);
    option->needs(quote);
    quote->needs(option);
  }
  app.add_option("--pcrs", options.pcrs,
                 "PCR values, 24 lines a bank: 'PCR-00: hex'. Beside a quote "
                 "only those of PCRs that no record extends are used");
  app.add_option("--bank", options.bank,
                 "Bank that must be compared (default: all that are there)");
  app.add_option("--digest", options.column,
                 "Hash of the digest column of FILES")
      ->capture_default_str();
  app.add_option("--allow-template", options.allowed_templates,
                 "Accept records with this template, though it is not known")
      ->allow_extra_args(false);
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_size() > 0) option->check(RefuseEmpty);
  }
  app.add_flag("--exact", options.exact,
               "Refuse records that were added after the quote");
  app.add_flag("--json", options.json, "Report as one JSON object");
  app.add_option("FILES", options.files, "SEGMENT… LIST")->required();
  app.set_version_flag("--version", "ima-verify " IMA_VERIFY_VERSION);
}

Report CheckAndReport(const Options& options) {
  const auto outcome = CheckFiles(options);
  return {outcome ? Verdict::kVerified : outcome.error().verdict,
          options.json ? JsonReport(outcome) : TextReport(outcome),
          outcome || options.json ? stdout : stderr};
}

Verdict Main(int argc, char** argv) {
  CLI::App app(kDescription, kName);
  app.footer(kFooter);
  Options options;
  AddOptions(app, options);
  return RunApp(app, argc, argv, [&] { return CheckAndReport(options); });
}

}  // namespace
}  // namespace ima

int main(int argc, char** argv) {
  return ima::RunProgram(ima::kName, ima::Main, argc, argv);
}
