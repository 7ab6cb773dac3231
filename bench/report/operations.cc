// SPDX-License-Identifier: MIT
#include "report/operations.h"

namespace ima_bench {

const std::vector<Reading> kReadings = {
    {"BM_Read/binary/buffer:4096", "binary", "4096"},
    {"BM_Read/binary/buffer:65536", "binary", "65536"},
    {"BM_Read/ascii/buffer:4096", "ascii", "4096"},
    {"BM_Read/ascii/buffer:65536", "ascii", "65536"},
};

const std::vector<Reading> kFlushedReadings = {
    {"BM_ReadFlushed/binary/buffer:65536", "binary", "65536"},
    {"BM_ReadFlushed/ascii/buffer:65536", "ascii", "65536"},
};

const std::vector<Reading> kLastReadings = {
    {"BM_ReadLast/binary", "binary", "65536"},
    {"BM_ReadLast/ascii", "ascii", "65536"},
};

std::string Ways::UpstreamLabel() const {
  return other_kernel ? "A, read, D without the series"
                      : "A, read, D on the same kernel";
}

Ways CollectWays(const Results& results, const std::string& flush,
                 const std::string& upstream) {
  Ways ways{.flush = CollectSeries(results.patched, flush),
            .upstream = CollectSeries(results.unpatched, upstream),
            .other_kernel = true};
  if (ways.upstream.points.empty()) {
    ways.upstream = CollectSeries(results.patched, upstream);
    ways.other_kernel = false;
  }
  return ways;
}

Pair CollectPair(const Results& results, const std::string& name) {
  return {.ours = CollectSeries(results.patched, name),
          .upstream = CollectSeries(results.unpatched, name)};
}

std::vector<std::string> ScalingOperations() {
  std::vector<std::string> names = {"BM_Flush", "BM_StagedDelete", "BM_Dd"};
  for (const auto* readings : {&kReadings, &kFlushedReadings, &kLastReadings}) {
    for (const Reading& reading : *readings) names.emplace_back(reading.name);
  }
  for (const char* where : {"memory", "flushed", "deleted"})
    names.push_back(std::string("BM_Duplicate/") + where);
  return names;
}

}  // namespace ima_bench
