#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "table/item.h"
#include "table/tables.h"

namespace dyad::bench {

// What is written and read, over HTTP and in the engine alike, so that the figures compare. Keys
// are numbered 0..key_count; everything about an item follows from its number, the payload
// excepted, which is new with each write.

/// DynamoDB's size of an item, names included.
constexpr std::size_t kItemBytes = 1024;
constexpr std::size_t kObjectBytes = 4096;

constexpr std::string_view kTableName = "bench-items";
constexpr std::string_view kIndexedTableName = "bench-items-indexed";
constexpr std::string_view kIndexName = "by-owner";
constexpr std::string_view kStreamedTableName = "bench-items-streamed";
constexpr std::string_view kPageTableName = "bench-pages";
constexpr std::string_view kBucketName = "bench-objects";
constexpr std::string_view kListedBucketName = "bench-listed";
constexpr std::string_view kDeletedBucketName = "bench-deleted";
constexpr std::string_view kLargeBucketName = "bench-large";

// The attributes: `id` (S, hash key), `owner` (S) and `created` (N), the index's keys, `payload`
// (S).
constexpr std::uint32_t kOwners = 1000;
constexpr std::size_t kKeyDigits = 10;
constexpr std::size_t kPayloadBytes = 971;

// Of the table of pages: hash key `id` (S), range key `n` (N, 100 to 199), `payload` (S).
constexpr std::uint64_t kPageItems = 100;
constexpr std::size_t kPageItemBytes = 200;
constexpr std::uint64_t kBatchItems = 25;
/// Listed keys that share a prefix before the delimiter.
constexpr std::uint64_t kKeysOfPrefix = 10;

std::string item_key(std::uint64_t number);    ///< "item-0000000042".
std::string object_key(std::uint64_t number);  ///< "photos/0042/0000000042.jpg".
std::string owner_of(std::uint64_t number);    ///< "user-0042".
std::int64_t created_of(std::uint64_t number);

/// Text to cut payloads from: any kPayloadBytes, or kObjectBytes, of it. Same at each run,
/// printable, compresses little.
class TextPool {
 public:
  static constexpr std::size_t kBytes = 1u << 20;
  TextPool();
  std::string_view cut(std::uint64_t random, std::size_t bytes) const {
    return std::string_view(text_).substr(random % (kBytes - bytes), bytes);
  }

 private:
  std::string text_;
};

/// The item as the engine keeps it.
table::Item make_item(std::uint64_t number, std::string_view payload);
/// Its table, without or with the one global index.
table::TableSpec item_table(bool indexed);

}  // namespace dyad::bench
