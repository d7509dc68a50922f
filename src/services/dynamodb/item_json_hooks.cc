#include "services/dynamodb/item_json_hooks.h"

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/attribute_value_json.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using protocol::ProvidedPlace;
using protocol::ProvidedType;

constexpr std::string_view kNullMustBeTrue =
    "Null attribute value types must have the value of true";
constexpr std::string_view kSupplied = "Supplied AttributeValue";

/// Faults that a starting key reports without naming itself, as dynalite recorded them.
bool stands_alone_in_start_key(std::string_view message) {
  for (const std::string_view part : {"contains duplicates", "number set", "numeric value",
                                      "significant digits", "number with magnitude"}) {
    if (message.find(part) != std::string_view::npos) return true;
  }
  return false;
}

/// DynamoDB's words around the sentence, by where the value stands. The rules are those of answers
/// recorded from the service: {"NULL": false} is said alike everywhere; of other values the
/// placeholder is named; what is wrong in a Key, and a value of no type or of several, is never
/// put in the envelope.
Error value_error(const ProvidedPlace& place, std::string message, bool envelope) {
  const bool wrong_null = message.find(kNullMustBeTrue) != std::string::npos;
  if (place.member == "ExpressionAttributeValues" && !wrong_null) {
    message = "ExpressionAttributeValues contains invalid value: " + message + " for key " +
              std::string(place.key);
  } else if (place.member == "ExclusiveStartKey" && !stands_alone_in_start_key(message)) {
    message.insert(0, "The provided starting key is invalid: ");
  } else if (!wrong_null && (place.member == "Key" || message.starts_with(kSupplied))) {
    envelope = false;
  }
  return envelope ? enveloped(std::move(message)) : validation(std::move(message));
}

/// The newer checks say a bad number or a repeated member alike wherever it stands, in a Key too;
/// so all four regions that were asked answered in October 2026.
Error fault_error(const ProvidedPlace& place, JsonFault fault, bool newer, bool envelope) {
  if (fault.kind == JsonFaultKind::serialization) {
    return protocol::service_error(api::dynamodb::errors::kSerializationException,
                                   std::move(fault.message));
  }
  if (newer && !fault.newer_message.empty())
    return envelope ? enveloped(std::move(fault.newer_message))
                    : validation(std::move(fault.newer_message));
  return value_error(place, std::move(fault.message), envelope);
}

}  // namespace

template <class T>
Result<> ItemJsonHooks::Hook<T>::read(const simdjson::dom::element& in, const ProvidedPlace& place,
                                      void* out) {
  constexpr bool kIsItem = std::is_same_v<T, table::Item>;
  auto read = [&] {
    if constexpr (kIsItem) {
      return read_item(in, writer_);
    } else {
      return read_value(in, writer_);
    }
  }();
  if (!read) {
    writer_.clear();
    return fail(fault_error(place, std::move(read).error(), wording_ != Wording::older,
                            wording_ == Wording::enveloped));
  }
  *static_cast<T*>(out) = *std::move(read);
  return {};
}

template <class T>
void ItemJsonHooks::Hook<T>::write(const void* value, std::string& out) const {
  const T& provided = *static_cast<const T*>(value);
  if constexpr (std::is_same_v<T, table::Item>) {
    append_item(out, provided.view());
  } else {
    append_attribute_value(out, provided.view());
  }
}

template class ItemJsonHooks::Hook<table::Item>;
template class ItemJsonHooks::Hook<table::Value>;

protocol::JsonCodec::Hooks ItemJsonHooks::hooks(const protocol::Operation& operation) {
  const std::string_view name = operation.name;
  const bool envelope = name == "PutItem" || name == "UpdateItem" || name == "DeleteItem";
  const bool newer = name == "GetItem" || name == "BatchGetItem" || name == "Query";
  if (!envelope && !newer) return hooks();
  protocol::JsonCodec::Hooks hooks{};
  hooks[static_cast<std::size_t>(ProvidedType::dynamodb_item)] =
      envelope ? &enveloped_item_ : &newer_item_;
  hooks[static_cast<std::size_t>(ProvidedType::dynamodb_value)] =
      envelope ? &enveloped_value_ : &newer_value_;
  return hooks;
}

protocol::JsonCodec::Hooks ItemJsonHooks::hooks() {
  protocol::JsonCodec::Hooks hooks{};
  hooks[static_cast<std::size_t>(ProvidedType::dynamodb_item)] = &item_;
  hooks[static_cast<std::size_t>(ProvidedType::dynamodb_value)] = &value_;
  return hooks;
}

}  // namespace dyad::dynamodb
