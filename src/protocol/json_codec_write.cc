#include <algorithm>

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
      const void* field = value_of(value, member);
      if (!field) continue;
      append_name(first ? "{\"" : ",\"", member.name);
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
        return append_json_double(out_, *static_cast<const double*>(value));
      case Kind::timestamp:
        return append_timestamp(out_, *static_cast<const UtcMs*>(value),
                                TimestampFormat::unix_seconds);
      case Kind::list:
        return list(shape, value, format);
      case Kind::map:
        return map(shape, value);
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

  void map(const Shape& shape, const void* value) {
    struct Visit {
      Writer* writer;
      const Shape* element;
      bool first = true;
    } visit{this, shape.element};
    out_ += '{';
    shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* entry) {
      auto& state = *static_cast<Visit*>(context);
      if (!state.first) state.writer->out_ += ',';
      state.first = false;
      append_json_string(state.writer->out_, key);
      state.writer->out_ += ':';
      state.writer->write(*state.element, entry, TimestampFormat::unix_seconds);
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
