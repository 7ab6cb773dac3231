// SPDX-License-Identifier: MIT
#include "soak/soak_json.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <chrono>
#include <thread>

#include "util/file.h"
#include "util/machine.h"
#include "util/tpm.h"

namespace ima_bench {

using nlohmann::json;

Result<json> DescribeMachine(const ImaFs& ima,
                             const std::filesystem::path& directory) {
  const auto banks = ima.Banks();
  if (!banks) return tl::make_unexpected(banks.error());
  const auto filesystem = FilesystemType(directory);
  if (!filesystem) return tl::make_unexpected(filesystem.error());
  const auto command_line = ReadFile("/proc/cmdline");
  if (!command_line) return tl::make_unexpected(command_line.error());
  const auto tpm = IdentifyTpm();
  if (!tpm) return tl::make_unexpected(tpm.error());
  return json{
      {"date", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
      {"kernel", KernelRelease()},
      {"processor", Processor()},
      {"num_cpus", std::thread::hardware_concurrency()},
      {"tpm_vendor", tpm->vendor},
      {"tpm_firmware", tpm->firmware},
      {"ima_parameters", ImaParameters(*command_line)},
      {"ima_banks", fmt::format("{}", fmt::join(*banks, " "))},
      {"filesystem", *filesystem}};
}

json SoakToJson(const Soak& soak, json context, const std::string& failure) {
  context["records"] = soak.plan().records;
  context["limit"] = soak.plan().limit;
  json result = {{"context", std::move(context)}};
  if (!failure.empty()) result["failure"] = failure;
  if (soak.start()) result["start"] = *soak.start();
  if (soak.end()) result["end"] = *soak.end();
  if (soak.fill()) result["fill"] = *soak.fill();
  result["samples"] = soak.samples();
  return result;
}

}  // namespace ima_bench
