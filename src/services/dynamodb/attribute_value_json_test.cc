#include "services/dynamodb/attribute_value_json.h"
#include "protocol/json_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/random.h"

namespace dyad::dynamodb {
namespace {

using table::Item;
using table::Type;
using table::Value;
using table::ValueWriter;

class AttributeValueJson : public testing::Test {
 protected:
  std::expected<Value, JsonFault> value(const std::string& json) {
    return read_value(parser_.parse(json).value(), writer_);
  }
  std::expected<Item, JsonFault> item(const std::string& json) {
    return read_item(parser_.parse(json).value(), writer_);
  }
  std::string fault(const std::string& json, JsonFaultKind kind) {
    const auto got = value(json);
    if (got) return "no fault";
    EXPECT_EQ(got.error().kind, kind) << json << ": " << got.error().message;
    return got.error().message;
  }
  std::string invalid(const std::string& json) { return fault(json, JsonFaultKind::validation); }
  std::string wrong_shape(const std::string& json) {
    return fault(json, JsonFaultKind::serialization);
  }
  std::string round_trip(const std::string& json) {
    const auto got = item(json);
    if (!got) return got.error().message;
    EXPECT_TRUE(table::validate_item(got->encoded()).has_value()) << json;
    std::string out;
    append_item(out, got->view());
    return out;
  }

  simdjson::dom::parser parser_;
  ValueWriter writer_;
};

TEST_F(AttributeValueJson, EveryTypeComesBack) {
  for (
      const char* json : {
          R"({})",
          R"({"a":{"S":"text"},"b":{"N":"-12.5"},"c":{"B":"AAEC/w=="},"d":{"BOOL":true},"e":{"NULL":true}})",
          R"({"a":{"L":[{"S":"x"},{"L":[]},{"M":{}}]},"b":{"M":{"k":{"BOOL":false}}}})",
          R"({"a":{"SS":["","a","b"]},"b":{"NS":["-1","0","2.5","30"]},"c":{"BS":["","AA==","/w=="]}})",
          R"({"a":{"S":""},"b":{"B":""}})",
      })
    EXPECT_EQ(round_trip(json), json);
}

TEST_F(AttributeValueJson, WritesTheNormalForm) {
  EXPECT_EQ(
      round_trip(
          R"({ "b" : {"N":"1.50E2"}, "a": {"NS":["3","1.0","2"]}, "X": {"S":"é\u0001\u001f\"\\\/\n"} })"),
      R"({"X":{"S":"é\u0001\u001f\"\\/\n"},"a":{"NS":["1","2","3"]},"b":{"N":"150"}})");
  // Names that JSON must escape, and a name given twice: the later value stands.
  EXPECT_EQ(round_trip(R"({"q\"":{"S":"1"},"q\"":{"S":"2"}})"), R"({"q\"":{"S":"2"}})");
  // The strings that DynamoDB takes for booleans, members it does not know, and nulls.
  EXPECT_EQ(round_trip(R"({"a":{"BOOL":"yes"},"b":{"BOOL":"FALSE","Z":1,"S":null}})"),
            R"({"a":{"BOOL":true},"b":{"BOOL":false}})");
}

TEST_F(AttributeValueJson, ExactlyOneType) {
  const std::string empty =
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
  for (const char* json : {"{}", R"({"X":"a"})", R"({"S":null})", "null", R"({"L":[{}]})",
                           R"({"M":{"a":{}}})", R"({"M":{"a":null}})"})
    EXPECT_EQ(invalid(json), empty) << json;
  const std::string several =
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      "supported datatypes";
  EXPECT_EQ(invalid(R"({"S":"a","N":"1"})"), several);
  EXPECT_EQ(invalid(R"({"S":"a","S":"b"})"), several);
  EXPECT_EQ(invalid(R"({"L":[{"S":"a","NULL":true}]})"), several);
  EXPECT_EQ(invalid(R"({"S":"a","N":""})"), "The parameter cannot be converted to a numeric value");
}

TEST_F(AttributeValueJson, Numbers) {
  EXPECT_EQ(invalid(R"({"N":""})"), "The parameter cannot be converted to a numeric value");
  EXPECT_EQ(invalid(R"({"N":"b"})"), "The parameter cannot be converted to a numeric value: b");
  EXPECT_EQ(invalid(R"({"NS":["1","b"]})"),
            "The parameter cannot be converted to a numeric value: b");
  EXPECT_EQ(
      invalid(R"({"N":"1e126"})"),
      "Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(
      invalid(R"({"N":"-1e-131"})"),
      "Number underflow. Attempting to store a number with magnitude smaller than supported range");
  EXPECT_EQ(invalid(R"({"N":"123456789012345678901234567890123456789"})"),
            "Attempting to store more than 38 significant digits in a Number");
}

TEST_F(AttributeValueJson, SetsAndNull) {
  const std::string prefix = "One or more parameter values were invalid: ";
  EXPECT_EQ(invalid(R"({"SS":[]})"), prefix + "An string set  may not be empty");
  EXPECT_EQ(invalid(R"({"NS":[]})"), prefix + "An number set  may not be empty");
  EXPECT_EQ(invalid(R"({"BS":[]})"), prefix + "Binary sets should not be empty");
  EXPECT_EQ(invalid(R"({"SS":["b","a","b"]})"),
            prefix + "Input collection [b, a, b] contains duplicates.");
  EXPECT_EQ(invalid(R"({"BS":["Yg==","Yg=="]})"),
            prefix + "Input collection [Yg==, Yg==]of type BS contains duplicates.");
  EXPECT_EQ(invalid(R"({"NS":["1","1.0"]})"), "Input collection contains duplicates");
  EXPECT_EQ(invalid(R"({"SS":["a",null]})"),
            prefix + "An string set may not have a null string as a member");
  EXPECT_EQ(invalid(R"({"NULL":false})"),
            prefix + "Null attribute value types must have the value of true");
}

TEST_F(AttributeValueJson, NewerWordsOfNumbersAndRepeatedMembers) {
  const auto newer = [this](const std::string& json) {
    const auto got = value(json);
    return got ? "no fault" : got.error().newer_message;
  };
  const std::string numeric = "The parameter cannot be converted to a numeric value: ";
  EXPECT_EQ(newer(R"({"N":""})"), numeric);
  EXPECT_EQ(newer(R"({"L":[{"NS":["1"," 1"]}]})"), numeric + " 1");
  EXPECT_EQ(newer(R"({"N":"1e126"})"), invalid(R"({"N":"1e126"})"));
  const std::string prefix = "One or more parameter values were invalid: Input collection ";
  EXPECT_EQ(newer(R"({"SS":["b","a","b"]})"), prefix + R"(["a", "b", "b"] contains duplicates.)");
  EXPECT_EQ(newer(R"({"SS":["c","a","a","b","c"]})"),
            prefix + R"(["a", "c", "a", "b", "c"] contains duplicates.)");
  // Bytes are in order, not their text.
  EXPECT_EQ(newer(R"({"BS":["/w==","AA==","AA=="]})"),
            prefix + R"(["AA==","/w==","AA=="]of type BS contains duplicates.)");
  EXPECT_EQ(newer(R"({"NS":["2","1","2"]})"), prefix + "contains duplicates.");
  EXPECT_EQ(newer(R"({"SS":[]})"), "");
  EXPECT_EQ(newer(R"({"NULL":false})"), "");
}

TEST_F(AttributeValueJson, WrongShapes) {
  EXPECT_EQ(wrong_shape("1"), "Unexpected value type in payload");
  EXPECT_EQ(wrong_shape("[]"),
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue");
  EXPECT_EQ(wrong_shape(R"({"S":23})"), "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(wrong_shape(R"({"S":34.56})"), "DECIMAL_VALUE cannot be converted to String");
  EXPECT_EQ(wrong_shape(R"({"N":true})"), "TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(wrong_shape(R"({"NS":[false]})"), "FALSE_VALUE cannot be converted to String");
  EXPECT_EQ(wrong_shape(R"({"S":[]})"), "Unrecognized collection type class java.lang.String");
  EXPECT_EQ(wrong_shape(R"({"S":{}})"), "Start of structure or map found where not expected");
  EXPECT_EQ(wrong_shape(R"({"B":23})"), "only base-64-encoded strings are convertible to bytes");
  EXPECT_EQ(wrong_shape(R"({"B":[]})"), "Unrecognized collection type class java.nio.ByteBuffer");
  EXPECT_EQ(wrong_shape(R"({"B":"23456"})"),
            "Base64 encoded length is expected a multiple of 4 bytes but found: 5");
  EXPECT_EQ(wrong_shape(R"({"B":"=+/="})"), "Invalid last non-pad Base64 character dectected");
  EXPECT_EQ(wrong_shape(R"({"BS":["+/+="]})"), "Invalid last non-pad Base64 character dectected");
  EXPECT_EQ(wrong_shape(R"({"BOOL":"23"})"), "Unexpected token received from parser");
  EXPECT_EQ(wrong_shape(R"({"BOOL":23})"), "NUMBER_VALUE cannot be converted to Boolean");
  EXPECT_EQ(wrong_shape(R"({"NULL":[]})"), "Unrecognized collection type class java.lang.Boolean");
  EXPECT_EQ(wrong_shape(R"({"L":"a"})"), "Unexpected field type");
  EXPECT_EQ(wrong_shape(R"({"SS":{}})"), "Start of structure or map found where not expected");
  EXPECT_EQ(wrong_shape(R"({"M":3})"), "Unexpected field type");
  EXPECT_EQ(wrong_shape(R"({"M":[]})"),
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>");
  const auto not_a_map = item("[]");
  ASSERT_FALSE(not_a_map.has_value());
  EXPECT_EQ(not_a_map.error().kind, JsonFaultKind::serialization);
}

TEST_F(AttributeValueJson, AWrongShapeIsSaidBeforeAWrongValue) {
  EXPECT_EQ(wrong_shape(R"({"L":[{"N":"b"},{"S":1}]})"),
            "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(wrong_shape(R"({"N":"b","B":"x"})"),
            "Base64 encoded length is expected a multiple of 4 bytes but found: 1");
  const auto late = item(R"({"a":{"SS":[]},"b":{"M":{"c":{"BOOL":1}}}})");
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().message, "NUMBER_VALUE cannot be converted to Boolean");
  // The writer is usable again.
  EXPECT_TRUE(item(R"({"a":{"S":"x"}})").has_value());
}

std::string nested(int containers, bool lists) {
  std::string json;
  for (int i = 0; i < containers; ++i) json += lists ? R"({"L":[)" : R"({"M":{"n":)";
  json += R"({"S":"leaf"})";
  for (int i = 0; i < containers; ++i) json += lists ? "]}" : "}}";
  return json;
}

TEST_F(AttributeValueJson, NestingHasALimit) {
  for (const bool lists : {false, true}) {
    EXPECT_TRUE(item(R"({"a":)" + nested(31, lists) + "}").has_value());
    EXPECT_TRUE(value(nested(31, lists)).has_value());
    for (const int containers : {32, 33, 400})
      EXPECT_EQ(invalid(nested(containers, lists)),
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
                "levels beyond supported limit");
  }
}

TEST_F(AttributeValueJson, Names) {
  const auto json = [](std::size_t size) {
    return R"({")" + std::string(size, 'n') + R"(":{"S":"x"}})";
  };
  EXPECT_TRUE(item(json(1)).has_value());
  EXPECT_TRUE(item(json(table::kMaxNameBytes)).has_value());
  EXPECT_EQ(item(json(0)).error().message, "Empty attribute name");
  EXPECT_EQ(item(json(table::kMaxNameBytes + 1)).error().message,
            "Attribute name is too large, must be less than 65536 bytes");
  EXPECT_EQ(invalid(R"({"M":)" + json(table::kMaxNameBytes + 1) + "}"),
            "Attribute name is too large, must be less than 65536 bytes");
}

TEST_F(AttributeValueJson, EveryStringComesBack) {
  SeededRandom random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t n = random.below(40); n > 0; --n) {
      const auto c = static_cast<char>(random.below(128));
      if (random.below(5) == 0) {
        text += "\xe2\x82\xac";
      } else {
        text += random.below(3) == 0 ? c : 'x';
      }
    }
    std::string json = "{\"S\":";
    protocol::append_json_string(json, text);
    json += "}";
    const auto got = value(json);
    ASSERT_TRUE(got.has_value()) << json;
    ASSERT_EQ(got->view().as_string(), text);
    std::string again;
    append_attribute_value(again, got->view());
    ASSERT_EQ(again, json);
  }
}

// Damaged requests get an answer: a fault or an item that validates.
TEST_F(AttributeValueJson, DamagedJson) {
  const std::string whole =
      R"({"a":{"S":"t"},"b":{"N":"-12.5"},"c":{"B":"AAEC"},"d":{"L":[{"NS":["1","2"]},{"M":{"k":{"BOOL":true}}}]},"e":{"NULL":true}})";
  SeededRandom random(6);
  int parsed = 0, accepted = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string json = whole;
    for (std::size_t n = 1 + random.below(3); n > 0; --n)
      json[random.below(json.size())] = whole[random.below(whole.size())];
    simdjson::dom::element element;
    if (parser_.parse(json).get(element) != simdjson::SUCCESS) continue;
    ++parsed;
    if (const auto got = read_item(element, writer_)) {
      ++accepted;
      ASSERT_TRUE(table::validate_item(got->encoded()).has_value()) << json;
    } else {
      ASSERT_FALSE(got.error().message.empty());
    }
  }
  EXPECT_GT(parsed, 1000);
  EXPECT_GT(accepted, 100);
  EXPECT_GT(parsed - accepted, 100);
}

}  // namespace
}  // namespace dyad::dynamodb
