#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "blob/blob_store.h"
#include "table/tables.h"

namespace dyad::proof {

// Objects on the table floor, without HTTP: the steps that PutObject and GetObject take.

table::TableSpec bucket_spec(const std::string& bucket);
table::PrimaryKey object_key(const table::TableDescriptor& bucket, const std::string& key);

struct PutObject {
  table::TableRef bucket;
  std::string key;
  std::string body;
  std::size_t inline_limit_bytes = 4096;  ///< Larger bodies are blobs.
  bool if_none_match = false;             ///< failed_condition: the object is there.
};
/// Beside it go `more` writes, all or none.
Task<Result<store::Commit>> put_object(table::Tables& tables, blob::BlobStore& blobs, PutObject put,
                                       std::vector<table::RowWrite> more = {});
table::RowWrite erase_object(table::TableRef bucket, const std::string& key);
/// None: there is no such object.
Task<Result<std::optional<std::string>>> read_object(table::Tables& tables, blob::BlobStore& blobs,
                                                     table::TableRef bucket, std::string key);

}  // namespace dyad::proof
