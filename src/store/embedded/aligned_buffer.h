#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "runtime/files.h"

namespace dyad::store::embedded {

constexpr std::size_t kBlockBytes = DurableFile::kBlockBytes;

constexpr std::uint64_t round_up_to_block(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

/// Growing bytes whose first one lies on a block boundary, as direct I/O wants it. Unused bytes of
/// the last block are not zero until pad_to_block().
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~AlignedBuffer() { release(); }

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }
  std::span<char> span() { return {data_, size_}; }

  void clear() { size_ = 0; }
  void resize(std::size_t bytes) {
    reserve(bytes);
    size_ = bytes;
  }
  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    const std::size_t wanted = round_up_to_block(bytes > 2 * capacity_ ? bytes : 2 * capacity_);
    char* grown = static_cast<char*>(::operator new(wanted, std::align_val_t(kBlockBytes)));
    if (size_ > 0) std::memcpy(grown, data_, size_);
    const std::size_t size = size_;
    release();
    data_ = grown;
    size_ = size;
    capacity_ = wanted;
  }
  void append(std::string_view bytes) {
    reserve(size_ + bytes.size());
    if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// Makes the size a multiple of the block with zeros.
  void pad_to_block() {
    const std::size_t padded = round_up_to_block(size_);
    reserve(padded);
    std::memset(data_ + size_, 0, padded - size_);
    size_ = padded;
  }

 private:
  void release() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t(kBlockBytes));
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace dyad::store::embedded
