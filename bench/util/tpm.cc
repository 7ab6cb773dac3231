// SPDX-License-Identifier: MIT
#include "util/tpm.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "util/fd.h"
#include "util/file.h"

namespace ima_bench {
namespace {

namespace fs = std::filesystem;

// TPM 2.0 Library, Part 2: TPM_ST, TPM_CC, TPM_CAP, TPM_PT.
constexpr uint16_t kNoSessions = 0x8001;
constexpr uint32_t kGetCapability = 0x0000017A;
constexpr uint32_t kTpmProperties = 0x00000006;
constexpr uint32_t kManufacturer = 0x00000105;
constexpr uint32_t kVendorString1 = 0x00000106;  // to 4 in 0x109
constexpr uint32_t kVendorStrings = 4;
constexpr uint32_t kFirmwareVersion1 = 0x0000010B;
constexpr uint32_t kFirmwareVersion2 = 0x0000010C;
constexpr uint32_t kPropertyCount = kFirmwareVersion2 - kManufacturer + 1;
constexpr size_t kLargestResponse = 4096;  // TPM_BUFSIZE of the driver

// Reads big-endian numbers and notes when it runs out of bytes.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  T Read() {
    if (bytes_.size() < sizeof(T)) {
      good_ = false;
      return 0;
    }
    T value = 0;
    for (const std::byte byte : bytes_.first(sizeof(T)))
      value = static_cast<T>((value << 8) | std::to_integer<T>(byte));
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }
  bool good() const { return good_; }

 private:
  std::span<const std::byte> bytes_;
  bool good_ = true;
};

class Writer {
 public:
  template <typename T>
  Writer& Write(T value) {
    for (size_t i = sizeof(T); i-- > 0;)
      bytes_.at(size_++) = static_cast<std::byte>(value >> (8 * i));
    return *this;
  }
  std::array<std::byte, 22> bytes() const { return bytes_; }

 private:
  std::array<std::byte, 22> bytes_{};
  size_t size_ = 0;
};

// Four characters packed in a number, first one highest; padding and what is
// not printable is left out.
std::string Characters(uint32_t packed) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto c = static_cast<char>(packed >> shift & 0xff);
    if (c >= ' ' && c <= '~') text += c;
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

Result<TpmIdentity> AskTpm2(const fs::path& device) {
  auto fd = Open(device, O_RDWR);
  if (!fd) return tl::make_unexpected(fd.error());
  const auto command = VendorCommand();
  std::string text(command.size(), '\0');
  std::memcpy(text.data(), command.data(), command.size());
  if (auto done = WriteOnce(fd->get(), text, device); !done)
    return tl::make_unexpected(done.error());
  // The driver itself gives up on a TPM that does not answer.
  std::vector<std::byte> response(kLargestResponse);
  const ssize_t got = read(fd->get(), response.data(), response.size());
  if (got < 0) return ErrnoError("read " + device.string());
  return ParseVendorResponse(
      std::span(response).first(static_cast<size_t>(got)));
}

// tpm-class caps (Documentation/ABI/stable/sysfs-class-tpm), TPM 1.2 only.
Result<TpmIdentity> ReadTpm1(const fs::path& caps) {
  auto text = ReadFile(caps);
  if (!text) return tl::make_unexpected(text.error());
  TpmIdentity identity{"unknown TPM 1.2", "unknown"};
  for (const std::string_view line : SplitLines(*text)) {
    const auto words = SplitWords(line);
    if (words.size() == 2 && words[0] == "Manufacturer:")
      identity.vendor = fmt::format("{} TPM 1.2", words[1]);
    if (words.size() == 3 && words[0] == "Firmware")
      identity.firmware = words[2];
  }
  return identity;
}

}  // namespace

std::array<std::byte, 22> VendorCommand() {
  return Writer()
      .Write(kNoSessions)
      .Write(uint32_t{22})  // commandSize
      .Write(kGetCapability)
      .Write(kTpmProperties)
      .Write(kManufacturer)
      .Write(kPropertyCount)
      .bytes();
}

Result<TpmIdentity> ParseVendorResponse(std::span<const std::byte> response) {
  Reader reader(response);
  const auto tag = reader.Read<uint16_t>();
  const auto size = reader.Read<uint32_t>();
  const auto code = reader.Read<uint32_t>();
  if (reader.good() && code != 0) {
    return ContentError(
        fmt::format("the TPM answers with response code {:#x}", code));
  }
  reader.Read<uint8_t>();  // moreData
  const auto capability = reader.Read<uint32_t>();
  const auto count = reader.Read<uint32_t>();
  if (!reader.good() || tag != kNoSessions || size != response.size() ||
      capability != kTpmProperties || count > kPropertyCount)
    return ContentError("the TPM's answer is not a list of properties");
  std::map<uint32_t, uint32_t> properties;
  for (uint32_t i = 0; i < count; ++i) {
    const auto property = reader.Read<uint32_t>();
    properties[property] = reader.Read<uint32_t>();
  }
  if (!reader.good()) return ContentError("the TPM's answer is cut short");
  if (!properties.contains(kManufacturer))
    return ContentError("the TPM does not tell its manufacturer");

  std::string part;
  for (uint32_t i = 0; i < kVendorStrings; ++i)
    part += Characters(properties[kVendorString1 + i]);
  const std::string manufacturer = Characters(properties[kManufacturer]);
  const uint32_t high = properties[kFirmwareVersion1];
  const uint32_t low = properties[kFirmwareVersion2];
  return TpmIdentity{
      part.empty() ? manufacturer : fmt::format("{} {}", manufacturer, part),
      fmt::format("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16,
                  low & 0xffff)};
}

Result<TpmIdentity> IdentifyTpm(const fs::path& root) {
  const fs::path sysfs = root / "sys/class/tpm/tpm0";
  std::error_code error;
  if (!fs::exists(sysfs, error)) return TpmIdentity{"none", "none"};
  auto version = ReadFile(sysfs / "tpm_version_major");
  if (!version) return tl::make_unexpected(version.error());
  if (*version == "1\n") return ReadTpm1(sysfs / "device/caps");
  return AskTpm2(root / "dev/tpmrm0");
}

}  // namespace ima_bench
