// SPDX-License-Identifier: MIT
// A machine that flushes by itself, simulated, with faults on request.
#ifndef BENCH_TESTS_SOAK_MACHINE_H_
#define BENCH_TESTS_SOAK_MACHINE_H_

#include <algorithm>
#include <cerrno>

#include "soak/soak.h"

namespace ima_bench {

class SimulatedMachine : public SoakMachine {
 public:
  // What a test may change.
  double seconds_a_record = 0.001;
  uint64_t flush_at = 0;         // instead of at the limit
  uint64_t full_error = ENOSPC;  // of a flush onto the full disk; 0: it works
  bool retries = true;           // after a failure
  uint64_t failing_flush = 0;    // number of one that fails with EIO

  Result<void> MakeRecords(uint64_t count) override {
    for (uint64_t i = 0; i < count; ++i) {
      ++now_.records_total;
      ++now_.records_in_memory;
      Advance(seconds_a_record);
    }
    return {};
  }
  Result<SoakSample> Read() override {
    SoakSample sample = now_;
    sample.retry_seconds =
        now_.last_error == 0
            ? 0
            : static_cast<uint64_t>(std::max(0.0, retry_at_ - now_.seconds));
    return sample;
  }
  Result<SoakSample> ReadAtRest() override {
    if (now_.records_in_memory > 0) Flush();
    return Read();
  }
  Result<void> SetLimit(uint64_t limit) override {
    limit_ = limit;
    return {};
  }
  Result<void> FillDisk() override {
    full_ = true;
    return {};
  }
  Result<void> FreeDisk() override {
    full_ = false;
    return {};
  }
  Result<void> Wait() override {
    Advance(0.1);
    return {};
  }

 private:
  void Advance(double seconds) {
    now_.seconds += seconds;
    const uint64_t wanted = flush_at > 0 ? flush_at : limit_;
    if (limit_ == 0 || now_.records_in_memory < wanted) return;
    if (now_.last_error == 0 || (retries && now_.seconds >= retry_at_)) Flush();
  }
  void Flush() {
    if (full_ && full_error != 0) return Fail(full_error);
    if (now_.flushes + 1 == failing_flush) return Fail(EIO);
    now_.records_in_memory = 0;
    now_.last_error = 0;
    ++now_.flushes;
    ++now_.segments;
    delay_ = 1;
  }
  void Fail(uint64_t error) {
    now_.last_error = error;
    retry_at_ = now_.seconds + delay_;
    delay_ *= 2;
  }

  SoakSample now_{.records_total = 100, .records_in_memory = 100};
  uint64_t limit_ = 0;
  bool full_ = false;
  double retry_at_ = 0, delay_ = 1;
};

}  // namespace ima_bench

#endif  // BENCH_TESTS_SOAK_MACHINE_H_
