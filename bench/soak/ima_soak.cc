// SPDX-License-Identifier: MIT
// Entry point: options, progress, and the JSON, whatever came out.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "soak/live_machine.h"
#include "soak/soak.h"
#include "soak/soak_json.h"
#include "util/file.h"
#include "util/ima_fs.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

constexpr double kProgressSeconds = 5;

struct Options {
  SoakPlan plan;
  fs::path directory;
  fs::path files = "/var/tmp";
  fs::path output;
};

// Tells every few seconds how far the run is.
class Progress {
 public:
  explicit Progress(uint64_t records) : records_(records) {}

  void operator()(const SoakSample& sample) {
    if (!first_) first_ = sample;
    if (sample.seconds < next_) return;
    next_ = sample.seconds + kProgressSeconds;
    fmt::print(stderr,
               "[+] {:5.0f} s: {} of {} records, {} in memory, {} segments, "
               "Slab {} kB, last_error {}\n",
               sample.seconds, sample.records_total - first_->records_total,
               records_, sample.records_in_memory, sample.segments,
               sample.slab / 1024, sample.last_error);
  }

 private:
  uint64_t records_;
  std::optional<SoakSample> first_;
  double next_ = 0;
};

Result<void> Run(const Options& options) {
  const auto ima = ReadFile("/proc/self/mountinfo")
                       .and_then(FindSecurityfs)
                       .and_then(ImaFs::Find);
  if (!ima) return tl::make_unexpected(ima.error());
  auto machine =
      LiveMachine::Start(*ima, fs::absolute(options.directory),
                         fs::absolute(options.files), options.plan.fill);
  if (!machine) return tl::make_unexpected(machine.error());
  auto context = DescribeMachine(*ima, options.directory);
  if (!context) return tl::make_unexpected(context.error());
  Soak soak(options.plan, **machine, Progress(options.plan.records));
  auto done = soak.Run();
  if (auto stopped = (*machine)->Stop(); done) done = stopped;
  const std::string failure = done ? "" : done.error().Message();
  const auto written =
      WriteFile(options.output,
                SoakToJson(soak, std::move(*context), failure).dump(1) + "\n");
  return done ? written : done;
}

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--directory", options.directory,
                 "Folder into which the kernel flushes")
      ->required()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--files", options.files,
                 "Folder for the files that IMA measures; the policy must "
                 "measure them there")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--records", options.plan.records, "How many records to make")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--limit", options.plan.limit,
                 "Number of records in memory at which the kernel flushes")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--fill", options.plan.fill,
               "Half-way, fill the filesystem of --directory until flushes "
               "fail, go on, and free it again");
  app.add_option("--output", options.output, "Where to write the JSON")
      ->required()
      ->type_name("FILE");
}

}  // namespace
}  // namespace ima_bench

int main(int argc, char** argv) {
  ima_bench::Options options;
  CLI::App app(
      "Has many new files measured while the kernel flushes the measurement "
      "list by\nitself, and samples records and kernel memory. Keep what is "
      "in --directory: the\nlist shows these records from there. Needs "
      "root.\nExits with 1 if a flush failed or more than twice the "
      "limit was in memory.\n");
  ima_bench::AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  const auto done = ima_bench::Run(options);
  if (done) return 0;
  fmt::print(stderr, "[-] failed: {}\n", done.error().Message());
  return 1;
}
