#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "runtime/files.h"

namespace dyad {

/// A file as it was at some moment, for whoever copies it while its owner goes on (backups).
struct HeldFile {
  std::string name;  ///< Where it belongs, under the directory of what it is a part of.
  std::string path;  ///< Where it lies now; empty: only `bytes` tells what is in it.
  std::shared_ptr<const RandomReadFile> bytes;  ///< Null: to be opened at `path`.
  std::uint64_t size_bytes = 0;                 ///< From its start; what follows is not of it.
  std::uint64_t padded_bytes = 0;  ///< The size of the copy, with zeros; at least size_bytes.
  /// Nobody ever changes what lies at `path`, only removes the name: a link is as good as a copy.
  bool immutable = false;
};

/// Bytes in memory as a file.
class MemoryReadFile final : public RandomReadFile {
 public:
  explicit MemoryReadFile(std::string content) : content_(std::move(content)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    if (offset >= content_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t taken = std::min(out.size(), content_.size() - at);
    std::memcpy(out.data(), content_.data() + at, taken);
    return taken;
  }
  Result<std::uint64_t> size_bytes() const override { return content_.size(); }
  void advise(std::uint64_t, std::uint64_t, bool) const override {}

 private:
  const std::string content_;
};

inline HeldFile held_content(std::string name, std::string content) {
  HeldFile file;
  file.name = std::move(name);
  file.size_bytes = file.padded_bytes = content.size();
  file.bytes = std::make_shared<const MemoryReadFile>(std::move(content));
  return file;
}

}  // namespace dyad
