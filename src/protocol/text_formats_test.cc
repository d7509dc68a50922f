#include <gtest/gtest.h>

#include <limits>

#include "protocol/json_writer.h"
#include "protocol/query_string.h"
#include "protocol/timestamps.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json(double value) {
  std::string out;
  append_json_double(out, value);
  return out;
}

std::string xml(std::string_view text) {
  std::string out;
  append_xml_text(out, text);
  return out;
}

TEST(JsonWriter, EscapesWhereverTheByteStands) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json(std::string_view("\b\f\n\r\t\0\x1f", 7)), R"("\b\f\n\r\t\u0000\u001f")");
  // Each place of the sixteen-byte blocks, and behind the last one.
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\n';
    std::string expected = "\"" + std::string(at, 'x') + "\\n" + std::string(39 - at, 'x') + "\"";
    EXPECT_EQ(json(text), expected) << at;
  }
  EXPECT_EQ(json("\x7f é 😀"), "\"\x7f é 😀\"");
}

TEST(JsonWriter, Base64) {
  const auto base64 = [](std::string_view bytes) {
    std::string out;
    append_json_base64(out, bytes);
    return out;
  };
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), R"("")");
  EXPECT_EQ(base64("f"), R"("Zg==")");
  EXPECT_EQ(base64("fo"), R"("Zm8=")");
  EXPECT_EQ(base64("foo"), R"("Zm9v")");
  EXPECT_EQ(base64("foobar"), R"("Zm9vYmFy")");
  EXPECT_EQ(base64("\xff\xfe\xfd"), R"("//79")");
}

TEST(JsonWriter, DoublesAreWrittenAsAwsWritesCapacity) {
  EXPECT_EQ(json(1.0), "1.0");
  EXPECT_EQ(json(0.5), "0.5");
  EXPECT_EQ(json(0.0), "0.0");
  EXPECT_EQ(json(1e300), "1e+300");
  EXPECT_EQ(json(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(json(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(XmlWriter, EscapesMarkupAndControlCharacters) {
  EXPECT_EQ(xml("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(xml("line\r\nnext\tcell"), "line&#xd;\nnext\tcell");
  EXPECT_EQ(xml(std::string_view("\x01\x1f\0", 3)), "&#x1;&#x1f;&#x0;");
  std::string out;
  append_element(out, "Prefix", "");
  append_element(out, "Key", "é");
  EXPECT_EQ(out, "<Prefix/><Key>é</Key>");
}

TEST(Timestamps, AllFormatsSayTheSameMoment) {
  const UtcMs time{1'700'000'000'123};
  EXPECT_EQ(to_string(time, TimestampFormat::iso8601), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(to_string(time, TimestampFormat::rfc822), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(to_string(time, TimestampFormat::unix_seconds), "1700000000.123");
  EXPECT_EQ(to_string(UtcMs{5000}, TimestampFormat::unix_seconds), "5");
  EXPECT_EQ(to_string(UtcMs{-1500}, TimestampFormat::unix_seconds), "-1.500");
  EXPECT_EQ(to_string(UtcMs{-1}, TimestampFormat::iso8601), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(UtcMs{951'782'400'000}, TimestampFormat::rfc822),
            "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(Timestamps, MomentsBeyondTheFormatsAreHeldAtTheirEnds) {
  EXPECT_EQ(to_string(UtcMs{INT64_MAX}, TimestampFormat::iso8601), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(UtcMs{INT64_MIN}, TimestampFormat::iso8601), "0001-01-01T00:00:00.000Z");
}

TEST(Timestamps, ReadsWhatRfc9110Obliges) {
  const auto read = [](std::string_view text) {
    return parse_timestamp(text, TimestampFormat::rfc822);
  };
  const UtcMs expected{784'111'777'000};
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(read("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(read("Sun Nov  6 08:49:37 1994"), expected);
  for (std::string_view bad : {"", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
                               "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx",
                               "Sun, 06 Nvo 1994 08:49:37 GMT", "yesterday", ",", "Sun"}) {
    EXPECT_EQ(read(bad), std::nullopt) << bad;
  }
}

TEST(Timestamps, ReadsIso8601AndUnixSeconds) {
  const auto iso = [](std::string_view text) {
    return parse_timestamp(text, TimestampFormat::iso8601);
  };
  EXPECT_EQ(iso("2023-11-14T22:13:20Z"), UtcMs{1'700'000'000'000});
  EXPECT_EQ(iso("2023-11-14T22:13:20.123456789Z"), UtcMs{1'700'000'000'123});
  EXPECT_EQ(iso("2023-11-14T23:13:20+01:00"), UtcMs{1'700'000'000'000});
  EXPECT_EQ(iso("2023-11-14T16:43:20-0530"), UtcMs{1'700'000'000'000});
  for (std::string_view bad : {"2023-11-14", "2023-13-14T22:13:20Z", "2023-11-14T22:13:20",
                               "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Z "}) {
    EXPECT_EQ(iso(bad), std::nullopt) << bad;
  }
  const auto seconds = [](std::string_view text) {
    return parse_timestamp(text, TimestampFormat::unix_seconds);
  };
  EXPECT_EQ(seconds("1700000000.123"), UtcMs{1'700'000'000'123});
  EXPECT_EQ(seconds("1e400"), std::nullopt);
  EXPECT_EQ(seconds("nan"), std::nullopt);
  EXPECT_EQ(seconds("1e30"), std::nullopt);
  EXPECT_EQ(seconds("12s"), std::nullopt);
}

TEST(QueryString, IsDecodedInOrder) {
  const auto parsed = parse_query_string("list-type=2&prefix=a%2Fb+c&versioning&empty=");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 4u);
  EXPECT_EQ((*parsed)[0].value, "2");
  EXPECT_EQ((*parsed)[1].value, "a/b c");
  EXPECT_EQ((*parsed)[2].name, "versioning");
  EXPECT_EQ((*parsed)[3].value, "");
}

TEST(QueryString, BrokenEscapesAndTooManyParametersAreRefused) {
  EXPECT_EQ(parse_query_string("a=%2").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(parse_query_string("%zz=1").error().code, ErrorCode::invalid_argument);
  std::string many;
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) many += "a=1&";
  EXPECT_EQ(parse_query_string(many)->size(), kMaxQueryParameters);
  EXPECT_EQ(parse_query_string(many + "b=1").error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace dyad::protocol
