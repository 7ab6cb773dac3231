// SPDX-License-Identifier: MIT
// ima-kexec-events: prints what a kernel measured about its list on kexec.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "imalog/kexec_events.h"
#include "imalog/reader.h"
#include "tools/program.h"
#include "tools/report.h"
#include "util/file.h"
#include "util/result.h"

namespace ima {
namespace {

constexpr const char* kName = "ima-kexec-events";

constexpr const char* kDescription =
    "Prints what a kernel measured about its measurement list on kexec, each\n"
    "time a line: kexec_load or kexec_execute, records before it in the list\n"
    "and their bytes; then what it says itself: bytes of the segment for the\n"
    "list in the image, bytes of the list with a header, records.";

constexpr const char* kFooter =
    "FILES are the segments that it wrote, in order, and then the list of the\n"
    "next kernel (binary_runtime_measurements), which must not repeat any of\n"
    "these. Exit status: 0, or 2 for bad input and if nothing can be printed.";

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

Report ReportEvents(const std::vector<std::string>& files) {
  const auto text = DescribeEvents(files);
  if (text) return {Verdict::kVerified, *text, stdout};
  return {text.error().verdict, DescribeError(text.error()), stderr};
}

Verdict Main(int argc, char** argv) {
  CLI::App app(kDescription, kName);
  app.footer(kFooter);
  std::vector<std::string> files;
  app.add_option("FILES", files, "SEGMENT… LIST")->required();
  return RunApp(app, argc, argv, [&] { return ReportEvents(files); });
}

}  // namespace
}  // namespace ima

int main(int argc, char** argv) {
  return ima::RunProgram(ima::kName, ima::Main, argc, argv);
}
