// SPDX-License-Identifier: MIT
#include "util/fit.h"

#include <algorithm>
#include <cmath>

namespace ima_bench {
namespace {

struct Sums {
  double w = 0, wx = 0, wy = 0;
};

}  // namespace

std::optional<LinearFit> FitLine(std::span<const Sample> samples) {
  // Weighted least squares about the weighted means, weight 1 / time².
  Sums sums;
  for (const Sample& s : samples) {
    if (!(s.records > 0) || !(s.time > 0)) return std::nullopt;
    const double weight = 1 / (s.time * s.time);
    sums.w += weight;
    sums.wx += weight * s.records;
    sums.wy += weight * s.time;
  }
  const double mean_x = sums.wx / sums.w;
  const double mean_y = sums.wy / sums.w;
  double xx = 0, xy = 0;
  for (const Sample& s : samples) {
    const double weight = 1 / (s.time * s.time);
    xx += weight * (s.records - mean_x) * (s.records - mean_x);
    xy += weight * (s.records - mean_x) * (s.time - mean_y);
  }
  if (samples.empty() || std::ranges::all_of(samples, [&](const Sample& s) {
        return s.records == samples.front().records;
      }))
    return std::nullopt;
  LinearFit fit{.fixed = mean_y - xy / xx * mean_x,
                .per_record = xy / xx,
                .largest_deviation = 0};
  for (const Sample& s : samples) {
    const double fitted = fit.fixed + fit.per_record * s.records;
    fit.largest_deviation =
        std::max(fit.largest_deviation, std::abs(s.time - fitted) / s.time);
  }
  return fit;
}

}  // namespace ima_bench
