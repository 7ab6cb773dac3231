// SPDX-License-Identifier: MIT
#include "result_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "util/file.h"
#include "util/temp_dir.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

DrainCourse Course() {
  const std::chrono::steady_clock::time_point begin{milliseconds(9000)};
  return {.name = "BM_MemoryCourse/records:10",
          .records = 10,
          .drain = {begin, begin + milliseconds(500)},
          .samples = {{begin - milliseconds(250), 4096},
                      {begin + milliseconds(1000), 1024}}};
}

TEST(CompleteResult, CountsFromTheBeginOfTheDrainAndKeepsTheRest) {
  const TempDir dir = TempDir::Create(::testing::TempDir(), "c-").value();
  const fs::path file = dir.path() / "result.json";
  std::ofstream(file) << R"({"context": {"x": 1}, "benchmarks": [2]})";
  ASSERT_TRUE(CompleteResult(file, {Course(), Course()}));
  const json result = json::parse(ReadFile(file).value());
  EXPECT_EQ(result.at("context").at("x"), 1);
  EXPECT_EQ(result.at("benchmarks").at(0), 2);
  ASSERT_EQ(result.at("courses").size(), 2U);
  const json& course = result.at("courses")[0];
  EXPECT_EQ(course.at("name"), "BM_MemoryCourse/records:10");
  EXPECT_EQ(course.at("records"), 10);
  EXPECT_EQ(course.at("drained_seconds"), 0.5);
  EXPECT_EQ(course.at("samples"), json({{-0.25, 4096}, {1.0, 1024}}));
}

TEST(CompleteResult, MakesNullOfWhatIsNoNumber) {
  const TempDir dir = TempDir::Create(::testing::TempDir(), "c-").value();
  const fs::path file = dir.path() / "result.json";
  std::ofstream(file) << "{\n\"a\": NaN,\n\"b\": -Infinity,\n\"c\": 1.5,\n"
                         "\"d\": \"NaN\",\n\"e\": Infinity\n}\n";
  ASSERT_TRUE(CompleteResult(file, {}));
  EXPECT_EQ(json::parse(ReadFile(file).value()),
            json({{"a", nullptr},
                  {"b", nullptr},
                  {"c", 1.5},
                  {"d", "NaN"},
                  {"e", nullptr},
                  {"courses", json::array()}}));
}

TEST(CompleteResult, AFileThatIsNoJsonIsAnError) {
  const TempDir dir = TempDir::Create(::testing::TempDir(), "c-").value();
  const fs::path file = dir.path() / "result.json";
  EXPECT_EQ(CompleteResult(file, {Course()}).error().code, ENOENT);
  std::ofstream(file) << "name,time\n";
  EXPECT_THAT(CompleteResult(file, {Course()}).error().Message(),
              HasSubstr("no JSON"));
}

TEST(FindJsonOutput, TakesTheLastFlag) {
  EXPECT_EQ(FindJsonOutput({"--benchmark_out=a", "--benchmark_out=b"}), "b");
  EXPECT_EQ(
      FindJsonOutput({"--benchmark_out=a", "--benchmark_out_format=json"}),
      "a");
  EXPECT_FALSE(
      FindJsonOutput({"--benchmark_out=a", "--benchmark_out_format=csv"}));
  EXPECT_FALSE(FindJsonOutput({"--benchmark_format=json"}));
}

TEST(FindJsonOutput, KnowsTheEnvironment) {
  ASSERT_EQ(setenv("BENCHMARK_OUT", "from-environment", 1), 0);
  EXPECT_EQ(FindJsonOutput({}), "from-environment");
  EXPECT_EQ(FindJsonOutput({"--benchmark_out=a"}), "a");
  ASSERT_EQ(unsetenv("BENCHMARK_OUT"), 0);
}

}  // namespace
}  // namespace ima_bench
