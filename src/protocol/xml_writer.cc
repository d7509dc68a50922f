#include "protocol/xml_writer.h"

#include <algorithm>
#include <array>

namespace dyad::protocol {
namespace {

constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = c != '\n' && c != '\t';
  table['<'] = table['>'] = table['&'] = table['"'] = true;
  return table;
}();

void append_reference(std::string& out, char c) {
  switch (c) {
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '&':
      out += "&amp;";
      return;
    case '"':
      out += "&quot;";
      return;
    default:
      break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "&#x";
  if (byte >= 16) out += kHex[byte >> 4];
  out += kHex[byte & 15];
  out += ';';
}

/// One growth of `out` for the three pieces: tags are most of an answer's bytes.
void append_tag(std::string& out, std::string_view before, std::string_view name,
                std::string_view after) {
  constexpr std::size_t kShort = 64;
  char tag[kShort];
  const std::size_t size = before.size() + name.size() + after.size();
  if (size > kShort) {
    out.append(before).append(name).append(after);
    return;
  }
  char* at = std::copy(before.begin(), before.end(), tag);
  at = std::copy(name.begin(), name.end(), at);
  std::copy(after.begin(), after.end(), at);
  out.append(tag, size);
}

}  // namespace

void append_xml_text(std::string& out, std::string_view utf8) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (!kSpecial[static_cast<unsigned char>(utf8[i])]) continue;
    out.append(utf8, begin, i - begin);
    append_reference(out, utf8[i]);
    begin = i + 1;
  }
  out.append(utf8, begin);
}

void open_element(std::string& out, std::string_view name, std::string_view xml_namespace) {
  if (xml_namespace.empty()) return append_tag(out, "<", name, ">");
  out.append("<").append(name).append(" xmlns=\"").append(xml_namespace).append("\">");
}

void close_element(std::string& out, std::string_view name) {
  append_tag(out, "</", name, ">");
}

void append_element(std::string& out, std::string_view name, std::string_view utf8) {
  if (utf8.empty()) {
    append_tag(out, "<", name, "/>");
    return;
  }
  open_element(out, name);
  append_xml_text(out, utf8);
  close_element(out, name);
}

}  // namespace dyad::protocol
