#pragma once

#include <rados/librados.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/rados/home_layout.h"

namespace dyad::store::rados {

/// What a commit does to one home: keys, and entries at the end of its log.
class HomeWrite {
 public:
  void put(std::string key, std::string value) { change(std::move(key), std::move(value)); }
  void erase(std::string key) { change(std::move(key), std::nullopt); }
  void append(PartitionId partition, Timestamp timestamp, std::string_view payload);

  std::size_t bytes() const { return bytes_ + log_.size(); }
  std::string_view log() const { return log_; }
  const std::map<std::string, std::optional<std::string>>& keys() const { return keys_; }

  /// Cut into pieces of about `max_bytes` (one key or entry more at most), to be done in order.
  std::vector<HomeWrite> pieces(std::size_t max_bytes) const;

  /// Adds all of it to an operation: the keys, and the log's bytes at the object's end. One
  /// compound operation is atomic.
  void add_to(librados::ObjectWriteOperation& operation) const;

  std::string encode() const;
  static std::optional<HomeWrite> decode(std::string_view bytes);

 private:
  void change(std::string key, std::optional<std::string> value);

  std::map<std::string, std::optional<std::string>> keys_;  ///< None: erased.
  std::string log_;
  std::size_t bytes_ = 0;  ///< Of keys and values that were ever put in.
};

}  // namespace dyad::store::rados
