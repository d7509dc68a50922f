#include "crypto/canonical_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "crypto/query_parameters.h"
#include "crypto/uri_encoding.h"

namespace dyad::crypto {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// RFC 3986's removal of "." and ".." segments; empty segments go too.
std::string normalised_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (out.empty() || path.ends_with('/')) out.push_back('/');
  return out;
}

void append_path(std::string& out, std::string_view path, SignatureStyle style) {
  if (path.empty() || path == "/") {
    out.push_back('/');
  } else if (style == SignatureStyle::s3) {
    std::string decoded;
    append_uri_decoded_leniently(decoded, path, false);
    append_uri_encoded(out, decoded, true);
  } else {
    append_uri_encoded(out, normalised_path(path), true);
  }
}

std::string reencoded(std::string_view raw) {
  std::string decoded, encoded;
  append_uri_decoded_leniently(decoded, raw, true);
  append_uri_encoded(encoded, decoded, false);
  return encoded;
}

void append_query(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  while (const auto parameter = next_query_parameter(query)) {
    std::string name = reencoded(parameter->name);
    if (name == kSignatureParameter) continue;
    parameters.emplace_back(std::move(name), reencoded(parameter->value));
  }
  std::ranges::sort(parameters);
  for (const auto& [name, value] : parameters) {
    if (&name != &parameters.front().first) out.push_back('&');
    out.append(name).append("=").append(value);
  }
}

/// All values of the header `name`, comma-joined, and a line feed. Presigners may put a header that
/// they sign into the query; S3 then takes it from there.
void append_header(std::string& out, std::string_view name, const RequestView& request,
                   SignatureStyle style) {
  out.append(name).push_back(':');
  bool first = true;
  for (const HeaderView& header : request.headers) {
    if (!same_header_name(header.name, name)) continue;
    if (!first) out.push_back(',');
    first = false;
    append_canonical_value(out, header.value);
  }
  if (first && style == SignatureStyle::s3 && name.starts_with("x-amz-"))
    append_canonical_value(out, query_parameter(request.query, name).value_or(""));
  out.push_back('\n');
}

}  // namespace

void append_canonical_value(std::string& out, std::string_view value) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  // Nearly every value has no blank, of the rest nearly all no run of them: copied whole.
  if (value.find(' ') == std::string_view::npos && value.find('\t') == std::string_view::npos) {
    out.append(value);
    return;
  }
  for (std::size_t i = 0; i + 1 < value.size(); ++i) {
    if (!is_blank(value[i]) || (!is_blank(value[i + 1]) && value[i] == ' ')) continue;
    out.append(value.substr(0, i)).push_back(' ');
    value.remove_prefix(i);
    while (is_blank(value.front())) value.remove_prefix(1);  // Ends: the last character is none.
    i = static_cast<std::size_t>(-1);
  }
  out.append(value);
}

void append_canonical_request(std::string& out, const RequestView& request, SignatureStyle style,
                              std::string_view signed_headers, std::string_view payload_hash) {
  out.append(request.method).push_back('\n');
  append_path(out, request.path, style);
  out.push_back('\n');
  append_query(out, request.query);
  out.push_back('\n');
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    append_header(out, rest.substr(0, end), request, style);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out.push_back('\n');
  out.append(signed_headers).push_back('\n');
  out.append(payload_hash);
}

}  // namespace dyad::crypto
