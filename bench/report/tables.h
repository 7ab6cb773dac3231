// SPDX-License-Identifier: MIT
// The tables of a report.
#ifndef BENCH_REPORT_TABLES_H_
#define BENCH_REPORT_TABLES_H_

#include <vector>

#include "report/results.h"
#include "report/table.h"

namespace ima_bench {

// All tables, those for which there are rows; last what the figures depend on.
std::vector<Table> MakeTables(const Results& results);

}  // namespace ima_bench

#endif  // BENCH_REPORT_TABLES_H_
