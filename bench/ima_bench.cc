// SPDX-License-Identifier: MIT
// Entry point: options, refusals, context, then Google Benchmark's own run.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "result_file.h"
#include "row.h"
#include "session.h"

namespace ima_bench {
namespace {

// Defaults of this program for flags of the library: enough repetitions for a
// coefficient of variation. The flags and their environment variables override
// them.
struct Default {
  const char* flag;
  const char* variable;
};
constexpr Default kDefaults[] = {
    {"--benchmark_repetitions=5", "BENCHMARK_REPETITIONS"},
    {"--benchmark_time_unit=ms", "BENCHMARK_TIME_UNIT"},
};

int Fail(const std::string& message) {
  fmt::print(stderr, "[-] failed: {}\n", message);
  return 1;
}

// `flags` go to Google Benchmark; what it does not know is an error.
bool InitializeLibrary(std::vector<std::string> flags, char* program) {
  for (const Default& option : kDefaults) {
    if (std::getenv(option.variable) == nullptr)
      flags.insert(flags.begin(), option.flag);
  }
  std::vector<char*> argv{program};
  for (std::string& flag : flags) argv.push_back(flag.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(argv.size()) - 1;
  benchmark::Initialize(&argc, argv.data());
  // The library's JSON tells this: without the path of this machine.
  benchmark::BenchmarkReporter::Context::executable_name = "ima-bench";
  return !benchmark::ReportUnrecognizedArguments(argc, argv.data());
}

Result<void> RegisterRows(Session& session, const Options& options) {
  if (auto done = RegisterDuplicateBenchmarks(session, options); !done)
    return done;
  // Memory first, while nothing has left holes in it.
  RegisterMemoryBenchmarks(session, options);
  RegisterMemoryCourseBenchmark(session, options);
  for (const uint64_t records : RecordCounts(kListSizes, options.max_records)) {
    RegisterReadBenchmarks(session, records);
    RegisterFlushBenchmarks(session, records);
    RegisterDdBenchmark(session, records);
  }
  RegisterMeasureBenchmarks(session, options);
  RegisterMutexBenchmarks(session, options);
  return {};
}

// `json`: where the library writes its result, if anywhere.
int Run(const Options& options,
        const std::optional<std::filesystem::path>& json) {
  auto session = Session::Start(options);
  if (!session) return Fail(session.error().Message());
  if (options.trace && !session->ima().HasFlush())
    return Fail("nothing to --trace: this kernel is without CONFIG_IMA_FLUSH");
  if (auto done = session->AddContext(); !done)
    return Fail(done.error().Message());
  fmt::print(stderr,
             "[+] the records of this machine's measurement list go to {}\n"
             "[+] keep these files: a verifier needs the records that the "
             "kernel no longer has\n",
             session->segments().string());
  if (auto done = RegisterRows(*session, options); !done)
    return Fail(done.error().Message());
  const size_t rows = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (rows == 0) return Fail("no row is named so: see --benchmark_list_tests");
  if (auto done = session->Finish(); !done) return Fail(done.error().Message());
  if (!json) return AnyRowFailed() ? 1 : 0;
  if (auto done = CompleteResult(*json, session->courses()); !done)
    return Fail(done.error().Message());
  return AnyRowFailed() ? 1 : 0;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Measures flushing the IMA measurement list of this machine, beside "
      "upstream's staging.\nTakes all records out of the list and keeps them "
      "in DIR/ima-bench-*/log.N; releases all\nsegments, those of others, too; "
      "needs root. Exits with 1 if any row has an error.\n");
  app.allow_extras();
  app.set_help_flag();
  bool help = false;
  app.add_flag("-h,--help", help, "Print this and the library's flags");
  app.add_option("--directory", options.directory,
                 "Folder for the segments (its filesystem is what gets "
                 "measured)")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--files", options.files,
                 "Folder for the files that IMA measures; the policy must "
                 "measure them there [the same]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--max_records", options.max_records,
                 "Largest number of records to make for one flush")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--samples", options.samples,
                 "Least number of latencies for a row of BM_Measure")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--trace", options.trace,
               "Add BM_ListMutex and BM_PipeMutex: needs a kernel with "
               "CONFIG_LOCK_STAT and CONFIG_FTRACE");
  app.add_option("--series", options.series,
                 "What was applied to the kernel, for the context of the JSON")
      ->type_name("TEXT")
      ->envname("IMA_FLUSH_SERIES")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (help) {
    std::cout << app.help() << "\n";
    benchmark::PrintDefaultHelp();
    return 0;
  }
  const std::vector<std::string> flags = app.remaining();
  if (!InitializeLibrary(flags, argv[0])) return 1;
  return Run(options, FindJsonOutput(flags));
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) { return ima_bench::Main(argc, argv); }
