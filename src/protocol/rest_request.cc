#include <algorithm>

#include "protocol/header_list.h"
#include "protocol/json_codec.h"
#include "protocol/rest_binding.h"
#include "protocol/service_error.h"
#include "protocol/text_values.h"
#include "protocol/validation.h"
#include "protocol/xml_codec.h"

namespace dyad::protocol {
namespace {

class Binder {
 public:
  Binder(const Operation& operation, const RestRequest& request, void* out)
      : operation_(operation), request_(request), out_(out) {}

  Result<> bind() {
    bool in_body = false;
    for (const Member& member : operation_.input->members) {
      if (member.location == Location::body)
        in_body = true;
      else
        DYAD_TRY(bind(member));
    }
    return in_body ? bind_document() : Result<>();
  }

 private:
  Result<> bind(const Member& member) {
    switch (member.location) {
      case Location::path:
        for (const auto& parameter : request_.path) {
          if (parameter.name == member.wire_name) return fill(member, parameter.value);
        }
        return {};
      case Location::query:
        return bind_query(member);
      case Location::header:
        return bind_header(member);
      case Location::header_prefix:
        return bind_prefix(member);
      case Location::payload:
        return bind_payload(member);
      case Location::body:
      case Location::status:
        return {};
    }
    return {};
  }

  Result<> bind_query(const Member& member) {
    if (member.shape->kind == Kind::map) return bind_all_query(member);
    const bool list = member.shape->kind == Kind::list;
    void* entries = nullptr;
    for (const QueryParameter& parameter : request_.query) {
      if (parameter.name != member.wire_name) continue;
      if (!list) return fill(member, parameter.value);
      if (entries == nullptr) entries = make_value(out_, member);
      DYAD_TRY(fill_entry(member, parameter.value, entries));
    }
    return {};
  }

  /// The trait httpQueryParams: to a server every parameter, also one that another member names.
  Result<> bind_all_query(const Member& member) {
    const Shape& values = *member.shape->element;
    void* map = nullptr;
    std::string_view former;
    void* list = nullptr;
    for (const QueryParameter& parameter : request_.query) {
      if (map == nullptr) map = make_value(out_, member);
      if (values.kind != Kind::list) {
        *static_cast<std::string*>(member.shape->ops->entry(map, parameter.name)) = parameter.value;
        continue;
      }
      if (list == nullptr || parameter.name != former)
        list = member.shape->ops->entry(map, parameter.name);
      former = parameter.name;
      *static_cast<std::string*>(values.ops->append(list)) = parameter.value;
    }
    return {};
  }

  Result<> fill_entry(const Member& member, std::string_view text, void* list) {
    void* entry = member.shape->ops->append(list);
    if (parse_text_value(*member.shape->element, member.timestamp_format, text, entry)) return {};
    return invalid(member, text, false);
  }

  bool is_json() const { return operation_.service->protocol == Protocol::rest_json_1; }

  /// The members that are bound to no other place, as one document. It may be missing altogether.
  Result<> bind_document() {
    if (request_.body.empty()) return {};
    const Shape& shape = *operation_.input;
    if (is_json()) return parse_json(shape, out_);
    return parse_xml(request_.body, shape, shape.name, out_);
  }

  Result<> bind_header(const Member& member) {
    if (member.shape->kind == Kind::list) return bind_header_list(member);
    const auto* header = crypto::find_header(request_.headers, member.wire_name);
    return header ? fill(member, header->value) : Result<>();
  }

  /// "a, b" and repeated headers mean the same (RFC 9110, 5.3).
  Result<> bind_header_list(const Member& member) {
    void* list = nullptr;
    for (const crypto::HeaderView& header : request_.headers) {
      if (!crypto::same_header_name(header.name, member.wire_name)) continue;
      if (!list) list = make_value(out_, member);
      const bool dates = member.timestamp_format == TimestampFormat::rfc822 &&
                         member.shape->element->kind == Kind::timestamp;
      for (const std::string& item : split_header_list(header.value, dates)) {
        DYAD_TRY(fill_entry(member, item, list));
      }
    }
    return {};
  }

  /// S3 keeps names of user metadata in lower case and joins repeated ones with a comma.
  Result<> bind_prefix(const Member& member) {
    Map<std::string>* map = nullptr;
    for (const crypto::HeaderView& header : request_.headers) {
      const std::size_t prefix = member.wire_name.size();
      if (header.name.size() <= prefix ||
          !crypto::same_header_name(header.name.substr(0, prefix), member.wire_name)) {
        continue;
      }
      std::string name(header.name.substr(prefix));
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (map == nullptr) map = static_cast<Map<std::string>*>(make_value(out_, member));
      const auto [entry, fresh] = map->try_emplace(std::move(name), header.value);
      if (!fresh) entry->second.append(",").append(header.value);
    }
    return {};
  }

  Result<> bind_payload(const Member& member) {
    if (request_.body.empty()) {
      if (!member.is_required()) return {};
      const ErrorInfo* missing = find_error(*operation_.service, "MissingRequestBodyError");
      return missing == nullptr ? Result<>() : fail(service_error(*missing));
    }
    void* out = make_value(out_, member);
    if (is_scalar(member.shape->kind)) {  // Strings and blobs stand for themselves.
      static_cast<std::string*>(out)->assign(request_.body);
      return {};
    }
    if (is_json()) return parse_json(*member.shape, out);
    return parse_xml(request_.body, *member.shape, member.wire_name, out);
  }

  Result<> parse_json(const Shape& shape, void* out) const {
    JsonParser parser;
    return JsonCodec().parse(parser, request_.body, shape, out);
  }

  Result<> fill(const Member& member, std::string_view text) {
    const Shape& shape = *member.shape;
    // "max-keys=" says nothing about the number of keys.
    if (text.empty() && shape.kind != Kind::string) return {};
    void* value = make_value(out_, member);
    const bool parsed = parse_text_value(shape, member.timestamp_format, text, value);
    const bool allowed = parsed && (!member.invalid || keeps_constraints(shape, value));
    if (allowed) return {};
    if (!(member.flags & kLenient)) return invalid(member, text, parsed);
    if (member.is_optional()) clear(member);
    return {};
  }

  void clear(const Member& member) { member.shape->ops->clear(field_of(out_, member)); }

  Result<> invalid(const Member& member, std::string_view text, bool out_of_range) const {
    InvalidValue facts{
        .code = "InvalidArgument", .message = "Invalid Argument", .argument = member.wire_name};
    if (member.invalid) facts = *member.invalid;
    const bool ranged = out_of_range && !facts.range_message.empty();
    const ErrorInfo* known = find_error(*operation_.service, facts.code);
    const std::uint16_t status = known ? known->http_status : 400;
    Error error = service_error(std::string(facts.code), status,
                                std::string(ranged ? facts.range_message : facts.message));
    const std::string_view argument =
        ranged && !facts.range_argument.empty() ? facts.range_argument : facts.argument;
    if (!argument.empty()) {
      error = with_field(std::move(error), "ArgumentName", std::string(argument));
      error = with_field(std::move(error), "ArgumentValue", std::string(text));
    }
    return fail(std::move(error));
  }

  const Operation& operation_;
  const RestRequest& request_;
  void* out_;
};

}  // namespace

Result<> parse_rest(const Operation& operation, const RestRequest& request, void* out) {
  return Binder(operation, request, out).bind();
}

}  // namespace dyad::protocol
