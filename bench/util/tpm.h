// SPDX-License-Identifier: MIT
// Which TPM IMA extends, and its firmware.
#ifndef BENCH_UTIL_TPM_H_
#define BENCH_UTIL_TPM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "util/posix_error.h"

namespace ima_bench {

struct TpmIdentity {
  std::string vendor;  // manufacturer, and its name for the part: "IBM SW TPM"
  std::string firmware;  // as the vendor counts: "8211.4199.22.5636086"
};

// The command TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES, TPM_PT_MANUFACTURER,
// 8 properties). TPM 2.0 Library, Part 3, section "TPM2_GetCapability".
std::array<std::byte, 22> VendorCommand();

// The answer to that command. TPM 2.0 Library, Part 2: TPMS_CAPABILITY_DATA
// and, for the meaning of each property, TPM_PT.
Result<TpmIdentity> ParseVendorResponse(std::span<const std::byte> response);

// Asks the first TPM: /dev/tpmrm0 (2.0), or /sys/class/tpm/tpm0/caps (1.2).
// Vendor "none" if there is no TPM. `root` is "/" but in tests.
Result<TpmIdentity> IdentifyTpm(const std::filesystem::path& root = "/");

}  // namespace ima_bench

#endif  // BENCH_UTIL_TPM_H_
