// SPDX-License-Identifier: MIT
#include "report/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/operations.h"
#include "util/percentile.h"

namespace ima_bench {
namespace {

// Where linearity is judged from: below, the fixed cost weighs too much.
constexpr double kLinearFrom = 100000;

const char* const kNothing = "-";

std::string Percent(double fraction) {
  return fmt::format("{:.0f} %", 100 * fraction);
}

std::string Milliseconds(double ms) { return fmt::format("{:.2f} ms", ms); }

std::string Microseconds(double us) { return fmt::format("{:.1f} µs", us); }

std::string Count(double number) { return fmt::format("{:.0f}", number); }

// How many times `ours` goes into `theirs`; nothing without one of them.
std::string Ratio(const Point* theirs, const Point* ours) {
  if (theirs == nullptr || ours == nullptr) return kNothing;
  return fmt::format("{:.2f}", theirs->time_ms.median / ours->time_ms.median);
}

Cells TimeAndVariation(const Point* point) {
  if (point == nullptr) return {kNothing, kNothing};
  return {Milliseconds(point->time_ms.median),
          Percent(point->time_ms.variation)};
}

Cells ShortTimeAndVariation(const Point* point) {
  if (point == nullptr) return {kNothing, kNothing};
  return {Microseconds(1e3 * point->time_ms.median),
          Percent(point->time_ms.variation)};
}

// Time a record and bytes a second; `bytes` is the counter of the latter.
Cells Rates(const Point* point, const char* bytes) {
  if (point == nullptr) return {kNothing, kNothing};
  const double time = point->time_ms.median;
  return {fmt::format("{:.2f} µs", 1e3 * time / point->records),
          fmt::format("{:.1f}", 1e-3 * point->Counter(bytes).median / time)};
}

// The sizes of a pair: ours, or upstream's where there is no kernel of ours.
const std::vector<Point>& PointsOf(const Series& ours, const Series& upstream) {
  return (ours.points.empty() ? upstream : ours).points;
}

// Time in milliseconds to compute SHA-256 of `bytes` at a rate in bytes a
// second: a flush does so once with what it writes, and whoever reads that
// back, once more.
double HashTime(double rate, double bytes) { return 1e3 * bytes / rate; }

double HashTime(const Point& sha256, double bytes) {
  return HashTime(sha256.Counter("bytes_per_second").median, bytes);
}

// A flush relative to the longer of dd and the digests; the median. The rows of
// each are in the order of boots and of repetitions, so that those of one index
// were measured together, and the speed of a machine changes. Nothing if some
// lack others to be compared with.
std::string TimesTheLonger(const Point& flush, const Point& dd,
                           const Point& sha256) {
  const size_t count = flush.rows.size();
  if (dd.rows.size() != count || sha256.rows.size() != count) return kNothing;
  std::vector<double> ratios;
  for (size_t i = 0; i < count; ++i) {
    const double hash = HashTime(sha256.rows[i].value("bytes_per_second", 0.0),
                                 flush.rows[i].value("segment_bytes", 0.0));
    const double longer = std::max<double>(hash, dd.rows[i].at("real_time"));
    ratios.push_back(flush.rows[i].at("real_time").get<double>() / longer);
  }
  return fmt::format("{:.2f}", SpreadOf(std::move(ratios)).median);
}

// dd and its CV, the digests and that of their rate, and how many times the
// longer of the two the flush takes.
Cells Yardsticks(const Point* flush, const Point* dd, const Point* sha256) {
  if (flush == nullptr || dd == nullptr || sha256 == nullptr)
    return {kNothing, kNothing, kNothing, kNothing, kNothing};
  Cells cells = TimeAndVariation(dd);
  Append(
      cells,
      {Milliseconds(HashTime(*sha256, flush->Counter("segment_bytes").median)),
       Percent(sha256->Counter("bytes_per_second").variation),
       TimesTheLonger(*flush, *dd, *sha256)});
  return cells;
}

Table FlushTable(const Results& results) {
  const Ways ways = CollectWays(results, "BM_Flush", "BM_StagedDelete");
  const Series dd = CollectSeries(results.patched, "BM_Dd");
  const Series sha256 = CollectSeries(results.patched, "BM_Sha256");
  Table table{
      .title = "Saving n records to a durable file and freeing them",
      .header = {"records", "flush", "CV", "a record", "MB/s",
                 ways.UpstreamLabel(), "CV", "ratio to flush", "dd with fsync",
                 "CV", "SHA-256", "CV", "flush / the longer"}};
  for (const Point& point : PointsOf(ways.flush, ways.upstream)) {
    const Point* flush = ways.flush.At(point.records);
    const Point* upstream = ways.upstream.At(point.records);
    Cells row = {Count(point.records)};
    Append(row, TimeAndVariation(flush));
    Append(row, Rates(flush, "segment_bytes"));
    Append(row, TimeAndVariation(upstream));
    row.push_back(Ratio(upstream, flush));
    Append(row,
           Yardsticks(flush, dd.At(point.records), sha256.At(point.records)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

void AddReadRows(Table& table, const Results& results, const Reading& reading) {
  const Pair pair = CollectPair(results, reading.name);
  for (const Point& point : PointsOf(pair.ours, pair.upstream)) {
    const Point* ours = pair.ours.At(point.records);
    const Point* upstream = pair.upstream.At(point.records);
    Cells row = {reading.file, reading.buffer, Count(point.records)};
    Append(row, TimeAndVariation(ours));
    Append(row, Rates(ours, "list_bytes"));
    Append(row, TimeAndVariation(upstream));
    row.push_back(Ratio(upstream, ours));
    table.rows.push_back(std::move(row));
  }
}

Table ReadTable(const Results& results) {
  Table table{.title = "Reading the whole list",
              .header = {"file", "buffer", "records", "with the series", "CV",
                         "a record", "MB/s", "without it", "CV", "ratio"},
              .text_columns = 1};
  for (const Reading& reading : kReadings) AddReadRows(table, results, reading);
  return table;
}

// The same list in memory; the digest of what the kernel read back; and how
// often both together go into reading it.
Cells FlushedYardsticks(const Point& point, const Point* memory,
                        const Point* sha256) {
  Cells cells = TimeAndVariation(memory);
  if (sha256 == nullptr) {
    Append(cells, {kNothing, kNothing});
    return cells;
  }
  const double hash = HashTime(*sha256, point.Counter("segment_bytes").median);
  cells.push_back(Milliseconds(hash));
  cells.push_back(
      memory == nullptr
          ? kNothing
          : fmt::format("{:.2f}", point.time_ms.median /
                                      (memory->time_ms.median + hash)));
  return cells;
}

Table ReadFlushedTable(const Results& results) {
  Table table{.title = "Reading the whole list, all of it flushed",
              .header = {"file", "buffer", "records", "flushed", "CV",
                         "a record", "MB/s", "in memory", "CV", "SHA-256",
                         "flushed / both together"},
              .text_columns = 1};
  const Series sha256 = CollectSeries(results.patched, "BM_Sha256");
  for (const Reading& reading : kFlushedReadings) {
    const Series memory = CollectSeries(
        results.patched,
        fmt::format("BM_Read/{}/buffer:{}", reading.file, reading.buffer));
    for (const Point& point :
         CollectSeries(results.patched, reading.name).points) {
      Cells row = {reading.file, reading.buffer, Count(point.records)};
      Append(row, TimeAndVariation(&point));
      Append(row, Rates(&point, "list_bytes"));
      Append(row, FlushedYardsticks(point, memory.At(point.records),
                                    sha256.At(point.records)));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

Table ReadLastTable(const Results& results) {
  Table table{.title = "Reading the record that was just added",
              .header = {"file", "records", "with the series", "CV",
                         "without it", "CV", "ratio"},
              .text_columns = 1};
  for (const Reading& reading : kLastReadings) {
    const Pair pair = CollectPair(results, reading.name);
    for (const Point& point : PointsOf(pair.ours, pair.upstream)) {
      const Point* ours = pair.ours.At(point.records);
      const Point* upstream = pair.upstream.At(point.records);
      Cells row = {reading.file, Count(point.records)};
      Append(row, ShortTimeAndVariation(ours));
      Append(row, ShortTimeAndVariation(upstream));
      row.push_back(Ratio(upstream, ours));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

void AddDuplicateRows(Table& table, const char* kernel, const char* where,
                      const Series& series) {
  for (const Point& point : series.points) {
    Cells row = {kernel, where, Count(point.records),
                 Count(point.Counter("in_memory").median)};
    Append(row, ShortTimeAndVariation(&point));
    row.push_back(Microseconds(1e-3 * point.Counter("cached_ns").median));
    table.rows.push_back(std::move(row));
  }
}

Table DuplicateTable(const Results& results) {
  Table table{.title = "Opening a file whose digest is known",
              .header = {"kernel", "digests", "known", "in memory",
                         "hashed and looked up", "CV", "not hashed"},
              .text_columns = 2};
  const auto add = [&](const char* name, const char* where) {
    const Pair pair = CollectPair(results, name);
    AddDuplicateRows(table, "with the series", where, pair.ours);
    AddDuplicateRows(table, "without it", where, pair.upstream);
  };
  add("BM_Duplicate/memory", "in memory");
  add("BM_Duplicate/flushed", "flushed");
  add("BM_Duplicate/deleted", "deleted by D");
  return table;
}

Cells MemoryCells(const Point* point) {
  if (point == nullptr) return {kNothing, kNothing, kNothing};
  return {Count(point->Counter("bytes_per_record").median),
          Count(point->Counter("kept_per_record").median),
          Percent(1e-2 * point->Counter("returned_percent").median)};
}

Table MemoryTable(const Results& results) {
  const Ways ways =
      CollectWays(results, "BM_MemoryFlush", "BM_MemoryStagedDelete");
  Table table{.title = "Kernel memory (Slab + VmallocUsed), bytes a record",
              .header = {"records", "in memory", "kept after a flush",
                         "returned", "in memory, " + ways.UpstreamLabel(),
                         "kept after D", "returned"}};
  for (const Point& point : PointsOf(ways.flush, ways.upstream)) {
    Cells row = {Count(point.records)};
    Append(row, MemoryCells(ways.flush.At(point.records)));
    Append(row, MemoryCells(ways.upstream.At(point.records)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Fewer long holds than that tell nothing about how often there are some.
constexpr double kFewHolds = 10;

// How long and how often a mutex was held.
Cells HoldCells(const Point& point) {
  const Spread longest = point.Counter("max_hold_us");
  const double above = point.Counter("holds_above_50_us").median;
  const double total = point.Counter("total_hold_us").median;
  return {Microseconds(longest.median),
          Percent(longest.variation),
          Microseconds(point.Counter("p99_9_hold_us").median),
          Count(above),
          Count(point.Counter("holds").median),
          Microseconds(total),
          above < kFewHolds ? kNothing : Count(1e6 * above / total)};
}

Table MutexTable(const Results& results) {
  Table table{.title = "The list mutex, held by a flush",
              .header = {"records", "longest", "CV", "p99.9", "above 50 µs",
                         "times", "in all", "above, a second held"}};
  const auto add = [&](std::string name, const Point& point) {
    Cells row = {std::move(name)};
    Append(row, HoldCells(point));
    table.rows.push_back(std::move(row));
  };
  for (const Point& point :
       CollectSeries(results.patched, "BM_ListMutex").points)
    add(Count(point.records), point);
  for (const Point& point :
       CollectSeries(results.patched, "BM_PipeMutex").points)
    add("control: a pipe", point);
  return table;
}

// The one size that rows of latency have; null without rows.
const Point* LatencyPoint(const Series& series) {
  return series.points.empty() ? nullptr : &series.points.front();
}

Cells LatencyCells(const Point* point, const Percentile& percentile) {
  if (point == nullptr) return {kNothing, kNothing};
  const Spread value = point->Counter(percentile.counter);
  return {Microseconds(1e-3 * value.median), Percent(value.variation)};
}

std::string LatencyRatio(const Point* idle, const Point* busy,
                         const Percentile& percentile) {
  if (idle == nullptr || busy == nullptr) return kNothing;
  return fmt::format("{:.2f}", busy->Counter(percentile.counter).median /
                                   idle->Counter(percentile.counter).median);
}

// The number of samples a repetition: what stands behind a column.
Cells SampleCells(const Point* point) {
  if (point == nullptr) return {kNothing, kNothing};
  return {Count(point->Counter("samples").median), ""};
}

Table LatencyTable(const Results& results) {
  Table table{
      .title = "Opening a file that is new to IMA",
      .header = {"", "idle", "CV", "during a flush", "CV", "ratio", "beside dd",
                 "CV", "ratio", "idle, without the series", "CV"},
      .text_columns = 1};
  const Pair idle = CollectPair(results, "BM_Measure/idle");
  const Series flushes = CollectSeries(results.patched, "BM_Measure/flushing");
  const Series writes = CollectSeries(results.patched, "BM_Measure/beside_dd");
  const Point* without = LatencyPoint(idle.ours);
  const Point* upstream = LatencyPoint(idle.upstream);
  const Point* with[] = {LatencyPoint(flushes), LatencyPoint(writes)};
  if (without == nullptr && upstream == nullptr &&
      std::ranges::count(with, nullptr) == std::ssize(with))
    return table;
  for (const Percentile& percentile : kPercentiles) {
    Cells row = {percentile.label};
    Append(row, LatencyCells(without, percentile));
    for (const Point* point : with) {
      Append(row, LatencyCells(point, percentile));
      row.push_back(LatencyRatio(without, point, percentile));
    }
    Append(row, LatencyCells(upstream, percentile));
    table.rows.push_back(std::move(row));
  }
  Cells samples = {"samples"};
  Append(samples, SampleCells(without));
  for (const Point* point : with) {
    Append(samples, SampleCells(point));
    samples.emplace_back();
  }
  Append(samples, SampleCells(upstream));
  table.rows.push_back(std::move(samples));
  return table;
}

// Cost a record of the largest size, relative to that at kLinearFrom.
std::string Linearity(const Series& series) {
  const Point& largest = series.points.back();
  const Point* from = series.At(kLinearFrom);
  if (from == nullptr || largest.records <= 1.5 * kLinearFrom) return kNothing;
  return fmt::format("{:.2f}", largest.time_ms.median / largest.records /
                                   (from->time_ms.median / from->records));
}

void AddFit(Table& table, const char* kernel, const Series& series) {
  if (!series.fit) return;
  table.rows.push_back(
      {series.name, kernel, fmt::format("{:.3f} ms", series.fit->fixed),
       fmt::format("{:.3f} µs", 1e3 * series.fit->per_record),
       Percent(series.fit->largest_deviation),
       Count(series.points.back().records), Linearity(series)});
}

Table FitTable(const Results& results) {
  Table table{
      .title = "Fixed cost, and cost a record, of a fitted line",
      .header = {"row", "kernel", "fixed", "a record", "largest deviation",
                 "largest size", "a record there / at 100000"},
      .text_columns = 2};
  for (const std::string& name : ScalingOperations()) {
    const Pair pair = CollectPair(results, name);
    AddFit(table, "with the series", pair.ours);
    AddFit(table, "without it", pair.upstream);
  }
  return table;
}

Table ContextTable(const Results& results) {
  Table table{.title = "What was measured on",
              .header = {"", "with the series", "without it"},
              .text_columns = 3};
  const auto value = [](const std::optional<Kernel>& kernel, const char* key) {
    return kernel ? kernel->Context(key) : kNothing;
  };
  const auto runs = [](const std::optional<Kernel>& kernel) {
    return kernel ? std::to_string(kernel->contexts.size()) : kNothing;
  };
  const auto add = [&](const char* key) {
    table.rows.push_back(
        {key, value(results.patched, key), value(results.unpatched, key)});
  };
  std::ranges::for_each(kContextKeys, add);
  for (const char* key : kHostKeys)
    if (!results.Any().Context(key).empty()) add(key);
  table.rows.push_back(
      {"runs", runs(results.patched), runs(results.unpatched)});
  return table;
}

}  // namespace

std::vector<Table> MakeTables(const Results& results) {
  std::vector<Table> tables = {
      FlushTable(results),       ReadTable(results),
      ReadFlushedTable(results), ReadLastTable(results),
      DuplicateTable(results),   MemoryTable(results),
      MutexTable(results),       LatencyTable(results),
      FitTable(results),         ContextTable(results)};
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  return tables;
}

}  // namespace ima_bench
