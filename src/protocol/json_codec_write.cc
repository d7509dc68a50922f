#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "protocol/json_codec.h"
#include "protocol/json_writer.h"
#include "protocol/timestamps.h"

namespace dyad::protocol {
namespace {

class Writer {
 public:
  Writer(const JsonCodec::Hooks& hooks, std::string& out) : hooks_(hooks), out_(out) {}

  void structure(const Shape& shape, const void* value) {
    bool first = true;
    for (const Member& member : shape.members) {
      if (member.location != Location::body) continue;
      const void* field = value_of(value, member);
      if (!field) continue;
      append_name(first ? "{\"" : ",\"", member.wire_name);
      first = false;
      write(*member.shape, field, member.timestamp_format);
    }
    out_ += first ? "{}" : "}";
  }

 private:
  /// Names of members need no escape. One growth of the text for the three pieces.
  void append_name(std::string_view before, std::string_view name) {
    constexpr std::size_t kShort = 64;
    char text[kShort];
    if (before.size() + name.size() + 2 > kShort) {
      out_.append(before).append(name).append("\":");
      return;
    }
    char* at = std::copy(before.begin(), before.end(), text);
    at = std::copy(name.begin(), name.end(), at);
    *at++ = '"';
    *at++ = ':';
    out_.append(text, static_cast<std::size_t>(at - text));
  }

  void write(const Shape& shape, const void* value, TimestampFormat format) {
    switch (shape.kind) {
      case Kind::string:
        return append_json_string(out_, *static_cast<const std::string*>(value));
      case Kind::blob:
        return append_json_base64(out_, *static_cast<const std::string*>(value));
      case Kind::boolean:
        out_ += *static_cast<const bool*>(value) ? "true" : "false";
        return;
      case Kind::integer:
        return append_json_integer(out_, *static_cast<const std::int32_t*>(value));
      case Kind::long_:
        return append_json_integer(out_, *static_cast<const std::int64_t*>(value));
      case Kind::float64:
        return float64(*static_cast<const double*>(value));
      case Kind::timestamp:
        return timestamp(*static_cast<const UtcMs*>(value), format);
      case Kind::list:
        return list(shape, value, format);
      case Kind::map:
        return map(shape, value, format);
      case Kind::structure:
        return structure(shape, value);
      case Kind::provided:
        return provided(shape, value);
    }
  }

  void list(const Shape& shape, const void* value, TimestampFormat format) {
    out_ += '[';
    const std::size_t size = shape.ops->size(value);
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) out_ += ',';
      write(*shape.element, shape.ops->at(value, i), format);
    }
    out_ += ']';
  }

  /// JSON has no numbers for what is none (Smithy, "AWS JSON protocols", shape serialization).
  void float64(double value) {
    if (std::isfinite(value)) return append_json_double(out_, value);
    out_ += '"';
    append_json_double(out_, value);
    out_ += '"';
  }

  void timestamp(const UtcMs& value, TimestampFormat format) {
    const bool quoted = format != TimestampFormat::unix_seconds;
    if (quoted) out_ += '"';
    append_timestamp(out_, value, format);
    if (quoted) out_ += '"';
  }

  void map(const Shape& shape, const void* value, TimestampFormat format) {
    struct Visit {
      Writer* writer;
      const Shape* element;
      TimestampFormat format;
      bool first = true;
    } visit{this, shape.element, format};
    out_ += '{';
    shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* entry) {
      auto& state = *static_cast<Visit*>(context);
      if (!state.first) state.writer->out_ += ',';
      state.first = false;
      append_json_string(state.writer->out_, key);
      state.writer->out_ += ':';
      state.writer->write(*state.element, entry, state.format);
    });
    out_ += '}';
  }

  void provided(const Shape& shape, const void* value) {
    const ProvidedJson* hook = hooks_[static_cast<std::size_t>(shape.provided)];
    DYAD_CHECK(hook != nullptr);
    hook->write(value, out_);
  }

  const JsonCodec::Hooks& hooks_;
  std::string& out_;
};

}  // namespace

void JsonCodec::write(const Shape& shape, const void* value, std::string& out) const {
  Writer(hooks_, out).structure(shape, value);
}

}  // namespace dyad::protocol
