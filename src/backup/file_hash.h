#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace dyad::backup {

/// XXH3-64 over a stream of bytes: finds damage, proves nothing against who means it.
class FileHash {
 public:
  FileHash();
  ~FileHash();
  FileHash(const FileHash&) = delete;
  FileHash& operator=(const FileHash&) = delete;
  void update(std::string_view bytes);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dyad::backup
