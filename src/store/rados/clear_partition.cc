#include <algorithm>

#include "base/bytes.h"
#include "store/rados/home_write.h"
#include "store/rados/rados_backend.h"

namespace dyad::store::rados {
namespace {

Result<> gone_or(const Result<>& result) {
  if (!result && result.error().code == ErrorCode::not_found) return {};
  return result;
}

/// Of one kind: the rows whose rest is in the partition's bounds.
Result<> erase_kind(Cluster& cluster, const std::string& object, const PartitionRecord& dropped,
                    std::uint8_t kind) {
  const std::string kind_byte(1, static_cast<char>(kind));
  const std::string begin = row_key(physical_key(dropped.root, kind_byte + dropped.lower));
  std::string end = row_key(physical_key(dropped.root, kind_byte));
  end = dropped.upper.empty() ? prefix_end(end) : end + dropped.upper;
  return gone_or(cluster.remove_keys(object, begin, end));
}

}  // namespace

Result<> clear_partition(Cluster& cluster, const Layout& layout, const PartitionRecord& dropped,
                         const Records& left, const std::vector<std::uint64_t>& segments) {
  const HomeId home = dropped.root.value();
  const bool shared = std::any_of(left.begin(), left.end(), [&](const auto& record) {
    return record.second.root == dropped.root && record.first != dropped.id;
  });
  if (!shared && home != kCatalogPartition.value()) {
    for (const std::uint64_t number : segments) {
      DYAD_TRY(gone_or(cluster.remove(layout.segment(home, number))));
    }
    DYAD_TRY(gone_or(cluster.remove(layout.home(home))));
    librados::ObjectWriteOperation forget;
    forget.omap_rm_keys({home_key(HomeKey::home, home)});
    return cluster.write(layout.home(kCatalogPartition.value()), std::move(forget));
  }
  if (!dropped.live()) return {};
  for (int kind = 0; kind <= UINT8_MAX; ++kind) {
    DYAD_TRY(erase_kind(cluster, layout.home(home), dropped, static_cast<std::uint8_t>(kind)));
  }
  return {};
}

}  // namespace dyad::store::rados
