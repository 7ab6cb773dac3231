// SPDX-License-Identifier: MIT
// The course of a soak: many records, flushed by the kernel itself at a limit,
// and on request a disk that is full for a while.
#ifndef BENCH_SOAK_SOAK_H_
#define BENCH_SOAK_SOAK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "soak/sample.h"
#include "util/posix_error.h"

namespace ima_bench {

// The machine under test; a simulated one in the unit tests.
class SoakMachine {
 public:
  virtual ~SoakMachine() = default;

  // Has so many new files measured.
  virtual Result<void> MakeRecords(uint64_t count) = 0;
  virtual Result<SoakSample> Read() = 0;
  // Flushes on request what is in memory and reads when memory is at rest.
  virtual Result<SoakSample> ReadAtRest() = 0;
  // From this number of records in memory on the kernel flushes by itself.
  virtual Result<void> SetLimit(uint64_t limit) = 0;
  virtual Result<void> FillDisk() = 0;
  virtual Result<void> FreeDisk() = 0;
  // Lets a moment pass without a record.
  virtual Result<void> Wait() = 0;
};

struct SoakPlan {
  uint64_t records = 50000;
  uint64_t limit = 2000;
  bool fill = false;  // have the disk full in the middle
};

// How it went with the full disk.
struct SoakFill {
  SoakSample filled;     // the last room was taken
  SoakSample refused;    // a flush had failed with ENOSPC
  SoakSample freed;      // just before the room was given back
  SoakSample caught_up;  // below the limit again, and no error
};

class Soak {
 public:
  using Observer = std::function<void(const SoakSample&)>;

  // `observe` sees every sample, for progress.
  Soak(const SoakPlan& plan, SoakMachine& machine, Observer observe);

  // Runs to the end of the plan. An error if a flush failed, the full disk
  // aside; if the kernel did not show ENOSPC, or did not catch up within its
  // back-off once there was room again; or if more than twice the limit was in
  // memory in any sample without an error. What there is up to then stays.
  Result<void> Run();

  const SoakPlan& plan() const { return plan_; }
  const std::vector<SoakSample>& samples() const { return samples_; }
  // With no record in memory and that at rest, before and after.
  const std::optional<SoakSample>& start() const { return start_; }
  const std::optional<SoakSample>& end() const { return end_; }
  const std::optional<SoakFill>& fill() const { return fill_; }

 private:
  Result<void> MakeAllRecords();
  Result<SoakSample> MakeRecordsUntil(uint64_t total);
  Result<SoakSample> MakeBatch(uint64_t most);
  Result<void> PassFullDisk();
  Result<SoakSample> MakeRecordsUntilRefused();
  Result<SoakSample> AwaitCatchUp(const SoakSample& freed);
  Result<SoakSample> TakeSample();
  Result<void> JudgeSize() const;

  SoakPlan plan_;
  SoakMachine& machine_;
  Observer observe_;
  uint64_t batch_ = 1;
  bool disk_full_ = false;
  std::vector<SoakSample> samples_;
  std::optional<SoakSample> start_, end_;
  std::optional<SoakFill> fill_;
};

}  // namespace ima_bench

#endif  // BENCH_SOAK_SOAK_H_
