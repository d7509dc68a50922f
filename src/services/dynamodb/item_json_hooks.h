#pragma once

#include <cstdint>

#include "protocol/json_codec.h"
#include "protocol/operation.h"
#include "table/item_builder.h"

namespace dyad::dynamodb {

/// How JsonCodec reads and writes items and attribute values. Keeps scratch memory: one for each
/// thread that parses, outliving the codecs made from it.
class ItemJsonHooks {
 public:
  ItemJsonHooks() = default;
  ItemJsonHooks(const ItemJsonHooks&) = delete;
  ItemJsonHooks& operator=(const ItemJsonHooks&) = delete;

  /// For requests of this operation: single-item writes put an envelope around what they say of
  /// values, and some operations word bad numbers and repeated members in a newer way. Cheap; a
  /// JsonCodec may be made of it for each request.
  protocol::JsonCodec::Hooks hooks(const protocol::Operation& operation);
  /// For answers, and wherever the operation is not known.
  protocol::JsonCodec::Hooks hooks();

 private:
  /// How an operation words what is wrong with a value.
  enum class Wording : std::uint8_t {
    older,      ///< Scan, BatchWriteItem and transactions.
    newer,      ///< GetItem, BatchGetItem and Query: bad numbers and repeated members with nothing
                ///< around them.
    enveloped,  ///< Single-item writes: as the newer one, in the envelope.
  };

  template <class T>
  class Hook final : public protocol::ProvidedJson {
   public:
    Hook(table::ValueWriter& writer, Wording wording) : writer_(writer), wording_(wording) {}
    Result<> read(const simdjson::dom::element& in, const protocol::ProvidedPlace& place,
                  void* out) override;
    void write(const void* value, std::string& out) const override;

   private:
    table::ValueWriter& writer_;
    const Wording wording_;
  };

  table::ValueWriter writer_;
  Hook<table::Item> item_{writer_, Wording::older};
  Hook<table::Value> value_{writer_, Wording::older};
  Hook<table::Item> newer_item_{writer_, Wording::newer};
  Hook<table::Value> newer_value_{writer_, Wording::newer};
  Hook<table::Item> enveloped_item_{writer_, Wording::enveloped};
  Hook<table::Value> enveloped_value_{writer_, Wording::enveloped};
};

}  // namespace dyad::dynamodb
