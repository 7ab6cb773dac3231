// SPDX-License-Identifier: MIT
// A table of a report, for both forms in which it is written.
#ifndef BENCH_REPORT_TABLE_H_
#define BENCH_REPORT_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace ima_bench {

using Cells = std::vector<std::string>;

struct Table {
  std::string title;
  Cells header;
  std::vector<Cells> rows = {};  // each as long as `header`
  size_t text_columns = 0;       // that many at the left are words, not figures
};

// Adds the cells of `more` at the end of `cells`.
void Append(Cells& cells, const Cells& more);

// With its title as a heading of the third level; "" without rows.
std::string ToMarkdown(const Table& table);

// The same as a fragment of HTML.
std::string ToHtml(const Table& table);

// `text` with what HTML takes for markup replaced.
std::string EscapeHtml(const std::string& text);

}  // namespace ima_bench

#endif  // BENCH_REPORT_TABLE_H_
