#include "operator/kube/config_files.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>

namespace belvedere::kube {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;
constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace

Result<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFile + 1, '\0');
  if (!file || !file.read(text.data(), 0)) {
    return Fail(ErrorCode::kInvalid, path + ": cannot be opened");
  }
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Fail(ErrorCode::kInvalid, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFile) return Fail(ErrorCode::kInvalid, path + ": larger than 1 MiB");
  return text;
}

bool IsToken(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool IsPem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

Result<std::string> ReadToken(const std::string& path) {
  const Result<std::string> text = ReadSmallFile(path);
  if (!text) return text;
  const std::string_view token = Trim(*text);
  if (!IsToken(token)) return Fail(ErrorCode::kInvalid, path + ": not one word");
  return std::string(token);
}

Result<std::string> ReadPem(const std::string& path) {
  Result<std::string> text = ReadSmallFile(path);
  if (text && !IsPem(*text)) return Fail(ErrorCode::kInvalid, path + ": not PEM");
  return text;
}

Result<std::string> DecodeBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string decoded;
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (kSpace.find(c) != std::string_view::npos) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos || padding > 0) {
      return Fail(ErrorCode::kDecode, "not base64");
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      for (const unsigned shift : {16U, 8U, 0U}) decoded += static_cast<char>(bits >> shift);
    }
  }
  if ((digits + padding) % 4 != 0 || padding > 2) return Fail(ErrorCode::kDecode, "not base64");
  if (digits % 4 == 2) decoded += static_cast<char>(bits >> 4U);
  if (digits % 4 == 3) {
    decoded += static_cast<char>(bits >> 10U);
    decoded += static_cast<char>(bits >> 2U);
  }
  return decoded;
}

}  // namespace belvedere::kube
