#include "protocol/header_list.h"

#include <algorithm>

namespace dyad::protocol {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Takes a quoted string off the front; its end without a quote is the value's end.
std::string take_quoted(std::string_view& rest) {
  std::string entry;
  std::size_t at = 1;
  while (at < rest.size() && rest[at] != '"') {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    entry += rest[at++];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return entry;
}

}  // namespace

std::vector<std::string> split_header_list(std::string_view value, bool dates) {
  std::vector<std::string> entries;
  std::string_view rest = trimmed(value);
  while (!rest.empty()) {
    if (rest.starts_with('"')) {
      entries.push_back(take_quoted(rest));
      rest.remove_prefix(std::min(rest.find(','), rest.size()));
    } else {
      std::size_t end = rest.find(',');
      if (dates && end != rest.npos) end = rest.find(',', end + 1);
      entries.emplace_back(trimmed(rest.substr(0, end)));
      rest.remove_prefix(std::min(end, rest.size()));
    }
    if (rest.starts_with(',')) rest.remove_prefix(1);
    rest = trimmed(rest);
  }
  return entries;
}

void append_header_entry(std::string& out, std::string_view entry) {
  if (!out.empty()) out += ", ";
  if (entry.find_first_of(",\"") == entry.npos) {
    out += entry;
    return;
  }
  out += '"';
  for (const char c : entry) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace dyad::protocol
