#include "cli/shell_words.h"

#include <algorithm>
#include <string>

namespace dyad::cli {
namespace {

bool is_plain(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:+=,@%-").find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return is_plain(c); });
}

/// Splitting an unquoted $(...) eats runs of blanks and expands patterns, whatever quotes stand
/// around them. So all that is not plain is spelt in octal and put back by printf's %b.
std::string posix_value(std::string_view value) {
  if (is_plain(value)) return "'" + std::string(value) + "'";
  std::string spelt;
  for (const unsigned char c : value) {
    if (is_plain(c)) {
      spelt += static_cast<char>(c);
      continue;
    }
    spelt += "\\0";
    for (const int shift : {6, 3, 0}) spelt += static_cast<char>('0' + ((c >> shift) & 7));
  }
  return "\"$(printf %b '" + spelt + "')\"";
}

/// Inside quotes only these two mean something in fish, and nothing is split but at newlines.
std::string fish_value(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\\' || c == '\'') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && is_plain(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string export_statement(Shell shell, std::string_view name, std::string_view value) {
  if (shell == Shell::fish) return "set -gx " + std::string(name) + " " + fish_value(value) + ";";
  return "export " + std::string(name) + "=" + posix_value(value) + ";";
}

std::string unset_statement(Shell shell, std::string_view name) {
  return (shell == Shell::fish ? "set -e " : "unset ") + std::string(name) + ";";
}

}  // namespace dyad::cli
