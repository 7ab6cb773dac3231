// SPDX-License-Identifier: MIT
#include "soak/live_machine.h"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "util/fd.h"
#include "util/file.h"
#include "util/machine.h"
#include "util/memory.h"
#include "util/record_maker.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

constexpr auto kMoment = std::chrono::milliseconds(100);

volatile std::sig_atomic_t interrupted = 0;

void NoteSignal(int /*signal*/) { interrupted = 1; }

// So that a run that somebody ends does not leave the kernel flushing.
void CatchSignals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    std::signal(signal, NoteSignal);
}

Result<void> CheckInterrupted() {
  if (interrupted == 0) return {};
  return ContentError("ended by a signal");
}

Result<void> CheckSeparate(const fs::path& directory, const fs::path& files) {
  const auto shared = ShareFilesystem(directory, files);
  if (!shared) return tl::make_unexpected(shared.error());
  if (!*shared) return {};
  return ContentError(fmt::format(
      "{} and {} are on one filesystem: give --fill a disk of its own",
      directory.string(), files.string()));
}

// What an administrator has set up is not ours to change.
Result<void> CheckIdle(const fs::path& control) {
  const auto text = ReadFile(control);
  if (!text) return tl::make_unexpected(text.error());
  if (*text == "\n") return {};
  return ContentError(
      fmt::format("this machine flushes by itself already, into {}: write an "
                  "empty line to {} before",
                  text->substr(0, text->find('\n')), control.string()));
}

}  // namespace

Result<std::unique_ptr<LiveMachine>> LiveMachine::Start(
    const ImaFs& ima, const fs::path& directory, const fs::path& files,
    bool fill) {
  if (geteuid() != 0) return ContentError("run this as root");
  const fs::path control = ima.root() / "flush/directory";
  std::error_code error;
  if (!fs::exists(control, error)) {
    return ContentError("there is no " + control.string() +
                        ": this kernel does not flush by itself");
  }
  if (auto idle = CheckIdle(control); !idle)
    return tl::make_unexpected(idle.error());
  if (auto separate = CheckSeparate(directory, files); fill && !separate)
    return tl::make_unexpected(separate.error());
  const auto limit = ReadFile(ima.root() / "flush/max_records");
  if (!limit) return tl::make_unexpected(limit.error());
  CatchSignals();
  std::unique_ptr<LiveMachine> machine(
      new LiveMachine(ima, directory, files, *limit));
  const auto set = machine->Control("directory", directory.string());
  if (!set) return tl::make_unexpected(set.error());
  machine->running_ = true;
  return machine;
}

LiveMachine::~LiveMachine() {
  if (running_) static_cast<void>(Stop());
}

Result<void> LiveMachine::Stop() {
  ballast_.reset();
  running_ = false;
  const auto directory = Control("directory", "\n");
  const auto limit = Control("max_records", former_limit_);
  return directory ? limit : directory;
}

Result<void> LiveMachine::MakeRecords(uint64_t count) {
  return CheckInterrupted()
      .and_then([&] { return RecordMaker::Create(files_, files_made_); })
      .and_then([&](RecordMaker maker) { return maker.Make(ima_, count); })
      .map([&] { files_made_ += count; });
}

Result<SoakSample> LiveMachine::Read() {
  MemoryUse memory;
  const auto done =
      ReadFile("/proc/meminfo").and_then([&](const std::string& text) {
        return ParseMeminfo(text, memory);
      });
  if (!done) return tl::make_unexpected(done.error());
  const std::chrono::duration<double> time =
      std::chrono::steady_clock::now() - start_;
  return ima_.Status().and_then([&](const FlushStatus& status) {
    return MakeSample(time.count(), status, memory);
  });
}

Result<SoakSample> LiveMachine::ReadAtRest() {
  auto flushed = Control("trigger", "\n");
  // Nothing in memory is fine, too.
  if (!flushed && flushed.error().code != ENODATA)
    return tl::make_unexpected(flushed.error());
  return SettleMemory().and_then(
      [&](const SettledMemory& /*rest*/) { return Read(); });
}

Result<void> LiveMachine::SetLimit(uint64_t limit) {
  return Control("max_records", std::to_string(limit));
}

Result<void> LiveMachine::FillDisk() {
  return Ballast::Fill(directory_).map([&](Ballast ballast) {
    ballast_.emplace(std::move(ballast));
  });
}

Result<void> LiveMachine::FreeDisk() {
  ballast_.reset();
  return {};
}

Result<void> LiveMachine::Wait() {
  std::this_thread::sleep_for(kMoment);
  return CheckInterrupted();
}

Result<void> LiveMachine::Control(const char* file,
                                  const std::string& request) const {
  const fs::path path = ima_.root() / "flush" / file;
  const auto fd = Open(path, O_WRONLY);
  if (!fd) return tl::make_unexpected(fd.error());
  return WriteOnce(fd->get(), request, path);
}

}  // namespace ima_bench
