// SPDX-License-Identifier: MIT
#include "report/page.h"

#include <fmt/format.h>

namespace ima_bench {
namespace {

constexpr const char* kStyle =
    "body { font-family: sans-serif; margin: 2em; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { border: 1px solid #ccc; padding: 0.2em 0.6em; "
    "text-align: right; }\n"
    ".text { text-align: left; }\n";

// Only the element: the XML declaration before it has no place in HTML.
std::string SvgElement(const std::string& file) {
  const size_t begin = file.find("<svg");
  return begin == std::string::npos ? "" : file.substr(begin);
}

}  // namespace

std::string MakePage(const std::string& title,
                     const std::vector<std::string>& charts,
                     const std::vector<Table>& tables) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<title>{0}</title>\n<style>\n{1}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n",
      EscapeHtml(title), kStyle);
  for (const std::string& chart : charts) page += SvgElement(chart) + "\n";
  for (const Table& table : tables) page += ToHtml(table);
  return page + "</body>\n</html>\n";
}

}  // namespace ima_bench
