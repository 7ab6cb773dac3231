// SPDX-License-Identifier: MIT
// A report as one page that needs no other file.
#ifndef BENCH_REPORT_PAGE_H_
#define BENCH_REPORT_PAGE_H_

#include <string>
#include <vector>

#include "report/table.h"

namespace ima_bench {

// An HTML page of the charts, each the text of an SVG file, and the tables.
std::string MakePage(const std::string& title,
                     const std::vector<std::string>& charts,
                     const std::vector<Table>& tables);

}  // namespace ima_bench

#endif  // BENCH_REPORT_PAGE_H_
