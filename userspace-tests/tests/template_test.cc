// SPDX-License-Identifier: MIT
#include "imalog/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sample.h"

namespace ima::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

const std::string kNul(1, '\0');
const std::string kDigestText = "sha256:" + kNul + std::string(32, 'd');
const Buffer kDigest = Field(kDigestText);
const Buffer kTyped = Field("ima:" + kDigestText);
const Buffer kName = Field("/bin/true" + kNul);
const Buffer kEmpty = Field("");
const Buffer kSignature = Field("\x03signature");

std::optional<std::string> Fault(std::string_view name,
                                 const std::vector<Buffer>& fields,
                                 std::vector<std::string> allowed = {}) {
  const Buffer bytes = MakeRecord(name, fields);
  return TemplateChecker(std::move(allowed)).FindFault(ParseOne(bytes));
}

std::optional<std::string> ViolationFault(std::string_view name,
                                          const std::vector<Buffer>& fields) {
  const Buffer bytes = RawRecord(10, Buffer(20, 0), name, Join(fields));
  return TemplateChecker().FindFault(ParseOne(bytes));
}

TEST(Template, AcceptsEachBuiltinTemplate) {
  EXPECT_EQ(Fault("ima-ng", {kDigest, kName}), std::nullopt);
  EXPECT_EQ(Fault("ima-sig", {kDigest, kName, kEmpty}), std::nullopt);
  EXPECT_EQ(Fault("ima-sig", {kDigest, kName, kSignature}), std::nullopt);
  EXPECT_EQ(Fault("ima-ngv2", {kTyped, kName}), std::nullopt);
  EXPECT_EQ(Fault("ima-ngv2", {Field("verity:" + kDigestText), kName}),
            std::nullopt);
  EXPECT_EQ(Fault("ima-sigv2", {kTyped, kName, kSignature}), std::nullopt);
  EXPECT_EQ(Fault("ima-buf", {kDigest, kName, Field("any bytes")}),
            std::nullopt);
  EXPECT_EQ(Fault("ima-modsig", {kDigest, kName, kEmpty, kDigest, kSignature}),
            std::nullopt);
  EXPECT_EQ(Fault("ima-modsig", {kDigest, kName, kEmpty, kEmpty, kEmpty}),
            std::nullopt);
  EXPECT_EQ(
      Fault("evm-sig", {kDigest, kName, Field("\x05s"), kEmpty, kEmpty, kEmpty,
                        Field("uid4"), Field("gid4"), Field("mo")}),
      std::nullopt);
  const Buffer ima = ImaRecord(std::string(20, 'd'), "/bin/true");
  EXPECT_EQ(TemplateChecker().FindFault(ParseOne(ima)), std::nullopt);
}

// A custom format's record has the format as its name, and no layout of its
// own, not even "d|n".
TEST(Template, AcceptsCustomFormats) {
  const Buffer plain = Field(std::string(20, 'd'));
  EXPECT_EQ(Fault("d|n", {plain, kName}), std::nullopt);
  EXPECT_EQ(Fault("n-ng|d-ng|imode", {kName, kDigest, Field("mo")}),
            std::nullopt);
}

// Nothing but this protects the name: no digest covers it.
TEST(Template, RefusesUnknownNames) {
  for (const auto* name : {"ima-nh", "IMA-NG", "ima-n", "ima-ngx", "d-ng",
                           "d-ng|", "|n-ng", "d-ng||n-ng", "d-ng|x"}) {
    EXPECT_NE(Fault(name, {kDigest, kName}), std::nullopt) << name;
  }
  EXPECT_THAT(Fault("a\nb\xff", {kDigest}),
              Optional(HasSubstr("'a\\x0ab\\xff' is unknown")));
}

TEST(Template, AcceptsUnknownNamesOnRequest) {
  EXPECT_EQ(Fault("future", {kName, kEmpty}, {"other", "future"}),
            std::nullopt);
  EXPECT_NE(Fault("futures", {kName, kEmpty}, {"future"}), std::nullopt);
  EXPECT_THAT(Fault("future", {ToBuffer("torn")}, {"future"}),
              Optional(HasSubstr("no sequence of fields")));
}

TEST(Template, RefusesAnotherNumberOfFields) {
  EXPECT_THAT(Fault("ima-ng", {kDigest}), Optional(HasSubstr("1 fields")));
  EXPECT_THAT(Fault("ima-ng", {kDigest, kName, kEmpty}),
              Optional(HasSubstr("3 fields")));
  EXPECT_NE(Fault("ima-sig", {kDigest, kName}), std::nullopt);
  EXPECT_NE(Fault("ima-ng", {kDigest, kName, ToBuffer("abc")}), std::nullopt);
}

TEST(Template, RefusesFieldsOfAnotherForm) {
  const std::string digest(32, 'd');
  for (const std::string& text :
       {std::string(), digest, "sha256:" + digest, "sha257:" + kNul + digest,
        "sha256" + kNul + digest, "sha1:" + kNul + digest, kDigestText + "d",
        kDigestText.substr(0, 8 + 20), "ima:" + kDigestText,
        std::string("sha256:")}) {
    EXPECT_THAT(Fault("ima-ng", {Field(text), kName}),
                Optional(HasSubstr("field 1")))
        << text;
  }
  for (const std::string& text :
       {std::string("no end"), std::string(), "two" + kNul + "ends" + kNul,
        "more" + kNul + kNul}) {
    EXPECT_THAT(Fault("ima-ng", {kDigest, Field(text)}),
                Optional(HasSubstr("field 2")))
        << text;
  }
  EXPECT_NE(Fault("ima-sig", {kDigest, kName, Field("\x04")}), std::nullopt);
  EXPECT_NE(Fault("ima-ngv2", {kDigest, kName}), std::nullopt);
  EXPECT_NE(Fault("ima-ngv2", {Field("imb:" + kDigestText), kName}),
            std::nullopt);
  EXPECT_NE(Fault("d|n", {Field(std::string(19, 'd')), kName}), std::nullopt);
  EXPECT_NE(Fault("evmsig", {Field("\x03")}), std::nullopt);
  EXPECT_NE(Fault("iuid", {Field("abc")}), std::nullopt);
  EXPECT_NE(Fault("imode", {Field("abcd")}), std::nullopt);
}

// A violation's data is covered by no digest, so its file digest must be the
// zeros that the kernel writes.
TEST(Template, HoldsViolationsToZeroDigests) {
  const std::string zeros(32, '\0');
  EXPECT_EQ(ViolationFault("ima-ng", {Field("sha256:" + kNul + zeros), kName}),
            std::nullopt);
  // Linux before 6.2: 20 bytes for any algorithm.
  EXPECT_EQ(
      ViolationFault("ima-ng",
                     {Field("sha256:" + kNul + zeros.substr(0, 20)), kName}),
      std::nullopt);
  EXPECT_EQ(
      ViolationFault("ima-ngv2", {Field("ima:sha256:" + kNul + zeros), kName}),
      std::nullopt);
  EXPECT_NE(ViolationFault("ima-ng", {kDigest, kName}), std::nullopt);
  EXPECT_NE(
      ViolationFault("ima-ng",
                     {Field("sha256:" + kNul + zeros.substr(0, 21)), kName}),
      std::nullopt);
  EXPECT_NE(ViolationFault("d|n", {Field(std::string(20, 'd')), kName}),
            std::nullopt);
  const std::string ima_data = std::string(20, '\0');
  EXPECT_EQ(ViolationFault("ima", {ToBuffer(ima_data), Field("/bin/true")}),
            std::nullopt);
  EXPECT_NE(ViolationFault(
                "ima", {ToBuffer(std::string(20, 'd')), Field("/bin/true")}),
            std::nullopt);
}

// Template ima hashes the name with zeros up to 256 bytes: "a" and "a\0" have
// one digest, and only one of them is what the kernel can have written.
TEST(Template, RefusesZerosInNamesOfTemplateIma) {
  const Buffer ima = ImaRecord(std::string(20, 'd'), "/bin/true" + kNul);
  EXPECT_THAT(TemplateChecker().FindFault(ParseOne(ima)),
              Optional(HasSubstr("NUL")));
}

}  // namespace
}  // namespace ima::test
