#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "store/store.h"

namespace dyad::table {

// Every record (a row's value) begins with one header, so that replication, encryption and upgrades
// rewrite nothing. 16 bytes: format version u8 | flags u8 | origin region u16 LE | key id u32 LE |
// written u64 BE. `written` is the commit timestamp, patched by the store (store::Stamps).

constexpr std::size_t kRecordHeaderBytes = 16;
constexpr std::uint8_t kRecordVersion = 1;
constexpr std::uint32_t kRecordStampOffset = 8;

/// The stamp that a put of a record needs.
inline store::Stamps record_stamp() {
  return store::Stamps::at(kRecordStampOffset);
}

/// Appends a header of this region, not sealed, its timestamp still zero.
void append_record_header(std::string& out);

struct Record {
  Timestamp written;
  std::uint16_t origin_region = 0;
  std::uint32_t key_id = 0;  ///< 0: not sealed.
  std::string_view body;     ///< Points into the bytes that were parsed.
};

/// corruption: too short; unsupported: a newer format version, or sealed by a key this server
/// lacks.
Result<Record> parse_record(std::string_view bytes);

// The body of a row of a table: varint length and bytes of the codec's private part, then the item.

struct RowBody {
  std::string_view private_part;
  std::string_view item;
};

std::string make_row(std::string_view private_part, std::string_view item);
Result<RowBody> parse_row_body(std::string_view body);

}  // namespace dyad::table
