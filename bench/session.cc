// SPDX-License-Identifier: MIT
#include "session.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "util/file.h"
#include "util/machine.h"
#include "util/memory.h"
#include "util/tpm.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

// Records in memory beyond those asked for that FillList() leaves there.
uint64_t Tolerance(uint64_t count) { return count / 100 + 8; }

Result<ImaFs> FindIma() {
  return ReadFile("/proc/self/mountinfo")
      .and_then(FindSecurityfs)
      .and_then(ImaFs::Find);
}

}  // namespace

const std::vector<Method> kMethods = {
    {"Flush", DrainByFlush, &ImaFs::HasFlush,
     "no flush/trigger: this kernel is without CONFIG_IMA_FLUSH"},
    {"StagedDelete", DrainByStaging, &ImaFs::HasStaging,
     "no _staged files: this kernel is without CONFIG_IMA_STAGING"},
};

Result<Session> Session::Start(const Options& options) {
  if (geteuid() != 0) return ContentError("run this as root");
  auto ima = FindIma();
  if (!ima) return tl::make_unexpected(ima.error());
  if (!ima->HasFlush() && !ima->HasStaging()) {
    return ContentError(fmt::format(
        "{} has neither flush/trigger nor _staged files: boot a kernel with "
        "CONFIG_IMA_FLUSH=y",
        ima->root().string()));
  }
  fs::path files =
      fs::absolute(options.files.empty() ? options.directory : options.files);
  auto maker = RecordMaker::Create(files);
  if (!maker) return tl::make_unexpected(maker.error());
  auto segments = MakeUniqueDir(fs::absolute(options.directory), "ima-bench-");
  if (!segments) return tl::make_unexpected(segments.error());
  return Session(std::move(*ima), std::move(*segments), std::move(files),
                 std::move(*maker), options);
}

Session::~Session() {
  std::error_code not_empty;  // as it should be
  if (!segments_.empty()) fs::remove(segments_, not_empty);
}

Result<void> Session::AddContext() const {
  using benchmark::AddCustomContext;
  const auto banks = ima_.Banks();
  if (!banks) return tl::make_unexpected(banks.error());
  const auto records = ima_.RecordsInMemory();
  if (!records) return tl::make_unexpected(records.error());
  const auto filesystem = FilesystemType(segments_);
  if (!filesystem) return tl::make_unexpected(filesystem.error());
  const auto files_filesystem = FilesystemType(files_);
  if (!files_filesystem) return tl::make_unexpected(files_filesystem.error());
  const auto shared = ShareFilesystem(files_, segments_);
  if (!shared) return tl::make_unexpected(shared.error());
  const auto command_line = ReadFile("/proc/cmdline");
  if (!command_line) return tl::make_unexpected(command_line.error());
  const auto tpm = IdentifyTpm();
  if (!tpm) return tl::make_unexpected(tpm.error());

  AddCustomContext("kernel", KernelRelease());
  AddCustomContext("series", series_);
  AddCustomContext("flush", ima_.HasFlush() ? "yes" : "no");
  AddCustomContext("staging", ima_.HasStaging() ? "yes" : "no");
  AddCustomContext("processor", Processor());
  AddCustomContext("tpm_vendor", tpm->vendor);
  AddCustomContext("tpm_firmware", tpm->firmware);
  AddCustomContext("ima_parameters", ImaParameters(*command_line));
  AddCustomContext("ima_banks", fmt::format("{}", fmt::join(*banks, " ")));
  AddCustomContext("filesystem", *filesystem);
  AddCustomContext("files_filesystem", *files_filesystem);
  AddCustomContext("files_apart", *shared ? "no" : "yes");
  AddCustomContext("records_at_start", std::to_string(*records));
  AddCustomContext("max_records", std::to_string(max_records_));
  AddCustomContext("slab_shrink", CanShrinkSlabs() ? "yes" : "no");
  return {};
}

std::vector<const Method*> Session::Methods() const {
  std::vector<const Method*> methods;
  for (const Method& method : kMethods)
    if ((ima_.*method.available)()) methods.push_back(&method);
  return methods;
}

Result<void> Session::SettleDisks() {
  sync();
  return WriteControl("/proc/sys/vm/drop_caches", "1\n");
}

Result<Drained> Session::Drain(const Method& method) {
  auto drained =
      method.drain(ima_, segments_ / fmt::format("log.{}", next_segment_));
  if (!drained) return drained;
  ++next_segment_;
  drained_ += drained->records;
  listed_.reset();
  if (method.drain == DrainByFlush) listed_ = *drained;
  return drained;
}

Result<void> Session::ReleaseSegments() {
  listed_.reset();
  return ima_.ReleaseSegments();
}

Result<void> Session::EmptyList(const Method& method) {
  const auto drained = Drain(method);
  if (!drained && drained.error().code != ENODATA &&
      drained.error().code != ENOENT)  // both: nothing in memory
    return tl::make_unexpected(drained.error());
  return ReleaseSegments();
}

Result<uint64_t> Session::RecordsEver() const {
  return ima_.RecordsTotal().map([&](uint64_t total) {
    return ima_.HasFlush() ? total : total + drained_;
  });
}

Result<Drained> Session::FlushOf(uint64_t records) {
  const auto found = flushes_.find(records);
  if (found != flushes_.end()) return found->second;
  auto flush = FlushList(records);
  if (flush) NoteFlush(records, *flush);
  return flush;
}

Result<void> Session::FillList(uint64_t count) {
  if (auto done = ReleaseSegments(); !done) return done;
  auto present = ima_.RecordsInMemory();
  if (present && *present > count + Tolerance(count)) {
    if (auto done = EmptyList(AnyMethod()); !done) return done;
    present = ima_.RecordsInMemory();
  }
  if (!present) return tl::make_unexpected(present.error());
  return *present < count ? MakeRecords(count - *present) : Result<void>();
}

Result<Drained> Session::FlushList(uint64_t count) {
  const auto is_near = [](uint64_t records, uint64_t wanted) {
    return records >= wanted && records <= wanted + Tolerance(wanted);
  };
  const auto present = ima_.RecordsInMemory();
  if (!present) return tl::make_unexpected(present.error());
  if (listed_ && is_near(listed_->records, count) && is_near(*present, 0))
    return *listed_;
  return FillList(count).and_then([&] { return Drain(AnyMethod()); });
}

Result<void> Session::Finish() {
  return listed_ ? ReleaseSegments() : Result<void>();
}

std::vector<uint64_t> RecordCounts(std::span<const uint64_t> sizes,
                                   uint64_t max_records) {
  std::vector<uint64_t> counts(sizes.begin(), sizes.end());
  std::erase_if(counts, [=](uint64_t size) { return size >= max_records; });
  counts.push_back(max_records);
  return counts;
}

}  // namespace ima_bench
