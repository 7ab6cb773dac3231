// SPDX-License-Identifier: MIT
// The rows of a comparison, collected once for tables and charts.
#ifndef BENCH_REPORT_OPERATIONS_H_
#define BENCH_REPORT_OPERATIONS_H_

#include <string>
#include <vector>

#include "report/results.h"

namespace ima_bench {

// One operation with the series, and the same without it.
struct Pair {
  Series ours, upstream;
};

// The two ways to save and free records. Upstream's is taken from a kernel
// without the series if there is a run on one, else from the same kernel.
struct Ways {
  Series flush, upstream;
  bool other_kernel = false;  // where upstream's comes from

  // What a column of upstream's figures is called.
  std::string UpstreamLabel() const;
};

Ways CollectWays(const Results& results, const std::string& flush,
                 const std::string& upstream);

Pair CollectPair(const Results& results, const std::string& name);

// All ways to read the list that are measured, and what to call them.
struct Reading {
  const char* name;
  const char* file;
  const char* buffer;  // bytes asked for with each read(2)
};
extern const std::vector<Reading> kReadings;
extern const std::vector<Reading> kFlushedReadings;
extern const std::vector<Reading> kLastReadings;

// The operations whose time grows with the number of records, in the order in
// which they are reported.
std::vector<std::string> ScalingOperations();

}  // namespace ima_bench

#endif  // BENCH_REPORT_OPERATIONS_H_
