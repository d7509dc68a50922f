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

Result<bool> clear_partition(Cluster& cluster, const Layout& layout, const PartitionRecord& dropped,
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
    return true;
  }
  const std::string object = layout.home(home);
  DYAD_TRY(gone_or(cluster.remove_keys(object, home_key(HomeKey::cursor, dropped.id.value()),
                                       home_key(HomeKey::cursor, dropped.id.value() + 1))));
  DYAD_TRY(gone_or(cluster.remove_keys(object, home_key(HomeKey::trimmed, dropped.id.value()),
                                       home_key(HomeKey::trimmed, dropped.id.value() + 1))));
  if (!dropped.live()) return false;
  for (int kind = 0; kind <= UINT8_MAX; ++kind) {
    DYAD_TRY(erase_kind(cluster, object, dropped, static_cast<std::uint8_t>(kind)));
  }
  return false;
}

std::set<std::string> keys_of_cleared(const PartitionRecord& dropped, bool home_gone) {
  std::set<std::string> keys{home_key(HomeKey::dropped, dropped.id.value())};
  if (home_gone) keys.insert(home_key(HomeKey::home, dropped.root.value()));
  return keys;
}

}  // namespace dyad::store::rados
