// SPDX-License-Identifier: MIT
// One run of ima-bench: the list, where its records go, where they come from.
#ifndef BENCH_SESSION_H_
#define BENCH_SESSION_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "result_file.h"
#include "util/fd.h"
#include "util/ima_fs.h"
#include "util/posix_error.h"
#include "util/record_maker.h"

namespace ima_bench {

struct Options {
  std::filesystem::path directory = "/var/tmp";  // of the segments
  std::filesystem::path files;  // that get measured; empty: `directory`
  uint64_t max_records = 20000;
  uint64_t samples = 1000;         // least number of latencies of a row
  bool trace = false;              // register rows that need lock tracing
  std::string series = "unknown";  // what was applied to the kernel
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

  // The ways that this kernel has, at least one.
  std::vector<const Method*> Methods() const;
  // The one to use where it does not matter: a flush where there is one.
  const Method& AnyMethod() const { return *Methods().front(); }

  // Has all that was written before on its disks, and no longer in the page
  // cache: what is timed next waits neither for that nor for memory to be taken
  // from it. The many files that were measured are meant.
  static Result<void> SettleDisks();

  // Takes all records out of memory into the next segment. Where the list shows
  // flushed records, these stay in it.
  Result<Drained> Drain(const Method& method);
  // Leaves no record in the list but what is measured from now on.
  Result<void> EmptyList(const Method& method);
  Result<void> MakeRecords(uint64_t count) { return maker_.Make(ima_, count); }
  // Records since this kernel's IMA began, as far as that can be told: without
  // flush/status, those that were deleted before this run are not in it.
  Result<uint64_t> RecordsEver() const;
  // Leaves `count` records in the list, or few more, all of them in memory:
  // keeps those that are there, since making them takes far longer than
  // anything else.
  Result<void> FillList(uint64_t count);
  // Leaves them in the list, all flushed to one segment, with few more in
  // memory: keeps what the last flush took, if that is there still. Returns
  // that flush.
  Result<Drained> FlushList(uint64_t count);
  // Leaves nothing in the list of what this run has flushed.
  Result<void> Finish();

  // The last flush of a row of `records`, for what is compared with it; one is
  // made if there was none.
  void NoteFlush(uint64_t records, const Drained& flush) {
    flushes_[records] = flush;
  }
  Result<Drained> FlushOf(uint64_t records);
  // Keeps the space of a file until the session ends: what is written next
  // would use its blocks again, and its memory, which a flush cannot.
  void KeepPlainFile(FileDescriptor file) {
    plain_files_.push_back(std::move(file));
  }

  // Memory over time, for the JSON.
  void KeepCourse(const DrainCourse& course) { courses_.push_back(course); }
  const std::vector<DrainCourse>& courses() const { return courses_; }

  const ImaFs& ima() const { return ima_; }
  const std::filesystem::path& segments() const { return segments_; }
  // Where to make files that get measured.
  const std::filesystem::path& files() const { return files_; }

 private:
  Session(ImaFs ima, std::filesystem::path segments,
          std::filesystem::path files, RecordMaker maker,
          const Options& options)
      : ima_(std::move(ima)),
        segments_(std::move(segments)),
        files_(std::move(files)),
        maker_(std::move(maker)),
        max_records_(options.max_records),
        series_(options.series) {}

  // Takes all flushed records out of the list, those of others, too.
  Result<void> ReleaseSegments();

  ImaFs ima_;
  std::filesystem::path segments_;  // empty once moved from
  std::filesystem::path files_;
  RecordMaker maker_;
  uint64_t max_records_;
  std::string series_;
  std::map<uint64_t, Drained> flushes_;
  std::vector<DrainCourse> courses_;
  std::optional<Drained> listed_;  // the flush whose segment is listed
  uint64_t next_segment_ = 1;
  std::vector<FileDescriptor> plain_files_;
  uint64_t drained_ = 0;  // records, by this run
};

// Those of `sizes` that are below `max_records`, and `max_records` itself.
std::vector<uint64_t> RecordCounts(std::span<const uint64_t> sizes,
                                   uint64_t max_records);

// Sizes of the list that costs are measured at.
inline constexpr uint64_t kListSizes[] = {
    100, 300, 1000, 3000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000};

// One operation each, in the file of that name. Rows for what this kernel does
// not have are not registered. Those with `records` leave the list as it is or
// take it away; register them by ascending size, reading before flushing, so
// that the list is filled once for as many rows as possible.
void RegisterDdBenchmark(Session& session, uint64_t records);
// Only if --benchmark_filter has the word "Duplicate" in it; an error if the
// number of records that there were cannot be read.
Result<void> RegisterDuplicateBenchmarks(Session& session,
                                         const Options& options);
void RegisterFlushBenchmarks(Session& session, uint64_t records);
void RegisterMutexBenchmarks(Session& session, const Options& options);
void RegisterMeasureBenchmarks(Session& session, const Options& options);
void RegisterMemoryBenchmarks(Session& session, const Options& options);
void RegisterMemoryCourseBenchmark(Session& session, const Options& options);
void RegisterReadBenchmarks(Session& session, uint64_t records);
// Where the list shows flushed records. Best behind rows that flush as many.
void RegisterReadFlushedBenchmarks(Session& session, uint64_t records);
void RegisterSha256Benchmark(Session& session, uint64_t records);

}  // namespace ima_bench

#endif  // BENCH_SESSION_H_
