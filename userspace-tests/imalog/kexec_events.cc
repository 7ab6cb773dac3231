// SPDX-License-Identifier: MIT
#include "imalog/kexec_events.h"

#include <charconv>
#include <optional>
#include <utility>

#include "imalog/template.h"

namespace ima {
namespace {

// Takes "KEY=NUMBER;" from the front of `text`; leaves it as it is if it begins
// with something else.
std::optional<uint64_t> TakeNumber(std::string_view& text,
                                   std::string_view key) {
  if (!text.starts_with(key)) return std::nullopt;
  const char* const end = text.data() + text.size();
  uint64_t number = 0;
  const auto [stop, error] =
      std::from_chars(text.data() + key.size(), end, number);
  if (error != std::errc{} || stop == end || *stop != ';') return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stop + 1 - text.data()));
  return number;
}

bool ParseData(std::string_view text, KexecEvent& event) {
  const auto segment = TakeNumber(text, "kexec_segment_size=");
  const auto bytes = TakeNumber(text, "ima_binary_runtime_size=");
  const auto records = TakeNumber(text, "ima_runtime_measurements_count=");
  if (!segment || !bytes || !records || !text.empty()) return false;
  event.segment_bytes = *segment;
  event.list_bytes = *bytes;
  event.list_records = *records;
  return true;
}

// The name in a record that has a digest and a name first, as those of all
// templates of the kernel but `ima` have; empty if this one does not.
std::string_view FindName(const std::optional<std::vector<Bytes>>& fields) {
  if (!fields || fields->size() < 2) return {};
  std::string_view name = AsText((*fields)[1]);
  if (name.ends_with('\0')) name.remove_suffix(1);
  return name;
}

bool IsKexecEvent(const Record& record, std::string_view name) {
  return record.template_name == "ima-buf" &&
         (name == "kexec_load" || name == "kexec_execute");
}

}  // namespace

Result<std::vector<KexecEvent>> FindKexecEvents(std::span<const Record> list) {
  std::vector<KexecEvent> earlier;
  std::vector<KexecEvent> latest;
  KexecEvent event;
  for (const Record& record : list) {
    const auto fields = SplitFields(record.data);
    event.name = FindName(fields);
    if (event.name == "boot_aggregate") earlier = std::exchange(latest, {});
    if (IsKexecEvent(record, event.name)) {
      if (!ParseData(AsText(fields->back()), event)) {
        return BadInput(
            "its data is not what the kernel tells of kexec",
            {.file = {}, .record = event.records_before, .offset = {}});
      }
      latest.push_back(event);
    }
    ++event.records_before;
    event.bytes_before += record.bytes.size();
  }
  return earlier;
}

}  // namespace ima
