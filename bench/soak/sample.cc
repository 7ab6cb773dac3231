// SPDX-License-Identifier: MIT
#include "soak/sample.h"

#include <fmt/core.h>

#include <utility>

namespace ima_bench {

Result<SoakSample> MakeSample(double seconds, const FlushStatus& status,
                              const MemoryUse& memory) {
  SoakSample sample{.seconds = seconds,
                    .slab = memory.slab,
                    .unreclaimable = memory.unreclaimable,
                    .vmalloc = memory.vmalloc,
                    .available = memory.available};
  for (const auto& [key, value] :
       {std::pair{"records_total", &sample.records_total},
        std::pair{"records_in_memory", &sample.records_in_memory},
        std::pair{"flushes", &sample.flushes},
        std::pair{"segments", &sample.segments},
        std::pair{"last_error", &sample.last_error},
        std::pair{"retry_seconds", &sample.retry_seconds}}) {
    const auto line = status.find(key);
    if (line == status.end())
      return ContentError(fmt::format("flush/status has no {}", key));
    *value = line->second;
  }
  return sample;
}

}  // namespace ima_bench
