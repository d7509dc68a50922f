#include "protocol/uri_template.h"

#include <gtest/gtest.h>

namespace dyad::protocol {
namespace {

/// "name=value name=value"; "none": no match.
std::string labels(std::string_view uri_template, std::string_view path) {
  const auto matched = match_uri_template(uri_template, path);
  if (!matched) return matched.error().code == ErrorCode::not_found ? "none" : "broken";
  std::string text;
  for (const UriLabel& label : *matched)
    text += (text.empty() ? "" : " ") + std::string(label.name) + "=" + label.value;
  return text;
}

TEST(UriTemplate, LabelsStandForOneSegment) {
  EXPECT_EQ(labels("/", "/"), "");
  EXPECT_EQ(labels("/functions/{Name}/code", "/functions/f/code"), "Name=f");
  EXPECT_EQ(labels("/functions/{Name}/code", "/functions/a%2Fb%20c/code"), "Name=a/b c");
  EXPECT_EQ(labels("/{A}/{B}", "/1/2"), "A=1 B=2");
  EXPECT_EQ(labels("/functions/{Name}/code", "/functions/f"), "none");
  EXPECT_EQ(labels("/functions/{Name}", "/functions/f/code"), "none");
  EXPECT_EQ(labels("/functions/{Name}", "/functions/"), "none");
  EXPECT_EQ(labels("/functions/{Name}", "/FUNCTIONS/f"), "none");
  EXPECT_EQ(labels("/functions/{Name}", "/functions/%zz"), "broken");
}

TEST(UriTemplate, GreedyLabelsTakeWhatIsLeft) {
  EXPECT_EQ(labels("/{Bucket}/{Key+}", "/b/a/deep//key/"), "Bucket=b Key=a/deep//key/");
  EXPECT_EQ(labels("/{Key+}/end", "/a/b/end"), "Key=a/b");
  EXPECT_EQ(labels("/{Bucket}/{Key+}", "/b"), "none");
  EXPECT_EQ(labels("/{Key+}/end", "/a/b"), "none");
}

}  // namespace
}  // namespace dyad::protocol
