// SPDX-License-Identifier: MIT
// What the kernel measures about its own list when an image for kexec is loaded
// and when it is executed, as critical data.
#ifndef USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_
#define USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imalog/reader.h"
#include "util/result.h"

namespace ima {

// A record of template ima-buf named "kexec_load" or "kexec_execute".
struct KexecEvent {
  std::string name;
  size_t records_before = 0;  // in the list
  size_t bytes_before = 0;    // that these take in the binary list

  // What its data says.
  uint64_t segment_bytes = 0;  // that the image has for the list
  uint64_t list_bytes = 0;     // of the list, and of its header in a segment
  uint64_t list_records = 0;
};

// The events of the kernel before the one that has recorded the last
// boot_aggregate of `list`, without those of kernels before that: what is
// between the last two boot_aggregates. It is an error if there is none, or if
// the data of an event has another form; that one has the record's number.
// Source of the data: ima_measure_kexec_event() in
// security/integrity/ima/ima_kexec.c.
Result<std::vector<KexecEvent>> FindKexecEvents(std::span<const Record> list);

}  // namespace ima

#endif  // USERSPACE_TESTS_IMALOG_KEXEC_EVENTS_H_
