// XML documents that requests of S3 carry. What is read and written out is read as the same.

#include <string>

#include "api/s3/shapes.h"
#include "fuzz/fuzz_input.h"
#include "protocol/xml_codec.h"

namespace dyad::fuzz {
namespace {

template <class T>
std::string written(const T& value, std::string_view root) {
  std::string out;
  protocol::write_xml(T::kShape, root, &value, out);
  return out;
}

template <class T>
void check_document(std::string_view text, std::string_view root) {
  T value{};
  const Result<> parsed = protocol::parse_xml(text, T::kShape, root, &value);
  if (!parsed) {
    DYAD_CHECK(parsed.error().detail != nullptr);
    return;
  }
  // Trailing text is no document: what is no part of the first one must not pass unseen.
  DYAD_CHECK(text.find('\0') == std::string_view::npos);
  const std::string out = written(value, root);
  T again{};
  DYAD_CHECK(protocol::parse_xml(out, T::kShape, root, &again).has_value());
  DYAD_CHECK(written(again, root) == out);
}

}  // namespace

void check(Input input) {
  using namespace api::s3;
  const std::size_t choice = input.choice(5);
  const std::string_view text = input.rest();
  switch (choice) {
    case 0:
      return check_document<Delete>(text, "Delete");
    case 1:
      return check_document<CompletedMultipartUpload>(text, "CompleteMultipartUpload");
    case 2:
      return check_document<Tagging>(text, "Tagging");
    case 3:
      return check_document<CORSConfiguration>(text, "CORSConfiguration");
    default:
      return check_document<CreateBucketConfiguration>(text, "CreateBucketConfiguration");
  }
}

}  // namespace dyad::fuzz
