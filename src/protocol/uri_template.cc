#include "protocol/uri_template.h"

#include <algorithm>

#include "http/uri.h"

namespace dyad::protocol {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == path.npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_label(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

/// Joined segments as they stood in the path.
std::string_view joined(std::string_view first, std::string_view last) {
  return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
}

}  // namespace

Result<std::vector<UriLabel>> match_uri_template(std::string_view uri_template,
                                                 std::string_view path) {
  const std::vector<std::string_view> wanted = segments_of(uri_template);
  const std::vector<std::string_view> given = segments_of(path);
  const auto no_match = [] {
    return fail(ErrorCode::not_found, "the path is of another resource");
  };
  if (given.size() < wanted.size()) return no_match();
  // A greedy label takes what the others leave.
  const std::size_t spare = given.size() - wanted.size();
  std::vector<UriLabel> labels;
  std::size_t at = 0;
  for (const std::string_view segment : wanted) {
    if (!is_label(segment)) {
      if (given[at++] != segment) return no_match();
      continue;
    }
    std::string_view name = segment.substr(1, segment.size() - 2);
    std::size_t last = at;
    if (name.ends_with('+')) {
      name.remove_suffix(1);
      last += spare;
    }
    const std::string_view text = joined(given[at], given[last]);
    if (text.empty()) return no_match();
    DYAD_TRY_ASSIGN(std::string value, http::decode_path(text));
    labels.push_back({name, std::move(value)});
    at = last + 1;
  }
  if (at != given.size()) return no_match();
  return labels;
}

}  // namespace dyad::protocol
