#pragma once

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
  /// values. Cheap; a JsonCodec may be made of it for each request.
  protocol::JsonCodec::Hooks hooks(const protocol::Operation& operation);
  /// For answers, and wherever the operation is not known.
  protocol::JsonCodec::Hooks hooks();

 private:
  template <class T>
  class Hook final : public protocol::ProvidedJson {
   public:
    Hook(table::ValueWriter& writer, bool envelope) : writer_(writer), envelope_(envelope) {}
    Result<> read(const simdjson::dom::element& in, const protocol::ProvidedPlace& place,
                  void* out) override;
    void write(const void* value, std::string& out) const override;

   private:
    table::ValueWriter& writer_;
    const bool envelope_;
  };

  table::ValueWriter writer_;
  Hook<table::Item> item_{writer_, false};
  Hook<table::Value> value_{writer_, false};
  Hook<table::Item> enveloped_item_{writer_, true};
  Hook<table::Value> enveloped_value_{writer_, true};
};

}  // namespace dyad::dynamodb
