// SPDX-License-Identifier: MIT
// The machine that this program runs on, for a soak.
#ifndef BENCH_SOAK_LIVE_MACHINE_H_
#define BENCH_SOAK_LIVE_MACHINE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "soak/ballast.h"
#include "soak/soak.h"
#include "util/ima_fs.h"
#include "util/posix_error.h"

namespace ima_bench {

class LiveMachine : public SoakMachine {
 public:
  // Lets the kernel flush into `directory` and makes records in `files`.
  // Refuses, saying what to do, without root or a kernel that flushes by
  // itself; where somebody has that do so already; and, if the disk is to be
  // filled, where `files` are on the same filesystem.
  static Result<std::unique_ptr<LiveMachine>> Start(
      const ImaFs& ima, const std::filesystem::path& directory,
      const std::filesystem::path& files, bool fill);
  ~LiveMachine() override;

  // Unsets the directory and puts max_records back. Without it the destructor
  // does, and cannot tell that it failed.
  Result<void> Stop();

  // A directory of its own for each call: with it go the entries for removed
  // names, which Linux keeps in slab memory.
  Result<void> MakeRecords(uint64_t count) override;
  Result<SoakSample> Read() override;
  Result<SoakSample> ReadAtRest() override;
  Result<void> SetLimit(uint64_t limit) override;
  Result<void> FillDisk() override;
  Result<void> FreeDisk() override;
  Result<void> Wait() override;

 private:
  LiveMachine(ImaFs ima, std::filesystem::path directory,
              std::filesystem::path files, std::string former_limit)
      : ima_(std::move(ima)),
        directory_(std::move(directory)),
        files_(std::move(files)),
        former_limit_(std::move(former_limit)) {}

  Result<void> Control(const char* file, const std::string& request) const;

  ImaFs ima_;
  std::filesystem::path directory_, files_;
  std::string former_limit_;  // what max_records held before
  uint64_t files_made_ = 0;
  std::optional<Ballast> ballast_;
  std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  bool running_ = false;
};

}  // namespace ima_bench

#endif  // BENCH_SOAK_LIVE_MACHINE_H_
