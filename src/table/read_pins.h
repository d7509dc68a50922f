#pragma once

#include <mutex>
#include <set>
#include <utility>

#include "base/timestamp.h"
#include "store/store.h"

namespace dyad::table {

/// Readers between looking up an object's row and opening its bytes. The reaper erases only what
/// was released at or before the oldest pin: a reader pinned then can no longer have found it.
/// Thread-safe.
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

  const store::Store& store_;
  mutable std::mutex mutex_;
  std::multiset<Timestamp> pinned_;
};

}  // namespace dyad::table
