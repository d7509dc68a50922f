#include "table/blob_references.h"

#include "base/bytes.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::table {
namespace {

std::string blob_row(RowKind kind, std::string_view key, blob::BlobId blob) {
  std::string row;
  row.reserve(1 + key.size() + 8);
  append_u8(row, static_cast<std::uint8_t>(kind));
  row.append(key);
  append_be64(row, blob.value());
  return row;
}

std::string header_only() {
  std::string record;
  append_record_header(record);
  return record;
}

}  // namespace

std::string reference_row(std::string_view key, blob::BlobId blob) {
  return blob_row(RowKind::reference, key, blob);
}

std::string released_row(std::string_view key, blob::BlobId blob) {
  return blob_row(RowKind::released, key, blob);
}

Result<blob::BlobId> blob_of_row(std::string_view row_key) {
  if (row_key.size() < 9)
    return fail(ErrorCode::corruption, "a reference row's key is too short to name a blob");
  return blob::BlobId(load_be64(row_key.data() + row_key.size() - 8));
}

Result<> add_reference(store::Transaction& tx, const KeyPlace& place, blob::BlobId blob) {
  return tx.put(place.partition, reference_row(place.key, blob), header_only(), {}, record_stamp());
}

Result<> release_reference(store::Transaction& tx, const KeyPlace& place, blob::BlobId blob) {
  DYAD_TRY(tx.erase(place.partition, reference_row(place.key, blob)));
  return tx.put(place.partition, released_row(place.key, blob), header_only(), {}, record_stamp());
}

Task<Result<>> rehome_released_rows(store::Transaction& tx, const TableDescriptor& table) {
  std::size_t moved = 0;
  for (std::size_t i = 0; i < table.partitions.size(); ++i) {
    for (const RowKind kind : {RowKind::released, RowKind::reference}) {
      store::ScanRange range;
      range.begin = std::string(1, static_cast<char>(kind));
      range.end = prefix_end(range.begin);
      while (true) {
        const store::ScanLimits limits;
        DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                           co_await tx.scan(table.partitions[i].partition, range, limits));
        moved += page.size();
        if (moved > kMaxRehomedRows)
          co_return fail(ErrorCode::too_large, "more than " + std::to_string(kMaxRehomedRows) +
                                                   " rows that name bytes are left in the table");
        // A key ends in the blob's id, so rows of different tables never meet.
        for (std::size_t row = 0; row < page.size(); ++row) {
          std::string key(page[row].key);
          key.front() = static_cast<char>(RowKind::released);
          DYAD_CO_TRY(
              tx.put(store::kCatalogPartition, std::move(key), header_only(), {}, record_stamp()));
        }
        if (!page.next) break;
        range = *page.next;
      }
    }
  }
  co_return Result<>();
}

std::string encode_owner(const BlobOwner& owner) {
  std::string out;
  append_varint(out, owner.table.value());
  append_prefixed(out, owner.table_name);
  append_prefixed(out, owner.key);
  return out;
}

Result<BlobOwner> decode_owner(std::string_view bytes) {
  ByteReader reader(bytes);
  BlobOwner owner;
  owner.table = TableId(reader.varint());
  owner.table_name = reader.prefixed();
  owner.key = reader.prefixed();
  if (!reader.ok() || !reader.at_end())
    return fail(ErrorCode::corruption, "a blob does not say whose it is");
  return owner;
}

}  // namespace dyad::table
