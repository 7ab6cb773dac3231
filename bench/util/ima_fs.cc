// SPDX-License-Identifier: MIT
#include "util/ima_fs.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "util/fd.h"
#include "util/file.h"
#include "util/machine.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr size_t kReadSize = 65536;

Result<void> Sync(int fd, const fs::path& path) {
  if (fsync(fd) != 0) return ErrnoError("fsync " + path.string());
  return {};
}

// Copies `list` to the new file `out` and makes it durable. Returns its size.
Result<uint64_t> SaveList(int list, const fs::path& list_path,
                          const fs::path& out) {
  auto file = Open(out, O_WRONLY | O_CREAT | O_EXCL, 0400);
  if (!file) return tl::make_unexpected(file.error());
  std::vector<char> buffer(kReadSize);
  uint64_t bytes = 0;
  for (;;) {
    const ssize_t got = read(list, buffer.data(), buffer.size());
    if (got < 0) return ErrnoError("read " + list_path.string());
    if (got == 0) break;
    const std::span piece(buffer.data(), static_cast<size_t>(got));
    if (auto done = WriteAll(file->get(), piece, out); !done)
      return tl::make_unexpected(done.error());
    bytes += piece.size();
  }
  if (auto done = Sync(file->get(), out); !done)
    return tl::make_unexpected(done.error());
  auto directory = Open(out.parent_path(), O_RDONLY | O_DIRECTORY);
  if (!directory) return tl::make_unexpected(directory.error());
  if (auto done = Sync(directory->get(), out.parent_path()); !done)
    return tl::make_unexpected(done.error());
  return bytes;
}

// Records taken out of memory so far, by whatever means.
Result<uint64_t> CountTaken(const ImaFs& ima) {
  return ima.Status().map([](const FlushStatus& status) {
    return status.at("records_flushed") + status.at("records_removed");
  });
}

// Runs `drain`, which fills bytes and time, and counts the records that it
// took: exactly where the kernel tells, else those listed just before.
template <typename Function>
Result<Drained> CountDrained(const ImaFs& ima, Function drain) {
  const bool exact = ima.HasFlush();
  auto before = exact ? CountTaken(ima) : ima.RecordsInMemory();
  if (!before) return tl::make_unexpected(before.error());
  Result<Drained> drained = drain();
  if (!drained) return drained;
  if (!exact) {
    drained->records = *before;
    return drained;
  }
  auto after = CountTaken(ima);
  if (!after) return tl::make_unexpected(after.error());
  drained->records = *after - *before;
  return drained;
}

Result<Drained> TimeFlush(const ImaFs& ima, const fs::path& out) {
  auto trigger = Open(ima.Trigger(), O_WRONLY);
  if (!trigger) return tl::make_unexpected(trigger.error());
  const auto start = steady_clock::now();
  auto done = WriteOnce(trigger->get(), out.string(), ima.Trigger());
  const TimeSpan time{start, steady_clock::now()};
  if (!done) return tl::make_unexpected(done.error());
  std::error_code error;
  const uint64_t bytes = fs::file_size(out, error);
  if (error) {
    return tl::make_unexpected(
        PosixError{error.value(), "the flush left no file " + out.string()});
  }
  return Drained{.bytes = bytes, .time = time};
}

Result<Drained> TimeStaging(const ImaFs& ima, const fs::path& out) {
  const fs::path list = ima.StagedList();
  auto staged = Open(list, O_RDWR);
  if (!staged) return tl::make_unexpected(staged.error());
  const auto start = steady_clock::now();
  if (auto done = WriteOnce(staged->get(), "A\n", list); !done)
    return tl::make_unexpected(done.error());
  auto bytes = SaveList(staged->get(), list, out);
  if (bytes) {
    if (auto done = WriteOnce(staged->get(), "D\n", list); !done)
      bytes = tl::make_unexpected(done.error());
  }
  const TimeSpan time{start, steady_clock::now()};
  if (bytes) return Drained{.bytes = *bytes, .time = time};
  PosixError error = bytes.error();
  error.context =
      fmt::format("records stay staged: save {0} and write D to it ({1})",
                  list.string(), error.context);
  return tl::make_unexpected(error);
}

}  // namespace

Result<FlushStatus> ParseStatus(std::string_view text) {
  FlushStatus status;
  for (const std::string_view line : SplitLines(text)) {
    const auto words = SplitWords(line);
    const auto value = words.size() == 2 ? ParseNumber(words[1]) : std::nullopt;
    if (!value)
      return ContentError(fmt::format("flush/status: bad line: {}", line));
    status.emplace(words[0], *value);
  }
  for (const char* key : {"records_total", "records_in_memory",
                          "records_flushed", "records_removed"}) {
    if (!status.contains(key))
      return ContentError(fmt::format("flush/status has no {}", key));
  }
  return status;
}

const char* NameOf(ListForm form) {
  return form == ListForm::kBinary ? "binary" : "ascii";
}

Result<fs::path> FindSecurityfs(std::string_view mountinfo) {
  for (const Mount& mount : ParseMountinfo(mountinfo))
    if (mount.type == "securityfs") return fs::path(mount.point);
  return ContentError(
      "securityfs is not mounted: mount -t securityfs securityfs "
      "/sys/kernel/security");
}

Result<ImaFs> ImaFs::Find(const fs::path& securityfs) {
  std::error_code error;
  const fs::path root = securityfs / "integrity/ima";
  if (fs::exists(root / "runtime_measurements_count", error))
    return ImaFs(root);
  return ContentError(fmt::format(
      "no IMA in {}: the kernel needs CONFIG_IMA and must be booted with a "
      "policy that measures, such as ima_policy=tcb",
      securityfs.string()));
}

fs::path ImaFs::List(ListForm form) const {
  return root_ / fmt::format("{}_runtime_measurements", NameOf(form));
}

bool ImaFs::HasFlush() const {
  std::error_code error;
  return fs::exists(Trigger(), error);
}

bool ImaFs::HasRelease() const {
  std::error_code error;
  return fs::exists(Release(), error);
}

bool ImaFs::HasStaging() const {
  std::error_code error;
  return fs::exists(StagedList(), error);
}

Result<std::vector<std::string>> ImaFs::Banks() const {
  constexpr std::string_view kPrefix = "binary_runtime_measurements_";
  constexpr std::string_view kStaged = "_staged";
  std::error_code error;
  std::vector<std::string> banks;
  for (const auto& entry : fs::directory_iterator(root_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && !name.ends_with(kStaged) &&
        name != "binary_runtime_measurements_staged")
      banks.push_back(name.substr(kPrefix.size()));
  }
  if (error)
    return tl::make_unexpected(PosixError{error.value(), root_.string()});
  std::ranges::sort(banks);
  return banks;
}

Result<FlushStatus> ImaFs::Status() const {
  return ReadFile(root_ / "flush/status").and_then(ParseStatus);
}

Result<uint64_t> ImaFs::RecordsInMemory() const {
  return CountRecords("records_in_memory");
}

Result<uint64_t> ImaFs::RecordsTotal() const {
  return CountRecords("records_total");
}

Result<uint64_t> ImaFs::CountRecords(const char* key) const {
  if (HasFlush())
    return Status().map([&](const FlushStatus& s) { return s.at(key); });
  return RecordsListed();
}

Result<uint64_t> ImaFs::RecordsListed() const {
  const fs::path path = root_ / "runtime_measurements_count";
  auto text = ReadFile(path);
  if (!text) return tl::make_unexpected(text.error());
  const auto words = SplitWords(*text);
  const auto count = words.size() == 1 ? ParseNumber(words[0]) : std::nullopt;
  if (!count) return ContentError("not a number: " + path.string());
  return *count;
}

Result<void> ImaFs::ReleaseSegments() const {
  if (!HasRelease()) return {};
  const auto text = ReadFile(root_ / "flush/segments");
  if (!text) return tl::make_unexpected(text.error());
  const auto lines = SplitLines(*text);
  if (lines.empty()) return {};
  const auto words = SplitWords(lines.back());
  const auto last = words.empty() ? std::nullopt : ParseNumber(words[0]);
  if (!last) {
    return ContentError(
        fmt::format("flush/segments: bad line: {}", lines.back()));
  }
  auto release = Open(Release(), O_WRONLY);
  if (!release) return tl::make_unexpected(release.error());
  return WriteOnce(release->get(), std::to_string(*last), Release());
}

Result<Drained> DrainByFlush(const ImaFs& ima, const fs::path& out) {
  return CountDrained(ima, [&] { return TimeFlush(ima, out); });
}

Result<Drained> DrainByStaging(const ImaFs& ima, const fs::path& out) {
  return CountDrained(ima, [&] { return TimeStaging(ima, out); });
}

}  // namespace ima_bench
