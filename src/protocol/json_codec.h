#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/json_parser.h"
#include "protocol/shape.h"

namespace dyad::protocol {

/// Where a provided type's value stands, for its messages.
struct ProvidedPlace {
  std::string_view member;  ///< "ExpressionAttributeValues", "Item", "Key".
  std::string_view key;     ///< In a map of provided values: ":v"; empty: not in one.
};

/// Reads and writes one provided type in JSON; implemented by the service that owns the type. Used
/// by one thread at a time, so that it may keep scratch memory.
class ProvidedJson {
 public:
  virtual ~ProvidedJson() = default;
  /// Fills the T at `out`. A service error of the code SerializationException ends the parse at
  /// once; any other is reported only when no constraint of the model is violated, as DynamoDB
  /// does.
  virtual Result<> read(const simdjson::dom::element& in, const ProvidedPlace& place,
                        void* out) = 0;
  virtual void write(const void* value, std::string& out) const = 0;
};

/// The codec of awsJson1_0: JSON objects, whose members are named as in the model. Unknown members
/// of a request are ignored, null stands for absent, of a name given twice the last value counts.
/// Keeps nothing of a message; not thread-safe, since its hooks need not be.
class JsonCodec {
 public:
  using Hooks = std::array<ProvidedJson*, kProvidedTypeCount>;  ///< By ProvidedType; null: none.

  JsonCodec() = default;
  /// The hooks outlive the codec.
  explicit JsonCodec(const Hooks& hooks) : hooks_(hooks) {}

  /// Parses and validates a request into the struct at `out`, which is new.
  /// Service errors: SerializationException, ValidationException in AWS's words; the hooks' own.
  Result<> parse(JsonParser& parser, std::string_view text, const Shape& shape, void* out) const;

  template <class T>
  Result<T> parse(JsonParser& parser, std::string_view text) const {
    T out{};
    DYAD_TRY(parse(parser, text, T::kShape, &out));
    return out;
  }

  /// Appends the struct as an object. Empty optionals are left out.
  void write(const Shape& shape, const void* value, std::string& out) const;

  template <class T>
  void write(const T& value, std::string& out) const {
    write(T::kShape, &value, out);
  }

  /// The same without the braces, for errors that have members beside their message
  /// (with_json_members).
  template <class T>
  std::string members(const T& value) const {
    std::string out;
    write(T::kShape, &value, out);
    return out.substr(1, out.size() - 2);
  }

 private:
  Hooks hooks_{};
};

}  // namespace dyad::protocol
