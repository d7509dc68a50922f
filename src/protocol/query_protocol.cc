#include "protocol/query_protocol.h"

#include <algorithm>

#include "protocol/service_error.h"
#include "protocol/text_values.h"
#include "protocol/validation.h"
#include "protocol/xml_codec.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

class FormReader {
 public:
  explicit FormReader(std::span<const QueryParameter> form) : form_(form) {}

  Violations& violations() { return violations_; }

  Result<> structure(const std::string& prefix, const Shape& shape, void* out, const Place& place) {
    for (const Member& member : shape.members) {
      const std::string name = prefix + std::string(member.wire_name);
      if (!has(name)) {
        if (member.is_required()) violations_.missing(member, place);
        continue;
      }
      const Place own{.parent = &place, .name = member.name};
      DYAD_TRY(read(name, *member.shape, member.timestamp_format, make_value(out, member), own));
    }
    return {};
  }

 private:
  /// `name` itself, or anything below it.
  bool has(std::string_view name) const {
    return std::ranges::any_of(form_, [&](const QueryParameter& parameter) {
      const std::string_view full = parameter.name;
      return full.starts_with(name) && (full.size() == name.size() || full[name.size()] == '.');
    });
  }

  Result<> read(const std::string& name, const Shape& shape, TimestampFormat format, void* out,
                const Place& place) {
    switch (shape.kind) {
      case Kind::structure:
        return structure(name + ".", shape, out, place);
      case Kind::list:
        DYAD_TRY(list(name, shape, format, out, place));
        break;
      case Kind::map:
        DYAD_TRY(map(name, shape, format, out, place));
        break;
      case Kind::provided:
        return malformed(name);
      default:
        if (!parse_text_value(shape, format, form_value(form_, name), out)) return malformed(name);
    }
    violations_.check(shape, out, place);
    return {};
  }

  Result<> list(const std::string& name, const Shape& shape, TimestampFormat format, void* out,
                const Place& place) {
    const std::string infix = shape.flattened ? "." : "." + std::string(shape.element_name) + ".";
    for (std::size_t i = 1; has(name + infix + std::to_string(i)); ++i) {
      const Place own{.parent = &place, .position = i};
      DYAD_TRY(read(name + infix + std::to_string(i), *shape.element, format,
                    shape.ops->append(out), own));
    }
    return {};
  }

  Result<> map(const std::string& name, const Shape& shape, TimestampFormat format, void* out,
               const Place& place) {
    const std::string infix = shape.flattened ? "." : ".entry.";
    for (std::size_t i = 1; has(name + infix + std::to_string(i)); ++i) {
      const std::string entry = name + infix + std::to_string(i);
      const std::string_view key = form_value(form_, entry + "." + std::string(shape.key_name));
      const Place own{.parent = &place, .name = key, .map_key = true};
      DYAD_TRY(read(entry + "." + std::string(shape.element_name), *shape.element, format,
                    shape.ops->entry(out, key), own));
    }
    return {};
  }

  static Result<> malformed(const std::string& name) {
    return fail(service_error("MalformedInput", 400, "The value of " + name + " is malformed"));
  }

  std::span<const QueryParameter> form_;
  Violations violations_;
};

}  // namespace

std::string_view form_value(std::span<const QueryParameter> form, std::string_view name) {
  const auto found = std::ranges::find(form, name, &QueryParameter::name);
  return found == form.end() ? std::string_view() : std::string_view(found->value);
}

Result<> parse_form(const Operation& operation, std::span<const QueryParameter> form, void* out) {
  FormReader reader(form);
  const Place top;
  DYAD_TRY(reader.structure("", *operation.input, out, top));
  if (reader.violations().empty()) return {};
  return fail(service_error("ValidationError", 400, reader.violations().message()));
}

std::string render_query(const Operation& operation, const void* output,
                         std::string_view request_id) {
  const std::string response = std::string(operation.name) + "Response";
  std::string out;
  open_element(out, response, operation.service->xml_namespace);
  if (!operation.result_wrapper.empty()) {
    open_element(out, operation.result_wrapper);
    write_xml_members(*operation.output, output, out);
    close_element(out, operation.result_wrapper);
  }
  open_element(out, "ResponseMetadata");
  append_element(out, "RequestId", request_id);
  close_element(out, "ResponseMetadata");
  close_element(out, response);
  return out;
}

}  // namespace dyad::protocol
