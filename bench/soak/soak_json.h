// SPDX-License-Identifier: MIT
// A soak as JSON.
#ifndef BENCH_SOAK_SOAK_JSON_H_
#define BENCH_SOAK_SOAK_JSON_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "soak/soak.h"
#include "util/ima_fs.h"
#include "util/posix_error.h"

namespace ima_bench {

// Members go by their C++ names; reading throws nlohmann::json::exception if
// one is missing or of another type.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SoakSample, seconds, records_total,
                                   records_in_memory, flushes, segments,
                                   last_error, retry_seconds, slab,
                                   unreclaimable, vmalloc, available)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SoakFill, filled, refused, freed, caught_up)

// What the figures depend on besides the plan: kernel, processor, TPM, banks,
// and the filesystem of `directory`.
Result<nlohmann::json> DescribeMachine(const ImaFs& ima,
                                       const std::filesystem::path& directory);

// `context` with the plan in it, `samples`, and as far as the run came `start`,
// `end` and `fill`. `failure` says why it ended early, if it is not empty.
nlohmann::json SoakToJson(const Soak& soak, nlohmann::json context,
                          const std::string& failure);

}  // namespace ima_bench

#endif  // BENCH_SOAK_SOAK_JSON_H_
