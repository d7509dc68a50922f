#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/descriptor.h"
#include "table/item.h"

namespace dyad::table {

// How key attribute values become bytes that sort as DynamoDB sorts them: strings by their UTF-8
// bytes, numbers by value, binaries by unsigned bytes. On disk; described in docs/formats-items.md,
// "Keys".
//
// A row's key, without its kind byte:
//   table, hashed:       be64 hash64(hash) | hash | [range]
//   table, ordered:      the range value's own bytes
//   global index:        be64 hash64(index hash) | index hash | [index range] | base hash | [base
//   range] local index:         be64 hash64(hash) | hash | index range | base range
// where each value is in the encoding of append_key_value.

/// Sizes that DynamoDB allows for key values: UTF-8 or raw bytes; a number always fits.
constexpr std::size_t kMaxHashKeyBytes = 2048;
constexpr std::size_t kMaxRangeKeyBytes = 1024;

/// Appends the encoding of a string, number or binary (DYAD_CHECK). It ends itself: no encoding is
/// a prefix of another one of its type, so what follows decides only between equal values.
void append_key_value(std::string& out, ValueView value);
/// Appends what the encodings of all values that begin with `prefix`, a string or binary, begin
/// with: with prefix_end it is a range of bytes.
void append_key_prefix(std::string& out, ValueView prefix);
/// Takes an encoded value of the type from the front of `bytes`. corruption: not one.
Result<Value> read_key_value(std::string_view& bytes, Type type);

/// A range value as it stands in the keys of a table or index: with `ordered`, raw bytes.
void append_range_value(std::string& out, ValueView value, bool ordered);
void append_range_prefix(std::string& out, ValueView prefix, bool ordered);

/// XXH3 of the encoded hash key (append_key_value's bytes), seed 0: its result is fixed by its
/// specification since 0.8.0, it spreads short keys evenly and takes few nanoseconds. It places
/// rows and is no defence: a client that wants all its rows in one partition can have that with one
/// hash key as well.
std::uint64_t hash64(std::string_view encoded_hash_key);
/// be64 hash64 | hash: what all keys of one hash key value begin with, in hashed tables and in
/// indexes.
void append_hash_prefix(std::string& out, ValueView hash);

/// Key values as they were encoded.
struct DecodedKey {
  std::optional<Value> hash;  ///< None in an ordered table: its rows do not repeat it.
  std::optional<Value> range;
};
/// Of a table's row. corruption: not a key of this schema.
Result<DecodedKey> decode_table_key(std::string_view key, Placement placement,
                                    const KeySchema& keys);
/// Of a global index's row: the index's own key and the key of the row in the table.
struct DecodedIndexKey {
  DecodedKey index;
  DecodedKey base;
};
Result<DecodedIndexKey> decode_index_key(std::string_view key, const KeySchema& index_keys,
                                         const KeySchema& base_keys);

/// May the value be the hash (or range) key? invalid_argument: an empty one or one over the limit,
/// in DynamoDB's words; the attribute's type is the caller's to check.
Result<> check_key_value(const KeyAttribute& attribute, ValueView value, bool is_hash);

}  // namespace dyad::table
