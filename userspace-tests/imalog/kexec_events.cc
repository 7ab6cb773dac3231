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

// The name in a record: the second field of all templates of the kernel, of
// which `ima` has a layout of its own. Empty if this record has none.
std::string_view FindName(const Record& record,
                          const std::optional<std::vector<Bytes>>& fields) {
  if (record.HasImaLayout()) return AsText(record.ImaName());
  if (!fields || fields->size() < 2) return {};
  std::string_view name = AsText((*fields)[1]);
  if (name.ends_with('\0')) name.remove_suffix(1);
  return name;
}

// The first record of each kernel (ima_add_boot_aggregate() in ima_init.c).
bool IsBootAggregate(std::string_view name) {
  return name == "boot_aggregate" || name == "boot_aggregate_late";
}

bool IsKexecEvent(const Record& record, std::string_view name) {
  return record.template_name == "ima-buf" &&
         (name == "kexec_load" || name == "kexec_execute");
}

// The text in a record of template ima-buf: d-ng, n-ng, buf.
bool ParseBuffer(const std::vector<Bytes>& fields, KexecEvent& event) {
  return fields.size() == 3 && ParseData(AsText(fields[2]), event);
}

}  // namespace

Result<std::vector<KexecEvent>> FindKexecEvents(std::span<const Record> list) {
  std::vector<KexecEvent> earlier;
  std::vector<KexecEvent> latest;
  KexecEvent event;
  bool has_boot = false;
  for (const Record& record : list) {
    const auto fields = SplitFields(record.data);
    const std::string_view name = FindName(record, fields);
    if (IsBootAggregate(name)) {
      earlier = std::exchange(latest, {});
      has_boot = true;
    } else if (IsKexecEvent(record, name)) {
      event.name = name;
      if (!ParseBuffer(*fields, event)) {
        return BadInput(
            "its data is not what the kernel tells of kexec",
            {.file = {}, .record = event.records_before, .offset = {}});
      }
      latest.push_back(event);
    }
    ++event.records_before;
    event.bytes_before += record.bytes.size();
  }
  if (!has_boot) return BadInput("there is no boot_aggregate in the list");
  return earlier;
}

}  // namespace ima
