#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dyad::cli {

enum class Shell : std::uint8_t { posix, fish };

/// `text` as one word of a POSIX shell's command line, for a person to copy.
std::string shell_word(std::string_view text);

/// One statement that sets and exports a variable, with its ';'. What it sets is `value` to the
/// byte also where the shell has split the statement into words and joined them with spaces, as
/// `eval $(dyad env)` does. No newline, no NUL.
std::string export_statement(Shell shell, std::string_view name, std::string_view value);

/// One statement that forgets a variable, set or not.
std::string unset_statement(Shell shell, std::string_view name);

}  // namespace dyad::cli
