// SPDX-License-Identifier: MIT
#include "util/lock_trace.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>

#include "util/fd.h"
#include "util/file.h"
#include "util/machine.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNeeds =
    "tracing a lock needs a kernel with CONFIG_LOCK_STAT and CONFIG_FTRACE";
constexpr const char* kEvents[] = {"lock_acquired", "lock_release"};

// Of each processor. A flush of a million records takes the mutex some 62,500
// times, 16 records at a time, and an event takes 64 bytes.
constexpr const char* kBufferKilobytes = "16384";
constexpr uint64_t kMostHolds = 1000000;

constexpr uint64_t kMicroseconds = 1000000;

struct LockEvent {
  uint64_t tid = 0;
  uint64_t time = 0;  // in microseconds
  bool acquired = false;
};

// "12.345678:" in microseconds.
std::optional<uint64_t> ParseTime(std::string_view word) {
  constexpr size_t kDigits = 6;
  const size_t point = word.find('.');
  if (point == word.npos || !word.ends_with(':') ||
      word.size() != point + kDigits + 2)
    return std::nullopt;
  const auto seconds = ParseNumber(word.substr(0, point));
  const auto fraction = ParseNumber(word.substr(point + 1, kDigits));
  if (!seconds || !fraction) return std::nullopt;
  return *seconds * kMicroseconds + *fraction;
}

// "kworker/u8:1-34 [001] d..1. 12.345678: lock_acquired: 00000000abc name". The
// name of the task may hold blanks and dashes.
std::optional<LockEvent> ParseEvent(std::string_view line) {
  const size_t bracket = line.find(" [");
  if (bracket == line.npos) return std::nullopt;
  const auto task = SplitWords(line.substr(0, bracket));
  const auto rest = SplitWords(line.substr(bracket));
  if (task.empty()) return std::nullopt;
  const size_t dash = task.back().rfind('-');
  const auto tid = dash == std::string_view::npos
                       ? std::nullopt
                       : ParseNumber(task.back().substr(dash + 1));
  // The flags between processor and time depend on the trace's options.
  for (size_t i = 1; tid && i + 1 < rest.size(); ++i) {
    const auto time = ParseTime(rest[i]);
    if (!time) continue;
    if (rest[i + 1] == "lock_acquired:") return LockEvent{*tid, *time, true};
    if (rest[i + 1] == "lock_release:") return LockEvent{*tid, *time, false};
    return std::nullopt;
  }
  return std::nullopt;
}

// By task: since when it has the lock, in microseconds.
using Holders = std::map<uint64_t, uint64_t>;

// False if the event does not fit those before it.
bool AddEvent(const LockEvent& event, Holders& holders, LockHolds& holds) {
  if (event.acquired) return holders.emplace(event.tid, event.time).second;
  const auto holder = holders.find(event.tid);
  if (holder == holders.end() || event.time < holder->second) return false;
  holds.push_back(static_cast<double>(event.time - holder->second));
  holders.erase(holder);
  return true;
}

}  // namespace

Result<LockHolds> ParseLockHolds(std::string_view text) {
  Holders holders;
  LockHolds holds;
  for (const std::string_view line : SplitLines(text)) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto event = ParseEvent(line);
    if (!event) return ContentError(fmt::format("trace: bad line: {}", line));
    if (!AddEvent(*event, holders, holds)) {
      return ContentError(
          fmt::format("trace: a hold without begin or end: {}", line));
    }
    if (holds.size() > kMostHolds) return ContentError("trace: too many holds");
  }
  if (!holders.empty())
    return ContentError("trace: the lock was still held at the end");
  std::ranges::sort(holds);
  return holds;
}

Result<uint64_t> ParseLostEvents(std::string_view text) {
  constexpr std::string_view kKeys[] = {
      "overrun: ", "commit overrun: ", "dropped events: "};
  uint64_t lost = 0;
  for (const std::string_view key : kKeys) {
    const auto lines = SplitLines(text);
    const auto line = std::ranges::find_if(
        lines, [&](std::string_view one) { return one.starts_with(key); });
    const auto count = line == lines.end()
                           ? std::nullopt
                           : ParseNumber(line->substr(key.size()));
    if (!count)
      return ContentError(fmt::format("trace statistics without '{}'", key));
    lost += *count;
  }
  return lost;
}

std::string KernelWorkers() { return "COMM ~ \"kworker/*\""; }

std::string ThisThread() { return fmt::format("common_pid == {}", gettid()); }

Result<LockTrace> LockTrace::Start(const fs::path& tracefs,
                                   const TracedLock& lock) {
  std::error_code error;
  for (const char* event : kEvents) {
    if (!fs::exists(tracefs / "events/lock" / event, error)) {
      return ContentError(
          fmt::format("{}: there is no event lock:{}", kNeeds, event));
    }
  }
  // Not a plain directory: the kernel fills it, and rmdir(2) takes it away.
  const fs::path instance =
      tracefs / "instances" / fmt::format("ima-bench-{}", getpid());
  if (!fs::create_directory(instance, error)) {
    return tl::make_unexpected(
        PosixError{error.value(), "mkdir " + instance.string()});
  }
  LockTrace trace(instance);
  if (auto done = trace.Configure(lock); !done)
    return tl::make_unexpected(done.error());
  return trace;
}

LockTrace::~LockTrace() {
  if (instance_.empty()) return;
  static_cast<void>(Set("tracing_on", "0"));
  static_cast<void>(rmdir(instance_.c_str()));
}

Result<LockHolds> LockTrace::Stop() {
  return Set("tracing_on", "0")
      .and_then([&] { return CheckLost(); })
      .and_then([&] { return ReadFile(instance_ / "trace"); })
      .and_then([](const std::string& text) { return ParseLockHolds(text); });
}

Result<void> LockTrace::Set(const fs::path& file,
                            const std::string& value) const {
  const fs::path path = instance_ / file;
  const auto fd = Open(path, O_WRONLY | O_TRUNC);
  if (!fd) return tl::make_unexpected(fd.error());
  return WriteOnce(fd->get(), value + "\n", path);
}

Result<void> LockTrace::Configure(const TracedLock& lock) const {
  const std::string filter =
      fmt::format("name == \"{}\" && {}", lock.name, lock.task_filter);
  auto done =
      Set("tracing_on", "0")
          .and_then([&] { return Set("trace_clock", "mono"); })
          .and_then([&] { return Set("buffer_size_kb", kBufferKilobytes); });
  for (const char* event : kEvents) {
    const fs::path folder = fs::path("events/lock") / event;
    done = std::move(done)
               .and_then([&] { return Set(folder / "filter", filter); })
               .and_then([&] { return Set(folder / "enable", "1"); });
  }
  return std::move(done).and_then([&] { return Set("tracing_on", "1"); });
}

Result<void> LockTrace::CheckLost() const {
  std::error_code error;
  for (const auto& cpu : fs::directory_iterator(instance_ / "per_cpu", error)) {
    const auto lost =
        ReadFile(cpu.path() / "stats").and_then([](const std::string& text) {
          return ParseLostEvents(text);
        });
    if (!lost) return tl::make_unexpected(lost.error());
    if (*lost > 0)
      return ContentError(fmt::format("{} trace events were lost", *lost));
  }
  if (!error) return {};
  return tl::make_unexpected(
      PosixError{error.value(), (instance_ / "per_cpu").string()});
}

Result<fs::path> FindTracefs(std::string_view mountinfo) {
  for (const Mount& mount : ParseMountinfo(mountinfo))
    if (mount.type == "tracefs") return fs::path(mount.point);
  return ContentError(
      fmt::format("tracefs is not mounted: mount -t tracefs tracefs "
                  "/sys/kernel/tracing ({})",
                  kNeeds));
}

}  // namespace ima_bench
