#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "runtime/files.h"

namespace dyad {

/// Bytes whose address is a multiple of DurableFile::kBlockBytes, as direct I/O wants it. Zeroed.
/// The size is rounded up to whole blocks.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = DurableFile::kBlockBytes;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t at_least_bytes)
      : size_bytes_(round_up(at_least_bytes)),
        data_(static_cast<char*>(::operator new (size_bytes_, std::align_val_t{kAlignment}))) {
    std::memset(data_.get(), 0, size_bytes_);
  }

  static constexpr std::size_t round_up(std::size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size_bytes() const { return size_bytes_; }
  std::span<char> span() { return {data_.get(), size_bytes_}; }
  std::span<const char> span() const { return {data_.get(), size_bytes_}; }

 private:
  struct Free {
    void operator()(char* data) const { ::operator delete (data, std::align_val_t{kAlignment}); }
  };
  std::size_t size_bytes_ = 0;
  std::unique_ptr<char, Free> data_;
};

}  // namespace dyad
