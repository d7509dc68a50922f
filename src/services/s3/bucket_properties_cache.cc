#include "services/s3/bucket_properties_cache.h"

namespace dyad::s3 {

Result<std::shared_ptr<const BucketProperties>> BucketPropertiesCache::of(
    const table::TableDescriptor& table) {
  const std::uint64_t id = table.id.value();
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.version == table.version)
      return found->second.properties;
  }
  DYAD_TRY_ASSIGN(BucketProperties decoded, decode_bucket_properties(table.properties));
  auto properties = std::make_shared<const BucketProperties>(std::move(decoded));
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxEntries || bytes_ + table.properties.size() > kMaxBytes) {
    entries_.clear();
    bytes_ = 0;
  }
  Entry& entry = entries_[id];
  if (!entry.properties || entry.version < table.version) {
    entry = {table.version, properties};
    bytes_ += table.properties.size();
  }
  return properties;
}

std::size_t BucketPropertiesCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace dyad::s3
