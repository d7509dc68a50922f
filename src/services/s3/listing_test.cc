// Listings against a plain map: random keys, prefixes, delimiters and page sizes.

#include <map>
#include <random>

#include "runtime/seed_scope.h"
#include "services/s3/list_encoding.h"
#include "services/s3/list_position.h"
#include "services/s3/test_server.h"

namespace dyad::s3 {
namespace {

using Names = std::vector<std::string>;

/// What a listing tells, by the rules, from all keys.
Names expected_listing(const std::map<std::string, int>& keys, const std::string& prefix,
                       const std::string& delimiter, const std::string& start_after) {
  Names names;
  for (const auto& [key, size] : keys) {
    if (!key.starts_with(prefix)) continue;
    std::string name = key;
    const std::size_t at =
        delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    if (at != std::string::npos) name = key.substr(0, at + delimiter.size()) + "|";
    const std::string bare = at == std::string::npos ? name : name.substr(0, name.size() - 1);
    if (!start_after.empty() && bare <= start_after) continue;
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

/// One page of the older listing.
Result<model::ListObjectsOutput> list_v1(TestServer& server, model::ListObjectsInput input) {
  api::RequestContext context = server.context();
  return server.run(list_objects(server.service(), context, input));
}

/// Names of a page of either listing, merged; common prefixes end in '|'.
template <class Page>
std::map<std::string, std::string> merged_names(const Page& page) {
  std::map<std::string, std::string> merged;
  for (const model::Object& object : page.contents) merged[object.key] = object.key;
  for (const model::CommonPrefix& group : page.common_prefixes)
    merged[group.prefix] = group.prefix + "|";
  return merged;
}

/// All pages of the older listing, by markers as clients make them.
Names list_all_v1(TestServer& server, model::ListObjectsInput input, std::int32_t page_size) {
  Names names;
  input.max_keys = page_size;
  for (int pages = 0; pages < 500; ++pages) {
    const auto page = list_v1(server, input);
    EXPECT_TRUE(page) << page.error().to_string();
    if (!page) return names;
    const auto merged = merged_names(*page);
    for (const auto& [name, told] : merged) names.push_back(told);
    const bool delimited = !input.delimiter.value_or("").empty();
    EXPECT_EQ(page->next_marker.has_value(), page->is_truncated && delimited);
    if (!page->is_truncated) return names;
    EXPECT_EQ(static_cast<std::int32_t>(merged.size()), page_size);
    input.marker = delimited ? page->next_marker : page->contents.back().key;
  }
  ADD_FAILURE() << "the listing never ends";
  return names;
}

/// All pages, merged by name; common prefixes end in '|'.
Names list_all(TestServer& server, model::ListObjectsV2Input input, std::int32_t page_size) {
  Names names;
  input.max_keys = page_size;
  for (int pages = 0; pages < 500; ++pages) {
    const auto page = server.run(server.list_task(input));
    EXPECT_TRUE(page) << page.error().to_string();
    if (!page) return names;
    const auto merged = merged_names(*page);
    EXPECT_EQ(page->key_count, static_cast<std::int32_t>(merged.size()));
    EXPECT_LE(page->key_count, page_size);
    for (const auto& [name, told] : merged) names.push_back(told);
    EXPECT_EQ(page->is_truncated, page->next_continuation_token.has_value());
    if (!page->is_truncated) return names;
    EXPECT_EQ(page->key_count, page_size) << "a page with more behind it is full";
    input.continuation_token = page->next_continuation_token;
  }
  ADD_FAILURE() << "the listing never ends";
  return names;
}

TEST(ListingTest, ModelOfRandomKeysPrefixesAndDelimiters) {
  // Pieces that meet: delimiters of one and of several bytes, a piece of one, high characters.
  const Names pieces = {"a", "b", "/", "//", "é", "€", "ab", "-", "\xf0\x9f\x98\x80", "z"};
  const Names delimiters = {"", "/", "//", "é", "€", "ab", "-/"};
  for (const std::uint64_t seed : test_seeds(8)) {
    const SeedScope scope(seed);
    std::minstd_rand random(static_cast<unsigned>(seed));
    const auto text = [&](int most) {
      std::string made;
      for (int i = static_cast<int>(random() % (most + 1)); i > 0; --i)
        made += pieces[random() % pieces.size()];
      return made;
    };
    TestServer::Options options;
    options.seed = seed;
    options.hostile = seed % 2 == 0;
    TestServer server(options);
    server.make_bucket();
    std::map<std::string, int> keys;
    while (keys.size() < 60) {
      const std::string key = text(6);
      if (key.empty() || !keys.emplace(key, 1).second) continue;
      ASSERT_TRUE(server.put(key, "x"));
    }
    if (seed % 3 == 0) {
      const auto split = server.run(
          server.tables().split("s3." + std::string(kTestBucket), "", "a/", Deadline::never()));
      ASSERT_TRUE(split) << split.error().to_string();
    }
    for (int i = 0; i < 40; ++i) {
      model::ListObjectsV2Input input;
      input.bucket = kTestBucket;
      input.prefix = text(2);
      input.delimiter = delimiters[random() % delimiters.size()];
      if (random() % 2 == 0) input.start_after = text(3);
      const std::int32_t page_size = 1 + static_cast<std::int32_t>(random() % 20);
      const Names expected =
          expected_listing(keys, *input.prefix, *input.delimiter, input.start_after.value_or(""));
      EXPECT_EQ(list_all(server, input, page_size), expected)
          << "prefix " << *input.prefix << " delimiter " << *input.delimiter << " after "
          << input.start_after.value_or("");
      model::ListObjectsInput older;
      older.bucket = kTestBucket;
      older.prefix = input.prefix;
      older.delimiter = input.delimiter;
      older.marker = input.start_after;
      EXPECT_EQ(list_all_v1(server, older, page_size), expected);
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// Counts rows that scans give away.
TEST(ListingTest, KeysBelowACommonPrefixAreNotWalked) {
  TestServer server;
  server.make_bucket();
  const auto fill = [&]() -> Task<void> {
    for (const char group : {'a', 'b', 'c'}) {
      for (int i = 0; i < 1500; ++i) {
        const std::string key = std::string(1, group) + "/" + std::to_string(i);
        const auto put = co_await server.put_task(TestServer::put_input(key), "x");
        EXPECT_TRUE(put);
      }
    }
  };
  server.run(fill());
  model::ListObjectsV2Input input;
  input.bucket = kTestBucket;
  input.delimiter = "/";
  const std::uint64_t steps = server.simulation().steps();
  const auto page = server.run(server.list_task(input));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->common_prefixes.size(), 3u);
  EXPECT_EQ(page->key_count, 3);
  EXPECT_FALSE(page->is_truncated);
  // Four reads; 4,500 rows would be at least five full pages of a store, and this is far less.
  EXPECT_LT(server.simulation().steps() - steps, 40u);
}

TEST(ListingTest, WhatIsAskedIsToldAgain) {
  TestServer server;
  server.make_bucket();
  ASSERT_TRUE(server.put("a b/c+d(é).txt", "x"));
  model::ListObjectsV2Input input;
  input.bucket = kTestBucket;
  input.encoding_type = "url";
  input.prefix = "a b/";
  input.fetch_owner = true;
  input.max_keys = 5000;
  const auto page = server.run(server.list_task(input));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->contents.size(), 1u);
  EXPECT_EQ(page->contents[0].key, "a+b/c%2Bd%28%C3%A9%29.txt");
  EXPECT_EQ(page->prefix, "a+b/");
  EXPECT_EQ(page->max_keys, 1000) << "more is asked for than S3 gives";
  EXPECT_EQ(page->contents[0].owner->id->size(), 64u);
  EXPECT_EQ(page->contents[0].checksum_algorithm, std::vector<std::string>{"CRC64NVME"});
  EXPECT_EQ(page->contents[0].storage_class, "STANDARD");
  input.max_keys = 0;
  const auto none = server.run(server.list_task(input));
  EXPECT_EQ(none->key_count, 0);
  EXPECT_FALSE(none->is_truncated);
  input.bucket = "absent";
  EXPECT_EQ(code_of(server.run(server.list_task(input))), "NoSuchBucket");
}

TEST(ListingTest, TheOlderListingTellsOwnersAndMarkers) {
  TestServer server;
  server.make_bucket();
  for (const char* key : {"folder/a b/1", "folder/a b/2", "folder/file1", "folder/file2"})
    ASSERT_TRUE(server.put(key, "x"));
  model::ListObjectsInput input;
  input.bucket = kTestBucket;
  const auto all = list_v1(server, input);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->contents.size(), 4u);
  EXPECT_EQ(all->prefix, "");
  EXPECT_EQ(all->marker, "");
  EXPECT_FALSE(all->delimiter);
  EXPECT_FALSE(all->next_marker);
  EXPECT_EQ(all->max_keys, 1000);
  EXPECT_EQ(all->contents[0].owner->id->size(), 64u);
  EXPECT_EQ(all->contents[0].checksum_type, "FULL_OBJECT");

  input.max_keys = 1;
  const auto first = list_v1(server, input);
  EXPECT_TRUE(first->is_truncated);
  EXPECT_FALSE(first->next_marker) << "without a delimiter the last key says where to go on";

  input.prefix = "folder/";
  input.delimiter = "/";
  input.encoding_type = "url";
  const auto group = list_v1(server, input);
  ASSERT_EQ(group->common_prefixes.size(), 1u);
  EXPECT_EQ(group->common_prefixes[0].prefix, "folder/a+b/");
  EXPECT_EQ(group->next_marker, "folder/a+b/");
  // A marker inside a common prefix that sorts before it: the prefix was told.
  input.marker = "folder/a b/1";
  const auto behind = list_v1(server, input);
  ASSERT_EQ(behind->contents.size(), 1u);
  EXPECT_EQ(behind->contents[0].key, "folder/file1");
  EXPECT_EQ(behind->next_marker, "folder/file1");
  EXPECT_EQ(behind->marker, "folder/a+b/1");
  input.max_keys = 0;
  EXPECT_FALSE(list_v1(server, input)->is_truncated);
  input.encoding_type = "base64";
  EXPECT_EQ(field_of(list_v1(server, input), "ArgumentName"), "encoding-type");
  input.encoding_type.reset();
  input.delimiter = "\xff";
  EXPECT_EQ(code_of(list_v1(server, input)), "InvalidURI");
  input.delimiter.reset();
  input.bucket = "absent";
  EXPECT_EQ(code_of(list_v1(server, input)), "NoSuchBucket");
}

TEST(ListingTest, ATokenTakesThePlaceOfStartAfter) {
  TestServer server;
  server.make_bucket();
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(server.put(key, "x"));
  model::ListObjectsV2Input input;
  input.bucket = kTestBucket;
  input.max_keys = 1;
  input.start_after = "a";
  const auto first = server.run(server.list_task(input));
  EXPECT_EQ(first->start_after, "a");
  EXPECT_EQ(first->contents.at(0).key, "b");
  input.continuation_token = first->next_continuation_token;
  const auto second = server.run(server.list_task(input));
  EXPECT_FALSE(second->start_after);
  EXPECT_EQ(second->contents.at(0).key, "c");
  EXPECT_FALSE(second->is_truncated);
}

TEST(ListPositionTest, TokensAreChecked) {
  const std::string token = make_continuation_token(TokenKind::objects, "a/\xff");
  EXPECT_EQ(*parse_continuation_token(TokenKind::objects, token), "a/\xff");
  EXPECT_EQ(code_of(parse_continuation_token(TokenKind::buckets, token)), "InvalidArgument");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(parse_continuation_token(TokenKind::objects, changed)) << i;
  }
  for (const std::string_view bad : {"", "AAAA", "not base64", "garbage="})
    EXPECT_EQ(code_of(parse_continuation_token(TokenKind::objects, bad)), "InvalidArgument");
}

}  // namespace
}  // namespace dyad::s3
