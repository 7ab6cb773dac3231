// SPDX-License-Identifier: MIT
// The rate at which this kernel computes SHA-256, since a flush makes a digest
// of what it writes.
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

constexpr uint64_t kFileSize = 16 << 20;
constexpr size_t kBufferSize = 65536;

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
Result<Opened> OpenNewFile(Session& session, ListReader& reader,
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

Result<std::chrono::duration<double>> TimeHash(Session& session) {
  // Reading to the end of a long list takes long on some kernels.
  auto reader = session.EmptyList(session.AnyMethod()).and_then([&] {
    return ListReader::Open(session.ima().List(ListForm::kAscii), kBufferSize);
  });
  if (!reader) return tl::make_unexpected(reader.error());
  if (auto done = reader->ReadToEnd(); !done)
    return tl::make_unexpected(done.error());
  const auto small = OpenNewFile(session, *reader, 1);
  if (!small) return tl::make_unexpected(small.error());
  const auto large = OpenNewFile(session, *reader, kFileSize);
  if (!large) return tl::make_unexpected(large.error());
  if (large->line.find(" sha256:") == std::string::npos) {
    return ContentError(
        "IMA hashes files with another algorithm, so this row would show the "
        "rate of that one: boot with ima_hash=sha256");
  }
  return large->time.Length() - small->time.Length();
}

}  // namespace

void RegisterSha256Benchmark(Session& session) {
  RegisterRow("BM_Sha256", "bytes", kFileSize, [&](auto& state) {
    RunRow(
        state, [&] { return TimeHash(session); },
        [&](const std::chrono::duration<double>& time) {
          state.SetIterationTime(time.count());
          state.SetBytesProcessed(static_cast<int64_t>(kFileSize));
          state.SetLabel("sha256 by IMA, of a file in the page cache");
        });
  });
}

}  // namespace ima_bench
