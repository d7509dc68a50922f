#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "table/item.h"
#include "table/item_builder.h"

// simdjson's header is heavy; whoever parses includes it.
namespace simdjson::dom {
class element;
}

namespace dyad::dynamodb {

/// Which of DynamoDB's errors it is. A serialization error anywhere in a request comes before every
/// validation error.
enum class JsonFaultKind : std::uint8_t {
  serialization,  ///< SerializationException: JSON of the wrong shape.
  validation,     ///< ValidationException: the shape is right, the value is not allowed.
};

/// DynamoDB's sentence, without what an operation puts around it ("ExpressionAttributeValues
/// contains invalid value: ... for key :v").
struct JsonFault {
  JsonFaultKind kind;
  std::string message;
  /// For a bad number, a member given twice or too deep a nesting: what the operations say that
  /// have moved to DynamoDB's newer checks, with nothing around it. Empty where both say the same.
  std::string newer_message = {};
};

/// Reads an AttributeValue, an object as {"S": "text"}, into `writer`, on the given level of
/// nesting (table::kMaxNestingDepth). One pass, no tree between. After a fault the writer must be
/// cleared.
std::expected<void, JsonFault> read_attribute_value(const simdjson::dom::element& json,
                                                    table::ValueWriter& writer, int level = 1);

/// Reads a map of attributes, {"name": {"S": "text"}, ...}, as an item or a key. The item's size is
/// not checked (table::check_item_limits; a key may not have one), its nesting is. `writer` is
/// scratch memory, best reused: empty before and after.
std::expected<table::Item, JsonFault> read_item(const simdjson::dom::element& json,
                                                table::ValueWriter& writer);

/// Reads one AttributeValue by itself, as read_item does.
std::expected<table::Value, JsonFault> read_value(const simdjson::dom::element& json,
                                                  table::ValueWriter& writer);

/// Appends {"S":"text"}.
void append_attribute_value(std::string& out, table::ValueView value);
/// Appends {"name":{"S":"text"},...}, names in byte order.
void append_item(std::string& out, table::ItemView item);

}  // namespace dyad::dynamodb
