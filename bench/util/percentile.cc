// SPDX-License-Identifier: MIT
#include "util/percentile.h"

namespace ima_bench {

double NearestRank(std::span<const double> sorted, uint64_t per_mille) {
  // In whole numbers: 0.999 * 1000 may round to more than 999.
  const uint64_t rank = (sorted.size() * per_mille + 999) / 1000;
  return sorted[rank - 1];
}

}  // namespace ima_bench
