#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/shape.h"

namespace dyad::protocol {

/// The largest XML request body that is read.
constexpr std::size_t kMaxXmlBytes = std::size_t{4} << 20;
/// Nodes of a document; the largest honest one completes an upload of 10,000 parts.
constexpr std::size_t kMaxXmlElements = 100'000;

/// Parses a document into the struct at `out`, which is new. Its root is `root_name`. Namespaces
/// are ignored, a document type or an element that the model does not know is refused. Service
/// error: MalformedXML, with S3's sentence.
Result<> parse_xml(std::string_view text, const Shape& shape, std::string_view root_name,
                   void* out);

/// Appends `<root xmlns=...>...</root>` of the body members.
void write_xml(const Shape& shape, std::string_view root_name, const void* value, std::string& out);
/// Appends the body members alone.
void write_xml_members(const Shape& shape, const void* value, std::string& out);

}  // namespace dyad::protocol
