#pragma once

#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "blob/blob_store.h"
#include "store/store.h"

namespace dyad::table {

/// Readers between looking up an object's row and opening its bytes. The reaper erases only what
/// was released at or before the oldest pin: a reader pinned then can no longer have found it. A
/// pin keeps all bytes that are released meanwhile, so it is held for moments; who opens many
/// blobs, one after the other and at a client's pace, holds just these. Thread-safe.
class ReadPins {
 public:
  explicit ReadPins(const store::Store& store) : store_(store) {}

  /// Held from before the row is read until its bytes are open.
  class Pin {
   public:
    Pin(Pin&& other) noexcept : pins_(std::exchange(other.pins_, nullptr)), at_(other.at_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (pins_ != nullptr) pins_->unpin(at_);
    }

   private:
    friend class ReadPins;
    Pin(ReadPins* pins, std::multiset<Timestamp>::iterator at) : pins_(pins), at_(at) {}
    ReadPins* pins_;
    std::multiset<Timestamp>::iterator at_;
  };

  /// Blobs that a reader found while it was pinned and has yet to open. Begun before the pin ends:
  /// who comes to erase one of them has either the pin before it or the hold.
  class Hold {
   public:
    Hold(Hold&& other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)),
          blobs_(std::move(other.blobs_)),
          next_(other.next_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (pins_ != nullptr) pins_->let_go(blobs_, next_);
    }
    /// The first of those left, in the order in which they were given.
    void let_go_of_first() { pins_->let_go_of_one(blobs_[next_++]); }

   private:
    friend class ReadPins;
    Hold(ReadPins* pins, std::vector<blob::BlobId> blobs) : pins_(pins), blobs_(std::move(blobs)) {}
    ReadPins* pins_;
    std::vector<blob::BlobId> blobs_;
    std::size_t next_ = 0;
  };

  Hold hold(std::vector<blob::BlobId> blobs) {
    const std::lock_guard lock(mutex_);
    for (const blob::BlobId blob : blobs) ++held_[blob];
    return Hold(this, std::move(blobs));
  }

  /// Asked of blobs that were released at or before an oldest() that was read earlier.
  bool is_held(blob::BlobId blob) const {
    const std::lock_guard lock(mutex_);
    return held_.contains(blob);
  }

  Pin pin() {
    const std::lock_guard lock(mutex_);
    return Pin(this, pinned_.insert(store_.durable_upto()));
  }

  /// Bytes released at or before this may go.
  Timestamp oldest() const {
    const std::lock_guard lock(mutex_);
    return pinned_.empty() ? store_.durable_upto() : *pinned_.begin();
  }

 private:
  void unpin(std::multiset<Timestamp>::iterator at) {
    const std::lock_guard lock(mutex_);
    pinned_.erase(at);
  }

  void let_go(const std::vector<blob::BlobId>& blobs, std::size_t from) {
    for (std::size_t i = from; i < blobs.size(); ++i) let_go_of_one(blobs[i]);
  }
  void let_go_of_one(blob::BlobId blob) {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(blob);
    if (--found->second == 0) held_.erase(found);
  }

  const store::Store& store_;
  mutable std::mutex mutex_;
  std::multiset<Timestamp> pinned_;
  std::unordered_map<blob::BlobId, std::uint32_t> held_;  ///< By how many readers.
};

}  // namespace dyad::table
