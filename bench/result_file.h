// SPDX-License-Identifier: MIT
// Completes the JSON that the library writes: its rows hold single figures
// only, and it writes what is no JSON where a figure is not a number.
#ifndef BENCH_RESULT_FILE_H_
#define BENCH_RESULT_FILE_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "util/memory_course.h"
#include "util/posix_error.h"
#include "util/time_span.h"

namespace ima_bench {

// Kernel memory around one drain.
struct DrainCourse {
  std::string name;  // of the row
  uint64_t records = 0;
  TimeSpan drain;
  std::vector<MemorySample> samples;
};

// Makes null of figures that are not numbers (the variation of a CPU time that
// was 0, say), and adds the member "courses": an array of objects with `name`,
// `records`, `drained_seconds` and `samples`, pairs of seconds and bytes. All
// times count from when the drain began.
Result<void> CompleteResult(const std::filesystem::path& json,
                            const std::vector<DrainCourse>& courses);

// Where the library writes its JSON, by its flags and, if these do not tell,
// the environment variables that stand for them; nothing if nowhere.
std::optional<std::filesystem::path> FindJsonOutput(
    const std::vector<std::string>& flags);

}  // namespace ima_bench

#endif  // BENCH_RESULT_FILE_H_
