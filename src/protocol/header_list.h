#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dyad::protocol {

// Lists in one header's value: "a, b" (RFC 9110, 5.6.1). An entry with a comma or a quote in it is
// a quoted string.

/// The entries, without what surrounds them. `dates`: each has a comma of its own ("Mon, 16 Dec
/// ...").
std::vector<std::string> split_header_list(std::string_view value, bool dates);

/// Appends ", " where `out` is not empty, and the entry, quoted where it must be.
void append_header_entry(std::string& out, std::string_view entry);

}  // namespace dyad::protocol
