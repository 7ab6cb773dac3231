// SPDX-License-Identifier: MIT
// Bounds-checked reading of bytes, and hexadecimal text.
#ifndef USERSPACE_TESTS_UTIL_BYTES_H_
#define USERSPACE_TESTS_UTIL_BYTES_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ima {

using Bytes = std::span<const uint8_t>;

// Reads from the front of `bytes`. Whatever is not there wholly comes back as
// nothing, and then nothing is consumed.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  std::optional<Bytes> Take(size_t size) {
    if (size > remaining()) return std::nullopt;
    const Bytes taken = bytes_.subspan(offset_, size);
    offset_ += size;
    return taken;
  }

  template <std::unsigned_integral T>
  std::optional<T> Little() {
    const auto taken = Take(sizeof(T));
    if (!taken) return std::nullopt;
    T value = 0;
    for (size_t i = sizeof(T); i-- > 0;) value = Append(value, (*taken)[i]);
    return value;
  }

  template <std::unsigned_integral T>
  std::optional<T> Big() {
    const auto taken = Take(sizeof(T));
    if (!taken) return std::nullopt;
    T value = 0;
    for (const uint8_t byte : *taken) value = Append(value, byte);
    return value;
  }

  // A TPM2B structure: a big-endian 16-bit size and that many bytes.
  std::optional<Bytes> Sized() {
    const size_t start = offset_;
    const auto size = Big<uint16_t>();
    const auto taken = size ? Take(*size) : std::nullopt;
    if (!taken) offset_ = start;
    return taken;
  }

 private:
  template <std::unsigned_integral T>
  static T Append(T value, uint8_t byte) {
    return static_cast<T>((uint64_t{value} << 8U) | byte);
  }

  Bytes bytes_;
  size_t offset_ = 0;
};

// Lower-case hexadecimal digits, two a byte.
std::string HexEncode(Bytes bytes);

// The bytes that `text` spells in either case, or nothing if it has an odd
// number of digits or any other character.
std::optional<std::vector<uint8_t>> HexDecode(std::string_view text);

inline Bytes AsBytes(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view AsText(Bytes bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ima

#endif  // USERSPACE_TESTS_UTIL_BYTES_H_
