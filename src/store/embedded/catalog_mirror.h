#pragma once

#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/store.h"

namespace dyad::store::embedded {

/// The catalogue's rows in memory: every write reads its table's. Thread-safe.
class CatalogMirror {
 public:
  /// A catalogue beyond this is read from the rows like everything else.
  explicit CatalogMirror(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  static bool covers(std::string_view physical_key) {
    constexpr std::string_view root("\0\0\0\0\0\0\0\0", 8);
    static_assert(kCatalogPartition.value() == 0);
    return physical_key.starts_with(root);
  }
  /// False: the mirror does not know; else `value` is the row's, none where there is no row.
  bool find(std::string_view physical_key, std::optional<std::string>& value) const;
  void put(std::string_view physical_key, std::string_view value);
  void erase(std::string_view physical_key);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  const std::size_t limit_bytes_;
  bool complete_ = true;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> rows_;
  std::size_t bytes_ = 0;
};

}  // namespace dyad::store::embedded
