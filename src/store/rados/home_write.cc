#include "store/rados/home_write.h"

#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "store/rados/cluster.h"

namespace dyad::store::rados {

void HomeWrite::change(std::string key, std::optional<std::string> value) {
  // An empty value would read as "absent".
  DYAD_CHECK(!value || !value->empty());
  bytes_ += key.size() + (value ? value->size() : 0);
  keys_.insert_or_assign(std::move(key), std::move(value));
}

void HomeWrite::append(PartitionId partition, Timestamp timestamp, std::string_view payload) {
  append_logged(log_, partition, timestamp, payload);
}

std::vector<HomeWrite> HomeWrite::pieces(std::size_t max_bytes) const {
  std::vector<HomeWrite> pieces(1);
  for (const auto& [key, value] : keys_) {
    if (pieces.back().bytes() >= max_bytes) pieces.emplace_back();
    pieces.back().change(key, value);
  }
  std::string_view log = log_;
  while (!log.empty()) {
    const std::optional<Logged> entry = take_logged(log);
    DYAD_CHECK(entry.has_value());
    if (pieces.back().bytes() >= max_bytes) pieces.emplace_back();
    pieces.back().append(entry->partition, entry->timestamp, entry->payload);
  }
  return pieces;
}

void HomeWrite::add_to(librados::ObjectWriteOperation& operation) const {
  std::map<std::string, librados::bufferlist> put;
  std::set<std::string> erased;
  for (const auto& [key, value] : keys_) {
    if (value) {
      put.emplace(key, buffer_of(*value));
    } else {
      erased.insert(key);
    }
  }
  if (!put.empty()) operation.omap_set(put);
  if (!erased.empty()) operation.omap_rm_keys(erased);
  if (!log_.empty()) operation.append(buffer_of(log_));
}

std::string HomeWrite::encode() const {
  std::string out;
  append_varint(out, keys_.size());
  for (const auto& [key, value] : keys_) {
    append_prefixed(out, key);
    append_prefixed(out, value ? std::string_view(*value) : std::string_view());
  }
  append_prefixed(out, log_);
  return out;
}

std::optional<HomeWrite> HomeWrite::decode(std::string_view bytes) {
  ByteReader in(bytes);
  HomeWrite write;
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string key(in.prefixed());
    const std::string_view value = in.prefixed();
    if (!in.ok()) break;
    write.change(std::move(key), value.empty() ? std::nullopt : std::optional<std::string>(value));
  }
  write.log_ = in.prefixed();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return write;
}

}  // namespace dyad::store::rados
