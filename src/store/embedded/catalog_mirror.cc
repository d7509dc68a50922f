#include "store/embedded/catalog_mirror.h"

#include <mutex>

namespace dyad::store::embedded {

bool CatalogMirror::find(std::string_view physical_key, std::optional<std::string>& value) const {
  const std::shared_lock lock(mutex_);
  if (!complete_) return false;
  const auto found = rows_.find(physical_key);
  if (found != rows_.end()) value = found->second;
  return true;
}

void CatalogMirror::put(std::string_view physical_key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (!complete_) return;
  auto found = rows_.find(physical_key);
  if (found == rows_.end()) {
    found = rows_.emplace(physical_key, std::string()).first;
    bytes_ += physical_key.size();
  }
  bytes_ += value.size();
  bytes_ -= found->second.size();
  found->second = value;
  if (bytes_ <= limit_bytes_) return;
  complete_ = false;
  rows_.clear();
  bytes_ = 0;
}

void CatalogMirror::erase(std::string_view physical_key) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(physical_key);
  if (found == rows_.end()) return;
  bytes_ -= found->first.size() + found->second.size();
  rows_.erase(found);
}

}  // namespace dyad::store::embedded
