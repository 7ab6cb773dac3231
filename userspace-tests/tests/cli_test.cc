// SPDX-License-Identifier: MIT
// The programs themselves: options, exit status and streams.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/sample.h"
#include "tests/signer.h"
#include "tests/temp_dir.h"
#include "util/file.h"

namespace ima::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kVerified = 0;
constexpr int kNotVerified = 1;
constexpr int kBadInput = 2;

using Arguments = std::vector<std::string>;

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

// PCR values as the file of --pcrs has them.
std::string ToText(const PcrBanks& banks) {
  std::string text;
  for (const auto& [hash, values] : banks) {
    for (size_t pcr = 0; pcr < values.size(); ++pcr) {
      text += fmt::format("PCR-{:02}: {}\n", pcr,
                          HexEncode(values.at(pcr).bytes()));
    }
  }
  return text;
}

class CliTest : public testing::Test {
 protected:
  // Runs ima-verify, or another program, in a shell.
  Outcome Run(const Arguments& arguments, const std::string& redirection = "",
              const std::string& program = IMA_VERIFY) const {
    std::string command = fmt::format("'{}'", program);
    for (const std::string& argument : arguments) {
      command += fmt::format(" '{}'", argument);
    }
    const std::string out = temp_.path() / "out";
    const std::string err = temp_.path() / "err";
    const int status = std::system(
        fmt::format("{} >'{}' 2>'{}' {}", command, out, err, redirection)
            .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            std::string(AsText(ReadFile(out).value())),
            std::string(AsText(ReadFile(err).value()))};
  }

  // The options of a quote over what `records` extended.
  Arguments Quote(const std::vector<Buffer>& records,
                  const std::string& nonce = "6e6f6e6365") const {
    const std::vector<PcrSelection> selections = {{kTpmAlgSha256, {10}}};
    const Buffer message = ToMessage(
        {.selections = selections,
         .pcr_digest = DigestOf(ReplayAll(records, {"sha256"}), selections)});
    const SigningKey& key = SigningKey::Ecc();
    return {
        "--quote",     temp_.Write("msg", message),
        "--signature", temp_.Write("sig", key.Sign(message, Scheme::kEcdsa)),
        "--key",       temp_.Write("pem", AsBytes(key.PublicPem())),
        "--nonce",     nonce};
  }

  std::string Pcrs(const std::vector<Buffer>& records) const {
    return temp_.Write("pcrs",
                       AsBytes(ToText(ReplayAll(records, {"sha1", "sha256"}))));
  }

  const TempDir temp_;
  const Buffer boot_ = NgRecord("boot_aggregate");
  const Buffer a_ = NgRecord("/a");
  const std::string segment_ = temp_.Write("log.1", boot_);
  const std::string list_ = temp_.Write("list", a_);
};

Arguments operator+(Arguments front, const Arguments& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

TEST_F(CliTest, VerifiesAgainstAQuote) {
  const Outcome outcome = Run(Quote({boot_, a_}) + Arguments{segment_, list_});
  EXPECT_EQ(outcome.status, kVerified) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("verified: 2 records fit the TPM quote"));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(CliTest, VerifiesAgainstPcrValues) {
  const std::string pcrs = Pcrs({boot_, a_});
  EXPECT_EQ(Run({"--pcrs", pcrs, segment_, list_}).status, kVerified);
  EXPECT_EQ(Run({"--pcrs", pcrs, "--bank", "sha256", segment_, list_}).status,
            kVerified);
}

TEST_F(CliTest, TakesAListThatRepeatsSegments) {
  const Arguments quote = Quote({boot_, a_});
  const std::string whole = temp_.Write("whole", Join({boot_, a_}));
  const Outcome outcome =
      Run(quote + Arguments{"--json", "--exact", segment_, whole});
  EXPECT_EQ(outcome.status, kVerified) << outcome.out;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["records_repeated"], 1);
  EXPECT_EQ(Run(quote + Arguments{"--exact", whole}).status, kVerified);
  EXPECT_EQ(Run(quote + Arguments{whole, list_}).status, kNotVerified);
  EXPECT_EQ(Run(quote + Arguments{segment_, whole, list_}).status,
            kNotVerified);
}

TEST_F(CliTest, EndsWith1IfNotVerified) {
  const Outcome outcome =
      Run(Quote({boot_, a_}) + Arguments{segment_, segment_, list_});
  EXPECT_EQ(outcome.status, kNotVerified);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, StartsWith("not verified: record 1 (" + segment_ +
                                      ", byte 0): "
                                      "overlap"));
  EXPECT_EQ(Run({"--pcrs", Pcrs({boot_}), list_}).status, kNotVerified);
  EXPECT_EQ(
      Run(Quote({boot_, a_}, "6e6f6e6366") + Arguments{segment_, list_}).status,
      kNotVerified);
  EXPECT_EQ(
      Run(Quote({boot_, a_}) + Arguments{"--bank", "sha1", segment_, list_})
          .status,
      kNotVerified);
}

TEST_F(CliTest, EndsWith2OnBadInput) {
  const std::string pcrs = Pcrs({boot_, a_});
  const std::string torn = temp_.Write("torn", Bytes(a_).first(a_.size() - 1));
  const Outcome outcome = Run({"--pcrs", pcrs, segment_, torn});
  EXPECT_EQ(outcome.status, kBadInput);
  EXPECT_THAT(outcome.err,
              StartsWith("bad input: record 1 (" + torn + ", byte 0): "));
  EXPECT_EQ(Run({"--pcrs", list_, segment_, list_}).status, kBadInput);
  EXPECT_EQ(Run({"--pcrs", temp_.path() / "missing", list_}).status, kBadInput);
  EXPECT_EQ(Run({"--pcrs", pcrs, temp_.path() / "missing"}).status, kBadInput);
  EXPECT_EQ(Run({"--pcrs", pcrs, "--bank", "sha257", list_}).status, kBadInput);
  EXPECT_EQ(Run({"--pcrs", pcrs, "--digest", "x", list_}).status, kBadInput);
}

TEST_F(CliTest, NamesTheFileOfBadEvidence) {
  const std::string bad = temp_.Write("bad", AsBytes("bad"));
  for (const auto* option : {"--quote", "--key"}) {
    Arguments arguments = Quote({boot_, a_});
    *(std::find(arguments.begin(), arguments.end(), option) + 1) = bad;
    const Outcome outcome = Run(arguments + Arguments{segment_, list_});
    EXPECT_EQ(outcome.status, kBadInput) << option;
    EXPECT_THAT(outcome.err, StartsWith("bad input: " + bad + ": ")) << option;
  }
  const Outcome outcome = Run({"--pcrs", bad, list_});
  EXPECT_THAT(outcome.err, StartsWith("bad input: " + bad + ": line 1"));
}

TEST_F(CliTest, WantsSomethingToVerifyAgainst) {
  const Outcome outcome = Run({segment_, list_});
  EXPECT_EQ(outcome.status, kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("nothing to verify against"));
}

// A quote half given must not be taken for none, even if there are PCR values.
TEST_F(CliTest, WantsAllOptionsOfAQuote) {
  const Arguments rest = {"--pcrs", Pcrs({boot_, a_}), segment_, list_};
  ASSERT_EQ(Run(Quote({boot_, a_}) + rest).status, kVerified);
  for (size_t i = 0; i < Quote({}).size(); i += 2) {
    const auto at = [i](Arguments& arguments) {
      return arguments.begin() + static_cast<std::ptrdiff_t>(i);
    };
    Arguments fewer = Quote({boot_, a_});
    fewer.erase(at(fewer), at(fewer) + 2);
    const Outcome refused = Run(fewer + rest);
    EXPECT_EQ(refused.status, kBadInput) << i;
    EXPECT_THAT(refused.err, HasSubstr("requires")) << i;
    Arguments empty = Quote({boot_, a_});
    *(at(empty) + 1) = "";
    EXPECT_EQ(Run(empty + rest).status, kBadInput) << i;
  }
}

TEST_F(CliTest, RefusesBadOptions) {
  const std::string pcrs = Pcrs({boot_, a_});
  for (const Arguments& bad :
       {Arguments{"--unknown", segment_, list_}, Arguments{"--pcrs"},
        Arguments{}, Arguments{"--pcrs", "", segment_, list_},
        Arguments{"--bank", "", segment_, list_}, Arguments{"--pcr", pcrs},
        Arguments{"--pcrs", pcrs, segment_, list_}}) {
    const Outcome outcome = Run(Arguments{"--pcrs", pcrs} + bad);
    EXPECT_EQ(outcome.status, kBadInput) << testing::PrintToString(bad);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_FALSE(outcome.err.empty());
  }
  for (const auto* nonce : {"0", "0x00", "6e6f6e63 65", "nonce"}) {
    const Outcome outcome =
        Run(Quote({boot_, a_}, nonce) + Arguments{segment_, list_});
    EXPECT_EQ(outcome.status, kBadInput) << nonce;
    EXPECT_THAT(outcome.err, HasSubstr("--nonce must be")) << nonce;
  }
}

TEST_F(CliTest, ReportsInJson) {
  const std::string pcrs = Pcrs({boot_, a_});
  Outcome outcome = Run({"--json", "--pcrs", pcrs, segment_, list_});
  EXPECT_EQ(outcome.status, kVerified);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["result"], "verified");
  outcome = Run({"--json", "--pcrs", pcrs, list_});
  EXPECT_EQ(outcome.status, kNotVerified);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["record"], 0);
  outcome = Run({"--json", "--pcrs", pcrs, segment_, pcrs});
  EXPECT_EQ(outcome.status, kBadInput);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["file"], pcrs);
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(CliTest, PassesOptionsOn) {
  const std::string future =
      temp_.Write("future", MakeRecord("future", {Field("x")}));
  const std::string pcrs = Pcrs({boot_, MakeRecord("future", {Field("x")})});
  EXPECT_EQ(Run({"--pcrs", pcrs, segment_, future}).status, kNotVerified);
  EXPECT_EQ(
      Run({"--pcrs", pcrs, "--allow-template", "future", segment_, future})
          .status,
      kVerified);
  const Arguments older = {"--pcrs", Pcrs({boot_}), segment_, list_};
  EXPECT_EQ(Run(older).status, kVerified);
  EXPECT_EQ(Run(Arguments{"--exact"} + older).status, kNotVerified);
}

TEST_F(CliTest, Explains) {
  Outcome outcome = Run({"--help"});
  EXPECT_EQ(outcome.status, kVerified);
  EXPECT_THAT(outcome.out, HasSubstr("Exit status"));
  outcome = Run({"--version"});
  EXPECT_EQ(outcome.status, kVerified);
  EXPECT_THAT(outcome.out, StartsWith("ima-verify "));
}

// A verdict that nobody could read must not end as success.
TEST_F(CliTest, FailsIfItCannotReport) {
  const std::string pcrs = Pcrs({boot_, a_});
  EXPECT_EQ(Run({"--pcrs", pcrs, segment_, list_}, ">/dev/full").status,
            kBadInput);
}

class KexecEventsCliTest : public CliTest {
 protected:
  Outcome RunEvents(const Arguments& arguments,
                    const std::string& redirection = "") const {
    return Run(arguments, redirection, IMA_KEXEC_EVENTS);
  }

  std::string Event(const std::string& data) const {
    const std::string digest = "sha256:" + std::string(33, '\0');
    return temp_.Write(
        "event", MakeRecord("ima-buf", {Field(digest),
                                        Field("kexec_load" + std::string(1, 0)),
                                        Field(data)}));
  }

  const std::string event_ = Event(
      "kexec_segment_size=1;ima_binary_runtime_size=2;"
      "ima_runtime_measurements_count=3;");
};

TEST_F(KexecEventsCliTest, PrintsALineForEach) {
  const Outcome outcome = RunEvents({segment_, list_, event_, segment_});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            fmt::format("kexec_load 2 {} 1 2 3\n", boot_.size() + a_.size()));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(KexecEventsCliTest, EndsWith2AndSaysWhere) {
  const std::string torn = temp_.Write("torn", AsBytes("torn"));
  EXPECT_THAT(RunEvents({segment_, torn}).err,
              StartsWith("bad input: record 1 (" + torn + ", byte 0): "));
  EXPECT_THAT(RunEvents({segment_, Event("other")}).err,
              StartsWith("bad input: record 1: its data"));
  for (const Outcome& outcome :
       {RunEvents({}), RunEvents({"--all", segment_}), RunEvents({list_}),
        RunEvents({segment_, torn}), RunEvents({"/nowhere"})}) {
    EXPECT_EQ(outcome.status, kBadInput);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_FALSE(outcome.err.empty());
  }
  EXPECT_EQ(RunEvents({event_, segment_}, ">/dev/full").status, kBadInput);
}

}  // namespace
}  // namespace ima::test
