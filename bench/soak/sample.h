// SPDX-License-Identifier: MIT
// What the kernel tells about the list and its memory at one moment.
#ifndef BENCH_SOAK_SAMPLE_H_
#define BENCH_SOAK_SAMPLE_H_

#include <cstdint>

#include "util/ima_fs.h"
#include "util/memory.h"
#include "util/posix_error.h"

namespace ima_bench {

struct SoakSample {
  double seconds = 0;  // since the run began
  // From flush/status, under the names that they have there.
  uint64_t records_total = 0;
  uint64_t records_in_memory = 0;
  uint64_t flushes = 0;
  uint64_t segments = 0;
  uint64_t last_error = 0;
  uint64_t retry_seconds = 0;
  // From /proc/meminfo, in bytes.
  uint64_t slab = 0;
  uint64_t unreclaimable = 0;
  uint64_t vmalloc = 0;
  uint64_t available = 0;
};

// Puts one together; an error names the key that `status` lacks.
Result<SoakSample> MakeSample(double seconds, const FlushStatus& status,
                              const MemoryUse& memory);

}  // namespace ima_bench

#endif  // BENCH_SOAK_SAMPLE_H_
