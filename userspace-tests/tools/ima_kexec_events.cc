// SPDX-License-Identifier: MIT
// ima-kexec-events: prints what a kernel measured about its list on kexec.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "imalog/kexec_events.h"
#include "imalog/reader.h"
#include "tools/report.h"
#include "util/file.h"
#include "util/result.h"

namespace ima {
namespace {

constexpr const char* kDescription =
    "Prints what a kernel measured about its measurement list on kexec, a "
    "line\n"
    "for each time: kexec_load or kexec_execute, the records before that in "
    "the\n"
    "list and their bytes; then what it says itself: bytes of the segment for\n"
    "the list in the image, bytes of the list with a header, records.";

constexpr const char* kFooter =
    "FILES are the segments that it wrote, in order, and then the list that "
    "the\n"
    "next kernel shows (binary_runtime_measurements), which must not repeat "
    "any\n"
    "of these.\n"
    "Exit status: 0, or 2 for bad input and if nothing could be printed.";

// The digest column is of sha1.
constexpr size_t kDigestBytes = 20;

// All records of the files, whose contents go to `contents`.
Result<std::vector<Record>> ReadList(
    const std::vector<std::string>& files,
    std::vector<std::vector<uint8_t>>& contents) {
  std::vector<Record> list;
  for (const std::string& file : files) {
    auto bytes = ReadFile(file);
    if (!bytes) return tl::make_unexpected(bytes.error());
    contents.push_back(std::move(*bytes));
    auto records = ReadRecords(contents.back(), kDigestBytes, list.size());
    if (!records) {
      records.error().place.file = file;
      return tl::make_unexpected(records.error());
    }
    list.insert(list.end(), records->begin(), records->end());
  }
  return list;
}

Result<std::string> DescribeEvents(const std::vector<std::string>& files) {
  std::vector<std::vector<uint8_t>> contents;
  const auto list = ReadList(files, contents);
  if (!list) return tl::make_unexpected(list.error());
  const auto events = FindKexecEvents(*list);
  if (!events) return tl::make_unexpected(events.error());
  std::string text;
  for (const KexecEvent& event : *events) {
    text += fmt::format("{} {} {} {} {} {}\n", event.name, event.records_before,
                        event.bytes_before, event.segment_bytes,
                        event.list_bytes, event.list_records);
  }
  return text;
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "ima-kexec-events");
  app.footer(kFooter);
  std::vector<std::string> files;
  app.add_option("FILES", files, "SEGMENT… LIST")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Verdict::kBadInput);
  }
  const auto text = DescribeEvents(files);
  if (!text) {
    std::fputs(DescribeError(text.error()).c_str(), stderr);
    return static_cast<int>(Verdict::kBadInput);
  }
  const bool written =
      std::fputs(text->c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : static_cast<int>(Verdict::kBadInput);
}

}  // namespace
}  // namespace ima

int main(int argc, char** argv) {
  try {
    return ima::Main(argc, argv);
  } catch (const std::exception& error) {  // no memory for a huge file
    std::fprintf(stderr, "ima-kexec-events: %s\n", error.what());
    return static_cast<int>(ima::Verdict::kBadInput);
  }
}
