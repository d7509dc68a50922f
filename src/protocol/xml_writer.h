#pragma once

#include <string>
#include <string_view>

namespace dyad::protocol {

// Pieces of XML, appended.

constexpr std::string_view kXmlDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Text with what must be escaped escaped. Control characters, which XML 1.0 cannot hold, become
/// references, as S3 writes them; clients that must read such keys ask for encoding-type=url.
void append_xml_text(std::string& out, std::string_view utf8);

/// `<name>`, or with a default namespace where `xml_namespace` is not empty.
void open_element(std::string& out, std::string_view name, std::string_view xml_namespace = {});
void close_element(std::string& out, std::string_view name);
/// `<name>text</name>`; without text `<name/>`.
void append_element(std::string& out, std::string_view name, std::string_view utf8);

}  // namespace dyad::protocol
