#include "store/rados/home_layout.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace dyad::store::rados {

std::string Layout::home(HomeId home) const {
  return fmt::format("{}.home.{:016x}", store_, home);
}

std::string Layout::segment(HomeId home, std::uint64_t number) const {
  return fmt::format("{}.log.{:016x}.{:016x}", store_, home, number);
}

std::string home_key(HomeKey kind) {
  return std::string(1, static_cast<char>(kind));
}

std::string home_key(HomeKey kind, std::uint64_t id, std::string_view rest) {
  std::string key = home_key(kind);
  append_be64(key, id);
  key.append(rest);
  return key;
}

std::optional<std::uint64_t> id_in(std::string_view home_key) {
  ByteReader in(home_key);
  in.u8();
  const std::uint64_t id = in.be64();
  if (!in.ok()) return std::nullopt;
  return id;
}

std::string intent_key(std::uint64_t commit, std::size_t piece) {
  std::string key = home_key(HomeKey::intent, commit);
  append_be64(key, piece);
  return key;
}

std::string row_key(std::string_view physical) {
  return home_key(HomeKey::row).append(physical);
}

HomeId home_of(std::string_view physical) {
  return load_be64(physical.data());
}

std::string encode_counters(const Counters& counters) {
  std::string out;
  append_le64(out, counters.upto.value());
  append_le64(out, counters.ceiling.value());
  append_le64(out, counters.next_partition_id);
  return out;
}

std::optional<Counters> decode_counters(std::string_view bytes) {
  ByteReader in(bytes);
  Counters counters;
  counters.upto = Timestamp(in.le64());
  counters.ceiling = Timestamp(in.le64());
  counters.next_partition_id = in.le64();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return counters;
}

void append_logged(std::string& out, PartitionId partition, Timestamp timestamp,
                   std::string_view payload) {
  append_varint(out, partition.value());
  append_le64(out, timestamp.value());
  append_prefixed(out, payload);
}

std::optional<Logged> take_logged(std::string_view& bytes) {
  ByteReader in(bytes);
  Logged entry;
  entry.partition = PartitionId(in.varint());
  entry.timestamp = Timestamp(in.le64());
  entry.payload = in.prefixed();
  if (!in.ok()) return std::nullopt;
  bytes = in.rest();
  return entry;
}

}  // namespace dyad::store::rados
