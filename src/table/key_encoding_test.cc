#include "table/key_encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace dyad::table {
namespace {

std::string encoded(const Value& value) {
  std::string key;
  append_key_value(key, value.view());
  return key;
}

std::string random_bytes(Random& random, std::size_t limit) {
  // Few different bytes, so that equal beginnings, zeros and the marks are frequent.
  constexpr std::string_view bytes(
      "\x00\x01\xff\xfe\x02"
      "a",
      6);
  std::string text;
  for (std::size_t n = random.below(limit + 1); n > 0; --n) text.push_back(bytes[random.below(6)]);
  return text;
}

std::string random_text(Random& random, std::size_t limit) {
  constexpr std::string_view pieces[] = {
      std::string_view("\0", 1), "\x01", "a", "b", "\x7f", "\xc3\xa9", "\xef\xbf\xbf",
      "\xf0\x9f\x98\x80"};
  std::string text;
  for (std::size_t n = random.below(limit + 1); n > 0; --n) text += pieces[random.below(8)];
  return text;
}

Decimal random_number(Random& random) {
  const std::string sign = random.below(2) == 0 ? "-" : "";
  const std::string exponent = std::to_string(static_cast<int>(random.below(8)) - 4);
  return *Decimal::parse(sign + std::to_string(random.below(300)) + "e" + exponent);
}

Value random_value(Random& random, Type type) {
  if (type == Type::string) return Value::string(random_text(random, 5));
  if (type == Type::binary) return Value::binary(random_bytes(random, 5));
  return Value::number(random_number(random));
}

// The order that DynamoDB documents, not by way of the encodings.
int model_order(const Value& a, const Value& b) {
  if (a.view().type() == Type::number) {
    const auto order = a.view().as_number() <=> b.view().as_number();
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  const std::string_view x = a.encoded(), y = b.encoded();
  const auto less = [](char p, char q) {
    return static_cast<unsigned char>(p) < static_cast<unsigned char>(q);
  };
  if (std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end(), less)) return -1;
  return x == y ? 0 : 1;
}

int sign(int order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

TEST(KeyEncoding, PairsSortAsTheirValues) {
  constexpr Type types[] = {Type::string, Type::number, Type::binary};
  SeededRandom random(11);
  for (const Type first : types)
    for (const Type second : types)
      for (int round = 0; round < 20000; ++round) {
        const Value a1 = random_value(random, first), b1 = random_value(random, first);
        const Value a2 = random_value(random, second), b2 = random_value(random, second);
        int want = model_order(a1, b1);
        if (want == 0) want = model_order(a2, b2);
        const std::string a = encoded(a1) + encoded(a2), b = encoded(b1) + encoded(b2);
        ASSERT_EQ(sign(a.compare(b)), want) << to_hex(a) << " " << to_hex(b);
        std::string_view rest = a;
        ASSERT_EQ(read_key_value(rest, first)->encoded(), a1.encoded());
        ASSERT_EQ(read_key_value(rest, second)->encoded(), a2.encoded());
        ASSERT_TRUE(rest.empty());
      }
}

TEST(KeyEncoding, BeginsWithIsARange) {
  SeededRandom random(12);
  int inside = 0;
  for (int round = 0; round < 50000; ++round) {
    const std::string text = random_bytes(random, 6), prefix = random_bytes(random, 2);
    for (const bool ordered : {false, true}) {
      std::string key, begin;
      append_range_value(key, Value::binary(text).view(), ordered);
      append_range_prefix(begin, Value::binary(prefix).view(), ordered);
      const std::string end = prefix_end(begin);
      const bool in_range = key >= begin && (end.empty() || key < end);
      ASSERT_EQ(in_range, text.starts_with(prefix)) << to_hex(text) << " " << to_hex(prefix);
      inside += in_range ? 1 : 0;
    }
  }
  EXPECT_GT(inside, 10000);
}

const KeySchema kHashOnly{{"h", Type::string}, std::nullopt};
const KeySchema kBoth{{"h", Type::number}, KeyAttribute{"r", Type::binary}};

TEST(KeyEncoding, TableKeysDecode) {
  std::string key;
  append_hash_prefix(key, Value::number(Decimal(42)).view());
  append_key_value(key, Value::binary(std::string("a\0b", 3)).view());
  const auto decoded = decode_table_key(key, Placement::hashed, kBoth);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->hash->view().as_number(), Decimal(42));
  EXPECT_EQ(decoded->range->view().as_binary(), std::string_view("a\0b", 3));

  for (std::size_t size = 0; size < key.size(); ++size)
    EXPECT_FALSE(decode_table_key(key.substr(0, size), Placement::hashed, kBoth).has_value());
  EXPECT_FALSE(decode_table_key(key + "x", Placement::hashed, kBoth).has_value());
  ++key[3];
  EXPECT_EQ(decode_table_key(key, Placement::hashed, kBoth).error().code, ErrorCode::corruption);
}

TEST(KeyEncoding, OrderedKeysAreTheRawBytes) {
  const KeySchema bucket{{"bucket", Type::string}, KeyAttribute{"key", Type::string}};
  std::string key;
  append_range_value(key, Value::string("photos/2024/\xc3\xa9.jpg").view(), true);
  EXPECT_EQ(key, "photos/2024/\xc3\xa9.jpg");
  const auto decoded = decode_table_key(key, Placement::ordered, bucket);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_FALSE(decoded->hash.has_value());
  EXPECT_EQ(decoded->range->view().as_string(), key);
  EXPECT_FALSE(decode_table_key("\xff", Placement::ordered, bucket).has_value());
}

TEST(KeyEncoding, IndexKeysDecode) {
  std::string key;
  append_hash_prefix(key, Value::string("").view());
  append_key_value(key, Value::number(Decimal(-7)).view());
  append_key_value(key, Value::binary("\xff").view());
  const auto decoded = decode_index_key(key, kHashOnly, kBoth);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->index.hash->view().as_string(), "");
  EXPECT_FALSE(decoded->index.range.has_value());
  EXPECT_EQ(decoded->base.hash->view().as_number(), Decimal(-7));
  EXPECT_EQ(decoded->base.range->view().as_binary(), "\xff");
}

TEST(KeyEncoding, HashesAreOnDiskAndMustNotChange) {
  // XXH3_64bits of no bytes and the prefix of the key "a" (61 00 01).
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  std::string key;
  append_hash_prefix(key, Value::string("a").view());
  EXPECT_EQ(key.size(), 11u);
  EXPECT_EQ(load_be64(key.data()), hash64(std::string_view("a\x00\x01", 3)));
}

TEST(KeyEncoding, HashesSpread) {
  // Numbered keys must not crowd: of 16 equal ranges each gets its share within a tenth.
  std::vector<int> counts(16);
  for (int i = 0; i < 160000; ++i) {
    std::string key;
    append_hash_prefix(key, Value::string("user#" + std::to_string(i)).view());
    ++counts[load_be64(key.data()) >> 60];
  }
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 9000);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 11000);
}

TEST(KeyLimits, EmptyAndLongValues) {
  const KeyAttribute text{"a", Type::string}, bytes{"b", Type::binary};
  EXPECT_TRUE(
      check_key_value(text, Value::string(std::string(2048, 'x')).view(), true).has_value());
  EXPECT_TRUE(
      check_key_value(text, Value::string(std::string(1024, 'x')).view(), false).has_value());
  EXPECT_EQ(
      check_key_value(text, Value::string(std::string(2049, 'x')).view(), true).error().message,
      "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
      "limit of2048 bytes");
  EXPECT_EQ(
      check_key_value(bytes, Value::binary(std::string(1025, 'x')).view(), false).error().message,
      "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
      "the size limit of 1024 bytes");
  EXPECT_EQ(
      check_key_value(text, Value::string("").view(), true).error().message,
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty string value. Key: a");
  EXPECT_EQ(
      check_key_value(bytes, Value::binary("").view(), true).error().message,
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty binary value. Key: b");
  EXPECT_TRUE(
      check_key_value({"n", Type::number}, Value::number(Decimal()).view(), true).has_value());
}

TEST(KeyEncoding, DamagedBytesAreRefusedOrRead) {
  SeededRandom random(13);
  int refused = 0;
  for (int round = 0; round < 50000; ++round) {
    const std::string bytes = random_bytes(random, 30);
    for (const Type type : {Type::string, Type::number, Type::binary}) {
      std::string_view rest = bytes;
      const auto value = read_key_value(rest, type);
      if (!value) {
        ++refused;
        continue;
      }
      // What is accepted is what would be written.
      ASSERT_EQ(encoded(*value), bytes.substr(0, bytes.size() - rest.size()));
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace dyad::table
