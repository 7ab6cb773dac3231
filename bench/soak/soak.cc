// SPDX-License-Identifier: MIT
#include "soak/soak.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ima_bench {
namespace {

// Twenty samples show the shape of one filling of the list.
constexpr uint64_t kBatchesALimit = 20;
// Well below the half second that a batch may take at most.
constexpr double kBatchSeconds = 0.25;
// How long a flush itself may take on a busy machine.
constexpr double kFlushSeconds = 30;

std::string DescribeError(uint64_t code) {
  return fmt::format("{} ({})", code, std::strerror(static_cast<int>(code)));
}

}  // namespace

Soak::Soak(const SoakPlan& plan, SoakMachine& machine, Observer observe)
    : plan_(plan), machine_(machine), observe_(std::move(observe)) {}

Result<void> Soak::Run() {
  return machine_.ReadAtRest()
      .map([&](const SoakSample& sample) { start_ = sample; })
      .and_then([&] { return machine_.SetLimit(plan_.limit); })
      .and_then([&] { return MakeAllRecords(); })
      .and_then([&] { return machine_.SetLimit(0); })
      .and_then([&] { return machine_.ReadAtRest(); })
      .map([&](const SoakSample& sample) { end_ = sample; })
      .and_then([&] { return JudgeSize(); });
}

Result<void> Soak::MakeAllRecords() {
  const uint64_t first = start_->records_total;
  if (plan_.fill) {
    const auto half = MakeRecordsUntil(first + plan_.records / 2);
    if (!half) return tl::make_unexpected(half.error());
    if (auto done = PassFullDisk(); !done) return done;
  }
  return MakeRecordsUntil(first + plan_.records).map([](const SoakSample&) {});
}

Result<SoakSample> Soak::MakeRecordsUntil(uint64_t total) {
  auto sample = TakeSample();
  while (sample && sample->records_total < total)
    sample = MakeBatch(total - sample->records_total);
  return sample;
}

Result<SoakSample> Soak::MakeBatch(uint64_t most) {
  const double before = samples_.back().seconds;
  const uint64_t count = std::min(batch_, most);
  if (auto done = machine_.MakeRecords(count); !done)
    return tl::make_unexpected(done.error());
  auto sample = TakeSample();
  if (!sample) return sample;
  // So that also a slow TPM gives two samples a second.
  const double took = sample->seconds - before;
  const double fitting = static_cast<double>(count) * kBatchSeconds / took;
  const uint64_t largest = std::max<uint64_t>(plan_.limit / kBatchesALimit, 1);
  batch_ = fitting < static_cast<double>(largest)
               ? std::max<uint64_t>(static_cast<uint64_t>(fitting), 1)
               : largest;
  return sample;
}

Result<void> Soak::PassFullDisk() {
  SoakFill fill;
  const auto keep_in = [](SoakSample& place) {
    return [&](const SoakSample& sample) { place = sample; };
  };
  disk_full_ = true;
  auto done =
      machine_.FillDisk()
          .and_then([&] { return TakeSample(); })
          .map(keep_in(fill.filled))
          .and_then([&] { return MakeRecordsUntilRefused(); })
          .map(keep_in(fill.refused))
          .and_then([&] {
            return MakeRecordsUntil(fill.refused.records_total + plan_.limit);
          })
          .map(keep_in(fill.freed))
          .and_then([&]() -> Result<void> {
            if (fill.freed.last_error == ENOSPC) return machine_.FreeDisk();
            return ContentError(fmt::format(
                "the disk is full, but after {} more records last_error is {}",
                plan_.limit, fill.freed.last_error));
          })
          .and_then([&] { return AwaitCatchUp(fill.freed); })
          .map(keep_in(fill.caught_up));
  disk_full_ = false;
  if (done) fill_ = fill;
  return done;
}

Result<SoakSample> Soak::MakeRecordsUntilRefused() {
  // The limit is reached within the first half of these.
  const uint64_t enough = samples_.back().records_total + 2 * plan_.limit;
  Result<SoakSample> sample = samples_.back();
  while (sample && sample->last_error == 0 && sample->records_total < enough)
    sample = MakeBatch(enough - sample->records_total);
  if (!sample) return sample;
  const double deadline = sample->seconds + kFlushSeconds;
  while (sample && sample->last_error == 0 && sample->seconds < deadline) {
    sample = machine_.Wait().and_then([&] { return TakeSample(); });
  }
  if (!sample || sample->last_error == ENOSPC) return sample;
  return ContentError(fmt::format(
      "the disk is full and {} records are in memory, but last_error is {} "
      "instead of ENOSPC",
      sample->records_in_memory, sample->last_error));
}

Result<SoakSample> Soak::AwaitCatchUp(const SoakSample& freed) {
  const double allowed =
      static_cast<double>(freed.retry_seconds) + kFlushSeconds;
  for (;;) {
    auto sample = machine_.Wait().and_then([&] { return TakeSample(); });
    if (!sample) return sample;
    if (sample->last_error == 0 && sample->records_in_memory < plan_.limit)
      return sample;
    if (sample->seconds - freed.seconds > allowed) {
      return ContentError(fmt::format(
          "the disk has had room for {:.0f} s, the next attempt was due in {} "
          "s, and still {} records are in memory, last_error {}",
          sample->seconds - freed.seconds, freed.retry_seconds,
          sample->records_in_memory, sample->last_error));
    }
  }
}

Result<SoakSample> Soak::TakeSample() {
  auto sample = machine_.Read();
  if (!sample) return sample;
  samples_.push_back(*sample);
  observe_(*sample);
  if (disk_full_ || sample->last_error == 0) return sample;
  return ContentError(fmt::format(
      "a flush failed with error {} after {:.1f} s, with {} records in memory",
      DescribeError(sample->last_error), sample->seconds,
      sample->records_in_memory));
}

Result<void> Soak::JudgeSize() const {
  const auto is_above = [&](const SoakSample& sample) {
    return sample.last_error == 0 && sample.records_in_memory > 2 * plan_.limit;
  };
  const auto first = std::ranges::find_if(samples_, is_above);
  if (first == samples_.end()) return {};
  return ContentError(fmt::format(
      "more than twice the limit of {} records was in memory in {} of {} "
      "samples, though no flush had failed; first {} records after {:.1f} s",
      plan_.limit, std::ranges::count_if(samples_, is_above), samples_.size(),
      first->records_in_memory, first->seconds));
}

}  // namespace ima_bench
