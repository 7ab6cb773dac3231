// SPDX-License-Identifier: MIT
#include "report/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ima_bench {
namespace {

std::string MarkdownLine(const Cells& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string HtmlLine(const Table& table, const Cells& cells, const char* tag) {
  std::string line = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    line += fmt::format("<{0}{1}>{2}</{0}>", tag,
                        i < table.text_columns ? " class=\"text\"" : "",
                        EscapeHtml(cells[i]));
  }
  return line + "</tr>\n";
}

}  // namespace

void Append(Cells& cells, const Cells& more) {
  cells.insert(cells.end(), more.begin(), more.end());
}

std::string ToMarkdown(const Table& table) {
  if (table.rows.empty()) return "";
  std::string text =
      fmt::format("### {}\n\n{}|", table.title, MarkdownLine(table.header));
  for (size_t i = 0; i < table.header.size(); ++i)
    text += i < table.text_columns ? ":--|" : "--:|";
  text += '\n';
  for (const Cells& row : table.rows) text += MarkdownLine(row);
  return text;
}

std::string ToHtml(const Table& table) {
  if (table.rows.empty()) return "";
  std::string text =
      fmt::format("<h2>{}</h2>\n<table>\n{}", EscapeHtml(table.title),
                  HtmlLine(table, table.header, "th"));
  for (const Cells& row : table.rows) text += HtmlLine(table, row, "td");
  return text + "</table>\n";
}

std::string EscapeHtml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace ima_bench
