// SPDX-License-Identifier: MIT
// Time to compute SHA-256 of as many bytes as a flush wrote, soon after it: a
// flush makes one digest of each of them, and the speed of a machine changes.
//
// IMA itself hashes a file that it measures, with the kernel's own code and on
// every kernel that has IMA; so the time to open(2) a large new file that is in
// the page cache, less that of a small one, is the time to hash it. Copying out
// of the page cache is in it.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

#include "row.h"
#include "session.h"
#include "util/file.h"
#include "util/list_reader.h"
#include "util/measured_files.h"

namespace ima_bench {
namespace {

// Of fewer bytes the time would be that of opening.
constexpr uint64_t kLeastBytes = 16 << 20;
constexpr size_t kBufferSize = 65536;

struct Hashed {
  uint64_t records;  // that the flush took, or would have taken
  uint64_t bytes;    // at least as many as it wrote
  std::chrono::duration<double> time;
};

struct Opened {
  TimeSpan time;
  std::string line;  // of the record, as the ascii list shows it
};

// The line of `text` about a file in `directory`.
std::optional<std::string> FindLine(std::string_view text,
                                    const std::filesystem::path& directory) {
  const auto lines = SplitLines(text);
  const auto found = std::ranges::find_if(lines, [&](std::string_view line) {
    return line.find(directory.string() + "/") != line.npos;
  });
  if (found == lines.end()) return std::nullopt;
  return std::string(*found);
}

// Opens a new file of `size` bytes. `reader` is at the end of the ascii list.
Result<Opened> OpenNewFile(const Session& session, ListReader& reader,
                           uint64_t size) {
  auto files = MeasuredFiles::Create(session.files(), std::string(size, 'x'));
  if (!files) return tl::make_unexpected(files.error());
  if (auto done = files->Prepare(1); !done)
    return tl::make_unexpected(done.error());
  const auto opens = files->OpenUntil([] { return false; });
  if (!opens) return tl::make_unexpected(opens.error());
  const auto text = reader.Read();
  if (!text) return tl::make_unexpected(text.error());
  const auto line = FindLine(*text, files->directory());
  if (!line) {
    return ContentError(fmt::format(
        "opening a file in {} made no record: the IMA policy does not measure "
        "it",
        files->directory().string()));
  }
  return Opened{opens->front(), *line};
}

// The time to hash `size` bytes.
Result<std::chrono::duration<double>> TimeHash(const Session& session,
                                               uint64_t size) {
  auto reader =
      ListReader::Open(session.ima().List(ListForm::kAscii), kBufferSize);
  if (!reader) return tl::make_unexpected(reader.error());
  if (auto done = reader->ReadToEnd(); !done)
    return tl::make_unexpected(done.error());
  const auto small = OpenNewFile(session, *reader, 1);
  if (!small) return tl::make_unexpected(small.error());
  const auto large = OpenNewFile(session, *reader, size);
  if (!large) return tl::make_unexpected(large.error());
  if (large->line.find(" sha256:") == std::string::npos) {
    return ContentError(
        "IMA hashes files with another algorithm, so this row would show the "
        "rate of that one: boot with ima_hash=sha256");
  }
  return large->time.Length() - small->time.Length();
}

// What there is to hash, without a time. Where there is no flush it is little,
// and the list gets empty: reading to its end takes long there.
Result<Hashed> MakeTask(Session& session, uint64_t records) {
  if (session.ima().HasFlush()) {
    return session.FlushOf(records).map([](const Drained& flush) {
      return Hashed{flush.records, std::max(kLeastBytes, flush.bytes), {}};
    });
  }
  return session.EmptyList(session.AnyMethod()).map([&] {
    return Hashed{records, kLeastBytes, {}};
  });
}

Result<Hashed> HashAsMuch(Session& session, uint64_t records) {
  return MakeTask(session, records).and_then([&](const Hashed& task) {
    return TimeHash(session, task.bytes).map([&](const auto& time) {
      return Hashed{task.records, task.bytes, time};
    });
  });
}

}  // namespace

void RegisterSha256Benchmark(Session& session, uint64_t records) {
  RegisterRow("BM_Sha256", "records", records, [=, &session](auto& state) {
    RunRow(
        state, [&] { return HashAsMuch(session, records); },
        [&](const Hashed& hashed) {
          state.SetIterationTime(hashed.time.count());
          state.counters["records"] = static_cast<double>(hashed.records);
          state.SetBytesProcessed(static_cast<int64_t>(hashed.bytes));
          state.SetLabel("sha256 by IMA, of a file in the page cache");
        });
  });
}

}  // namespace ima_bench
