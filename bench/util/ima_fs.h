// SPDX-License-Identifier: MIT
// IMA's files in securityfs: upstream's, and those of CONFIG_IMA_FLUSH.
#ifndef BENCH_UTIL_IMA_FS_H_
#define BENCH_UTIL_IMA_FS_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "util/posix_error.h"
#include "util/time_span.h"

namespace ima_bench {

// `key value` lines of flush/status.
using FlushStatus = std::map<std::string, uint64_t, std::less<>>;

// Parses the text of flush/status (Documentation/ABI/testing/ima_flush).
Result<FlushStatus> ParseStatus(std::string_view text);

// Where securityfs is mounted, from the text of /proc/self/mountinfo.
Result<std::filesystem::path> FindSecurityfs(std::string_view mountinfo);

// The two forms in which securityfs shows the list.
enum class ListForm { kBinary, kAscii };
const char* NameOf(ListForm form);  // "binary", "ascii"

class ImaFs {
 public:
  // IMA's folder below `securityfs`; an error says what is missing.
  static Result<ImaFs> Find(const std::filesystem::path& securityfs);

  bool HasFlush() const;    // CONFIG_IMA_FLUSH
  bool HasRelease() const;  // and the list shows flushed records
  bool HasStaging() const;  // CONFIG_IMA_STAGING, Linux 7.2 and later

  // Names of the banks that have a list file, e.g. "sha1", "sha256".
  Result<std::vector<std::string>> Banks() const;
  Result<FlushStatus> Status() const;
  // Records in kernel memory, staged ones not counted where there is no
  // flush/status to tell.
  Result<uint64_t> RecordsInMemory() const;
  // Records ever, those that flushes have taken out of memory included; without
  // flush/status the same as the above.
  Result<uint64_t> RecordsTotal() const;
  // Records that a reader of the list sees.
  Result<uint64_t> RecordsListed() const;

  // Takes all flushed records out of the list, for good: the kernel forgets all
  // segments that there are. Does nothing where the list does not show them.
  Result<void> ReleaseSegments() const;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path Trigger() const { return root_ / "flush/trigger"; }
  // The sha1 lists: the form that segments have.
  std::filesystem::path List(ListForm form) const;
  std::filesystem::path StagedList() const {
    return root_ / "binary_runtime_measurements_staged";
  }

 private:
  explicit ImaFs(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path Release() const { return root_ / "flush/release"; }

  // The number under `key` in flush/status, or runtime_measurements_count.
  Result<uint64_t> CountRecords(const char* key) const;

  std::filesystem::path root_;
};

// What left the kernel's memory, to where, in which time.
struct Drained {
  uint64_t records = 0;
  uint64_t bytes = 0;  // of the file
  TimeSpan time;
};

// A way to save all records in memory to the new file `out` and to free them.
// With an empty list: ENODATA (flush) or ENOENT (staging).
using DrainFunction = Result<Drained>(const ImaFs& ima,
                                      const std::filesystem::path& out);

// One write to flush/trigger; only that write(2) is timed.
DrainFunction DrainByFlush;

// Upstream's way (Documentation/security/IMA-export-delete.rst, "Staging with
// prompt"): `A` to the _staged file, read it in pieces of 64 KiB, write these
// to `out`, fsync file and directory (without which the file is not durable),
// `D`. Timed from before `A` to after `D`; opening the _staged file is not.
// If saving fails the records stay staged: then the error says so.
DrainFunction DrainByStaging;

}  // namespace ima_bench

#endif  // BENCH_UTIL_IMA_FS_H_
