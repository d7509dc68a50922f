#include "sample_data.h"

#include <fmt/format.h>

#include "base/decimal.h"
#include "base/random.h"
#include "table/item_builder.h"

namespace dyad::bench {

std::string item_key(std::uint64_t number) {
  return fmt::format("item-{:010}", number);
}

std::string object_key(std::uint64_t number) {
  return fmt::format("photos/{:04}/{:010}.jpg", number % kOwners, number);
}

std::string owner_of(std::uint64_t number) {
  return fmt::format("user-{:04}", number % kOwners);
}

std::int64_t created_of(std::uint64_t number) {
  // Trailing zeros would not count in DynamoDB's size of a number.
  return 1'700'000'000'001 + 10 * static_cast<std::int64_t>(number);
}

TextPool::TextPool() : text_(kBytes, ' ') {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
  SeededRandom random(20);
  random.fill({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  for (char& c : text_) c = letters[static_cast<unsigned char>(c) % letters.size()];
}

table::Item make_item(std::uint64_t number, std::string_view payload) {
  return table::ItemBuilder()
      .number("created", Decimal(created_of(number)))
      .string("id", item_key(number))
      .string("owner", owner_of(number))
      .string("payload", payload)
      .build();
}

table::TableSpec item_table(bool indexed) {
  table::TableSpec spec;
  spec.name = std::string(indexed ? kIndexedTableName : kTableName);
  spec.keys.hash = {"id", table::Type::string};
  if (!indexed) return spec;
  table::IndexDescriptor index;
  index.name = std::string(kIndexName);
  index.keys.hash = {"owner", table::Type::string};
  index.keys.range = table::KeyAttribute{"created", table::Type::number};
  spec.indexes.push_back(std::move(index));
  return spec;
}

}  // namespace dyad::bench
