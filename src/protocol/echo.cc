#include "protocol/echo.h"

#include "base/bytes.h"
#include "protocol/json_writer.h"
#include "protocol/timestamps.h"
#include "protocol/validation.h"

namespace dyad::protocol {
namespace {

class Echo {
 public:
  /// What was cut still ends as its kind does, so that the value's end can be told.
  std::string take(Kind kind) && {
    if (out_.size() > kMaxEchoBytes) {
      std::size_t end = kMaxEchoBytes;
      while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xC0) == 0x80) --end;
      out_.resize(end);
      out_ += "...";
      if (kind == Kind::list) out_ += ']';
      if (kind == Kind::map) out_ += '}';
      if (kind == Kind::structure) out_ += ')';
    }
    return std::move(out_);
  }

  void append(const Shape& shape, const void* value) {
    if (out_.size() > kMaxEchoBytes) return;
    switch (shape.kind) {
      case Kind::string:
        out_ += *static_cast<const std::string*>(value);
        break;
      case Kind::blob:
        out_ += to_base64(*static_cast<const std::string*>(value));
        break;
      case Kind::boolean:
        out_ += *static_cast<const bool*>(value) ? "true" : "false";
        break;
      case Kind::integer:
        out_ += std::to_string(*static_cast<const std::int32_t*>(value));
        break;
      case Kind::long_:
        out_ += std::to_string(*static_cast<const std::int64_t*>(value));
        break;
      case Kind::float64:
        append_json_double(out_, *static_cast<const double*>(value));
        break;
      case Kind::timestamp:
        append_timestamp(out_, *static_cast<const UtcMs*>(value), TimestampFormat::iso8601);
        break;
      case Kind::list:
        list(shape, value);
        break;
      case Kind::map:
        map(shape, value);
        break;
      case Kind::structure:
        structure(shape, value);
        break;
      case Kind::provided:
        out_ += "...";
        break;
    }
  }

 private:
  void list(const Shape& shape, const void* value) {
    out_ += '[';
    const std::size_t size = shape.ops->size(value);
    for (std::size_t i = 0; i < size && out_.size() <= kMaxEchoBytes; ++i) {
      if (i > 0) out_ += ", ";
      append(*shape.element, shape.ops->at(value, i));
    }
    out_ += ']';
  }

  void map(const Shape& shape, const void* value) {
    struct Visit {
      Echo* echo;
      const Shape* element;
      bool first = true;
    } visit{this, shape.element};
    out_ += '{';
    shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* entry) {
      auto& state = *static_cast<Visit*>(context);
      if (state.echo->out_.size() > kMaxEchoBytes) return;
      if (!state.first) state.echo->out_ += ", ";
      state.first = false;
      state.echo->out_ += key;
      state.echo->out_ += '=';
      state.echo->append(*state.element, entry);
    });
    out_ += '}';
  }

  void structure(const Shape& shape, const void* value) {
    out_ += shape.name;
    out_ += '(';
    bool first = true;
    for (const Member& member : shape.members) {
      const void* field = value_of(value, member);
      if (!field) continue;
      if (!first) out_ += ", ";
      first = false;
      out_ += static_cast<char>(member.name[0] | 0x20);
      out_ += member.name.substr(1);
      out_ += '=';
      append(*member.shape, field);
    }
    out_ += ')';
  }

  std::string out_;
};

}  // namespace

std::string echo(const Shape& shape, const void* value) {
  Echo echo;
  echo.append(shape, value);
  return std::move(echo).take(shape.kind);
}

}  // namespace dyad::protocol
