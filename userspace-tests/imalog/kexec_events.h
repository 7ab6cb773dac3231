// SPDX-License-Identifier: MIT
// What the kernel measures about its own list when an image for kexec is loaded
// and when it is executed, as critical data.
#ifndef USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_
#define USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "imalog/reader.h"
#include "util/result.h"

namespace ima {

// A record of template ima-buf named "kexec_load" or "kexec_execute".
struct KexecEvent {
  std::string_view name;
  size_t records_before = 0;  // in the list
  size_t bytes_before = 0;    // that these take in the binary list

  // What its data says.
  uint64_t segment_bytes = 0;  // that the image has for the list
  uint64_t list_bytes = 0;     // of the list, and of its header in a segment
  uint64_t list_records = 0;
};

// The events of the kernel whose list `list` was, without those of kernels
// before it, and of one that carries the list on: the events between the last
// two boot_aggregates. Source of the data: ima_measure_kexec_event() in
// security/integrity/ima/ima_kexec.c. An error has the record's number.
Result<std::vector<KexecEvent>> FindKexecEvents(std::span<const Record> list);

}  // namespace ima

#endif  // USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_
