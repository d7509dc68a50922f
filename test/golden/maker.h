#pragma once

#include <map>
#include <string>
#include <string_view>

#include "table/read_pins.h"
#include "table/tables.h"
#include "test/golden/data.h"
#include "test/support/s3_calls.h"

namespace dyad::proof {

/// An item or value from DynamoDB's JSON. A text that is none is the caller's bug (DYAD_CHECK).
table::Item item_of(std::string_view json);

/// "id S", "born N", "digest B".
table::KeyAttribute key_attribute(std::string_view text);
table::IndexDescriptor index_of(std::string name, table::IndexDescriptor::Kind kind,
                                std::string_view hash, std::string_view range,
                                table::Projection projection);

/// Writes as the services do, each call one transaction.
class Maker {
 public:
  explicit Maker(GoldenData& data);

  Result<> create(table::TableSpec spec);
  Result<> drop(const std::string& table);
  Result<> put(const std::string& table, const table::Item& item);
  /// `key`: an item that has the key attributes.
  Result<> erase(const std::string& table, const table::Item& key);
  /// At the key of `key`, or where its hash key begins.
  Result<> split(const std::string& table, const table::Item& key, bool at_hash);

  struct Object {
    std::string key;
    std::string body;
    std::map<std::string, std::string> metadata;  ///< Without "x-amz-meta-".
    std::map<std::string, std::string> tags;
  };
  Result<> put_object(const std::string& bucket, const Object& object);
  /// Bytes that are durable and that no commit names.
  Result<> leave_pending(const std::string& bucket, const Object& object);
  Result<> erase_object(const std::string& bucket, const std::string& key);

  /// An upload of these parts, left under way.
  Result<> upload_parts(const std::string& bucket, const std::string& key,
                        const std::vector<std::string>& parts);
  /// The one upload of the key: puts the part, in place of the one of its number.
  Result<> upload_part(const std::string& bucket, const std::string& key, int number,
                       std::string body);
  /// The one upload of the key, with all its parts.
  Result<> complete(const std::string& bucket, const std::string& key);
  Result<> abort(const std::string& bucket, const std::string& key);

  /// To a table that has rows; none of them is in it yet.
  Result<> add_index(const std::string& table, table::IndexDescriptor index);
  /// So many rows more of the indexes that are being built.
  Result<> build_indexes(std::uint32_t rows);

  /// Of each partition of the table: the follower has dealt with everything up to now.
  Result<> set_cursors(const std::string& table, const std::string& follower);
  Result<> trim_logs(const std::string& table);

  GoldenData& data() { return data_; }

 private:
  Result<table::TableRef> find(const std::string& table);

  Result<std::string> the_upload(S3Calls& calls, const std::string& key);

  GoldenData& data_;
  table::ReadPins pins_;
  s3::S3Service service_;
};

}  // namespace dyad::proof
