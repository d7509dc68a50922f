#include "table/key_encoding.h"

#include "base/bytes.h"
#include "base/check.h"
#include "table/utf8.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace dyad::table {
namespace {

// In strings and binaries a zero byte is 00 ff, and 00 01 ends the value: smaller than any
// continuation.
constexpr std::string_view kZero("\x00\xff", 2);
constexpr std::string_view kEnd("\x00\x01", 2);

void append_escaped(std::string& out, std::string_view bytes) {
  while (true) {
    const std::size_t zero = bytes.find('\0');
    out.append(bytes.substr(0, zero));
    if (zero == std::string_view::npos) return;
    out.append(kZero);
    bytes.remove_prefix(zero + 1);
  }
}

std::string_view content(ValueView value) {
  return value.type() == Type::string ? value.as_string() : value.as_binary();
}

Error damaged(std::string_view what) {
  return Error(ErrorCode::corruption, "key encoding: " + std::string(what));
}

Result<Value> read_escaped(std::string_view& bytes, Type type) {
  std::string raw;
  std::string_view rest = bytes;
  while (true) {
    const std::size_t zero = rest.find('\0');
    if (zero == std::string_view::npos || zero + 1 >= rest.size())
      return damaged("a value without an end");
    raw.append(rest.substr(0, zero));
    const std::string_view mark = rest.substr(zero, 2);
    rest.remove_prefix(zero + 2);
    if (mark == kEnd) break;
    if (mark != kZero) return damaged("an unknown escape");
    raw.push_back('\0');
  }
  bytes = rest;
  if (type == Type::binary) return Value::binary(raw);
  if (!is_utf8(raw)) return damaged("a string that is not UTF-8");
  return Value::string(raw);
}

Result<DecodedKey> read_pair(std::string_view& bytes, const KeySchema& keys) {
  DecodedKey decoded;
  DYAD_TRY_ASSIGN(decoded.hash, read_key_value(bytes, keys.hash.type));
  if (keys.range) {
    DYAD_TRY_ASSIGN(decoded.range, read_key_value(bytes, keys.range->type));
  }
  return decoded;
}

// The pair behind its hash, which must be the pair's.
Result<DecodedKey> read_hashed(std::string_view& bytes, const KeySchema& keys) {
  if (bytes.size() < sizeof(std::uint64_t)) return damaged("a key without its hash");
  const std::uint64_t hash = load_be64(bytes.data());
  bytes.remove_prefix(sizeof hash);
  const char* const begin = bytes.data();
  std::string_view after_hash = bytes;
  DYAD_TRY(read_key_value(after_hash, keys.hash.type));
  if (hash64({begin, static_cast<std::size_t>(after_hash.data() - begin)}) != hash)
    return damaged("a hash that is not its key's");
  return read_pair(bytes, keys);
}

}  // namespace

void append_key_value(std::string& out, ValueView value) {
  if (value.type() == Type::number) {
    // A stored number is in its key encoding already.
    out.append(value.as_number_key());
    return;
  }
  append_escaped(out, content(value));
  out.append(kEnd);
}

void append_key_prefix(std::string& out, ValueView prefix) {
  append_escaped(out, content(prefix));
}

Result<Value> read_key_value(std::string_view& bytes, Type type) {
  if (type != Type::number) {
    DYAD_CHECK(type == Type::string || type == Type::binary);
    return read_escaped(bytes, type);
  }
  Decimal number;
  if (!Decimal::read_key(bytes, number)) return damaged("no number");
  return Value::number(number);
}

void append_range_value(std::string& out, ValueView value, bool ordered) {
  if (ordered) {
    out.append(content(value));
  } else {
    append_key_value(out, value);
  }
}

void append_range_prefix(std::string& out, ValueView prefix, bool ordered) {
  if (ordered) {
    out.append(content(prefix));
  } else {
    append_key_prefix(out, prefix);
  }
}

std::uint64_t hash64(std::string_view encoded_hash_key) {
  return XXH3_64bits(encoded_hash_key.data(), encoded_hash_key.size());
}

void append_hash_prefix(std::string& out, ValueView hash) {
  const std::size_t at = out.size();
  out.append(sizeof(std::uint64_t), '\0');
  append_key_value(out, hash);
  store_be64(out.data() + at, hash64(std::string_view(out).substr(at + sizeof(std::uint64_t))));
}

Result<DecodedKey> decode_table_key(std::string_view key, Placement placement,
                                    const KeySchema& keys) {
  DecodedKey decoded;
  if (placement == Placement::ordered) {
    DYAD_CHECK(keys.range && keys.range->type != Type::number);
    if (keys.range->type == Type::string && !is_utf8(key))
      return damaged("a string that is not UTF-8");
    decoded.range = keys.range->type == Type::string ? Value::string(key) : Value::binary(key);
    return decoded;
  }
  DYAD_TRY_ASSIGN(decoded, read_hashed(key, keys));
  if (!key.empty()) return damaged("bytes behind the key");
  return decoded;
}

Result<DecodedIndexKey> decode_index_key(std::string_view key, const KeySchema& index_keys,
                                         const KeySchema& base_keys) {
  DecodedIndexKey decoded;
  DYAD_TRY_ASSIGN(decoded.index, read_hashed(key, index_keys));
  DYAD_TRY_ASSIGN(decoded.base, read_pair(key, base_keys));
  if (!key.empty()) return damaged("bytes behind the key");
  return decoded;
}

Result<> check_key_value(const KeyAttribute& attribute, ValueView value, bool is_hash) {
  if (value.type() == Type::number) return {};
  const std::size_t size = content(value).size();
  if (size == 0) {
    const std::string_view kind = value.type() == Type::string ? "string" : "binary";
    return fail(
        ErrorCode::invalid_argument,
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty " +
            std::string(kind) + " value. Key: " + attribute.name);
  }
  // The missing space is DynamoDB's.
  if (is_hash && size > kMaxHashKeyBytes)
    return fail(
        ErrorCode::invalid_argument,
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
        "size limit of2048 bytes");
  if (!is_hash && size > kMaxRangeKeyBytes)
    return fail(ErrorCode::invalid_argument,
                "One or more parameter values were invalid: Aggregated size of all range keys has "
                "exceeded the size limit of 1024 bytes");
  return {};
}

}  // namespace dyad::table
