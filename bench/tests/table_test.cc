// SPDX-License-Identifier: MIT
#include "report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/page.h"

namespace ima_bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Table kTable = {.title = "A & B",
                      .header = {"name", "time"},
                      .rows = {{"<x>", "1 ms"}, {"y", "-"}},
                      .text_columns = 1};

TEST(Table, AsMarkdown) {
  EXPECT_EQ(ToMarkdown(kTable),
            "### A & B\n\n| name | time |\n|:--|--:|\n| <x> | 1 ms |\n"
            "| y | - |\n");
  EXPECT_EQ(ToMarkdown({.title = "none", .header = {"x"}}), "");
}

TEST(Table, AsHtml) {
  const std::string html = ToHtml(kTable);
  EXPECT_THAT(html, HasSubstr("<h2>A &amp; B</h2>"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"text\">&lt;x&gt;</td><td>1 ms</td>"));
  EXPECT_EQ(ToHtml({.title = "none", .header = {"x"}}), "");
}

TEST(MakePage, HoldsChartsAndTables) {
  const std::string page = MakePage(
      "a < b", {"<?xml version=\"1.0\"?>\n<svg id=\"1\"></svg>\n"}, {kTable});
  EXPECT_THAT(page, HasSubstr("<title>a &lt; b</title>"));
  EXPECT_THAT(page, HasSubstr("<svg id=\"1\"></svg>"));
  EXPECT_THAT(page, Not(HasSubstr("<?xml")));
  EXPECT_THAT(page, HasSubstr("<h2>A &amp; B</h2>"));
}

}  // namespace
}  // namespace ima_bench
