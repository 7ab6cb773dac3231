// SPDX-License-Identifier: MIT
#include "util/tpm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "util/temp_dir.h"

namespace ima_bench {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> Bytes(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

// As a TPM would send it: manufacturer "IBM", vendor strings "SW  " " TPM", ""
// and "", type 1, firmware 0x20191023 0x00163636.
std::vector<std::byte> Response() {
  return Bytes({0x80, 0x01, 0, 0,  0,    83,  // tag, size
                0,    0,    0, 0,             // success
                0,                            // no more data
                0,    0,    0, 6,             // TPM_CAP_TPM_PROPERTIES
                0,    0,    0, 8,             // properties
                0,    0,    1, 5,  'I',  'B',  'M',  0,    //
                0,    0,    1, 6,  'S',  'W',  ' ',  ' ',  //
                0,    0,    1, 7,  ' ',  'T',  'P',  'M',  //
                0,    0,    1, 8,  0,    0,    0,    0,    //
                0,    0,    1, 9,  0,    0,    0,    0,    //
                0,    0,    1, 10, 0,    0,    0,    1,    //
                0,    0,    1, 11, 0x20, 0x19, 0x10, 0x23,
                0,    0,    1, 12, 0x00, 0x16, 0x36, 0x36});
}

TEST(VendorCommand, IsAsTheSpecificationSays) {
  const auto command = VendorCommand();
  EXPECT_EQ(std::vector(command.begin(), command.end()),
            Bytes({0x80, 0x01, 0, 0, 0, 22,   0,    0, 0x01, 0x7a, 0,
                   0,    0,    6, 0, 0, 0x01, 0x05, 0, 0,    0,    8}));
}

TEST(ParseVendorResponse, GivesVendorAndFirmware) {
  const auto tpm = ParseVendorResponse(Response());
  ASSERT_TRUE(tpm) << tpm.error().Message();
  EXPECT_EQ(tpm->vendor, "IBM SW TPM");
  EXPECT_EQ(tpm->firmware, "8217.4131.22.13878");
}

TEST(ParseVendorResponse, RefusesEveryCutResponse) {
  const auto whole = Response();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(ParseVendorResponse(std::span(whole).first(size))) << size;
}

// The length fits, but not the number of properties.
TEST(ParseVendorResponse, RefusesFewerPropertiesThanItTells) {
  auto cut = Response();
  cut.resize(cut.size() - 8);
  cut[5] = static_cast<std::byte>(cut.size());
  EXPECT_FALSE(ParseVendorResponse(cut));
}

// A number that would keep the loop busy for minutes.
TEST(ParseVendorResponse, RefusesMorePropertiesThanItAskedFor) {
  auto many = Response();
  for (size_t i = 15; i <= 18; ++i) many[i] = std::byte{0xff};
  EXPECT_THAT(ParseVendorResponse(many).error().Message(),
              HasSubstr("not a list of properties"));
}

TEST(ParseVendorResponse, RefusesErrorsAndOtherCapabilities) {
  auto failed = Response();
  failed[8] = std::byte{0x01};
  EXPECT_THAT(ParseVendorResponse(failed).error().Message(),
              HasSubstr("0x100"));
  auto other = Response();
  other[14] = std::byte{1};
  EXPECT_FALSE(ParseVendorResponse(other));
  auto nameless = Response();
  nameless[22] = std::byte{99};
  EXPECT_FALSE(ParseVendorResponse(nameless));
}

TEST(IdentifyTpm, ReadsTpm12AndTellsThatThereIsNone) {
  auto root = TempDir::Create(::testing::TempDir(), "tpm-test-");
  ASSERT_TRUE(root);
  EXPECT_EQ(IdentifyTpm(root->path()).value().vendor, "none");
  const auto sysfs = root->path() / "sys/class/tpm/tpm0";
  std::filesystem::create_directories(sysfs / "device");
  EXPECT_FALSE(IdentifyTpm(root->path()));
  std::ofstream(sysfs / "tpm_version_major") << "1\n";
  std::ofstream(sysfs / "device/caps")
      << "Manufacturer: 0x53544d20\nTCG version: 1.2\nFirmware version: 8.16\n";
  const auto tpm = IdentifyTpm(root->path());
  ASSERT_TRUE(tpm);
  EXPECT_EQ(tpm->vendor, "0x53544d20 TPM 1.2");
  EXPECT_EQ(tpm->firmware, "8.16");
}

}  // namespace
}  // namespace ima_bench
