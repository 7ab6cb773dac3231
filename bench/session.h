// SPDX-License-Identifier: MIT
// One run of ima-bench: the list, where its records go, where they come from.
#ifndef BENCH_SESSION_H_
#define BENCH_SESSION_H_

#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <vector>

#include "util/ima_fs.h"
#include "util/posix_error.h"
#include "util/record_maker.h"

namespace ima_bench {

struct Options {
  std::filesystem::path directory = "/var/tmp";  // of the segments
  std::filesystem::path files;  // that get measured; empty: `directory`
  uint64_t max_records = 20000;
  uint64_t samples = 1000;  // least number of latencies of a row
};

// A way to take the records out of memory, as the rows are named after it.
struct Method {
  const char* name;
  DrainFunction* drain;
  bool (ImaFs::*available)() const;
  const char* missing;  // what to say if it is not
};

// Ours and upstream's, to be measured side by side.
extern const std::vector<Method> kMethods;

class Session {
 public:
  // Refuses, saying what to do, without root, IMA, a way to take records out,
  // or a directory for the segments. Makes a directory for this run's segments.
  static Result<Session> Start(const Options& options);
  Session(Session&&) = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session& operator=(Session&&) = delete;
  // Keeps the segments: they are part of the list that the TPM vouches for.
  ~Session();

  // What one needs to know to compare figures, for the benchmark context.
  Result<void> AddContext() const;

  // Takes all records out of memory into the next segment.
  Result<Drained> Drain(const Method& method);
  // Leaves no record in memory but what is measured from now on.
  Result<void> EmptyList(const Method& method);
  Result<void> MakeRecords(uint64_t count) { return maker_.Make(ima_, count); }

  const ImaFs& ima() const { return ima_; }
  const std::filesystem::path& segments() const { return segments_; }
  // Where to make files that get measured.
  const std::filesystem::path& files() const { return files_; }

 private:
  Session(ImaFs ima, std::filesystem::path segments,
          std::filesystem::path files, RecordMaker maker, uint64_t max_records)
      : ima_(std::move(ima)),
        segments_(std::move(segments)),
        files_(std::move(files)),
        maker_(std::move(maker)),
        max_records_(max_records) {}

  ImaFs ima_;
  std::filesystem::path segments_;  // empty once moved from
  std::filesystem::path files_;
  RecordMaker maker_;
  uint64_t max_records_;
  uint64_t next_segment_ = 1;
};

// Those of `sizes` that are below `max_records`, and `max_records` itself.
std::vector<int64_t> RecordCounts(std::initializer_list<int64_t> sizes,
                                  uint64_t max_records);

// Ends a row with an error, which also makes ima-bench exit with 1.
void FailRow(benchmark::State& state, const std::string& message);
bool AnyRowFailed();

// One operation each, in the file of that name.
void RegisterFlushBenchmarks(Session& session, const Options& options);
void RegisterMeasureBenchmarks(Session& session, const Options& options);
void RegisterMemoryBenchmarks(Session& session, const Options& options);

}  // namespace ima_bench

#endif  // BENCH_SESSION_H_
