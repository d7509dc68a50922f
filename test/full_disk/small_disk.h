#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace dyad::proof {

/// A small file system that this process and its children see, and nobody else; it goes with them.
/// One a process, and before it has threads.
class SmallDisk {
 public:
  /// ext4 in a file where that may be mounted, else a tmpfs. unsupported: this process may mount
  /// nothing.
  static Result<std::unique_ptr<SmallDisk>> mount(const std::string& directory,
                                                  std::uint64_t size_bytes);
  /// Once all files on it are closed.
  ~SmallDisk();

  const std::string& path() const { return path_; }
  const std::string& kind() const { return kind_; }
  std::uint64_t free_bytes() const;

 private:
  SmallDisk(std::string path, std::string kind) : path_(std::move(path)), kind_(std::move(kind)) {}
  const std::string path_;
  const std::string kind_;
};

/// A file of another program's, as large as fits.
class ForeignFile {
 public:
  explicit ForeignFile(std::string path) : path_(std::move(path)) {}
  /// To the last byte. False: the system failed with something else than "no space".
  bool fill();
  void remove();

 private:
  const std::string path_;
};

}  // namespace dyad::proof
