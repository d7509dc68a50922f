// Moments and numbers as text. What is read and written out is read as the same.

#include <optional>
#include <string>

#include "base/decimal.h"
#include "crypto/amz_date.h"
#include "fuzz/fuzz_input.h"
#include "protocol/timestamps.h"

namespace dyad::fuzz {
namespace {

void check_timestamp(std::string_view text, protocol::TimestampFormat format) {
  const std::optional<protocol::UtcMs> moment = protocol::parse_timestamp(text, format);
  if (!moment) return;
  const std::string written = protocol::to_string(*moment, format);
  const std::optional<protocol::UtcMs> again = protocol::parse_timestamp(written, format);
  DYAD_CHECK(again.has_value());
  DYAD_CHECK(protocol::to_string(*again, format) == written);
}

void check_dates(std::string_view text) {
  if (const auto moment = crypto::parse_amz_date(text)) {
    DYAD_CHECK(crypto::parse_amz_date(crypto::to_amz_date(*moment)) == moment);
  }
  if (const auto moment = crypto::parse_http_date(text)) {
    DYAD_CHECK(crypto::parse_http_date(crypto::to_http_date(*moment)) == moment);
    crypto::to_iso_date(*moment);
  }
}

std::string key_of(const Decimal& number) {
  std::string key;
  number.append_key(key);
  DYAD_CHECK(key.size() <= Decimal::kMaxKeyBytes);
  return key;
}

void check_number(const Decimal& number) {
  const auto again = Decimal::parse(number.to_string());
  DYAD_CHECK(again.has_value() && *again == number);
  const std::string key = key_of(number);
  DYAD_CHECK(Decimal::from_key(key) == number);
}

void check_numbers(std::string_view text_a, std::string_view text_b) {
  const auto a = Decimal::parse(text_a);
  const auto b = Decimal::parse(text_b);
  if (a) check_number(*a);
  if (!a || !b) return;
  DYAD_CHECK((key_of(*a) < key_of(*b)) == (*a < *b));
  const auto sum = a->add(*b);
  if (!sum) return;
  check_number(*sum);
  const auto back = sum->subtract(*b);
  DYAD_CHECK(!back || *back == *a);
}

void check_number_key(std::string_view bytes) {
  std::string_view rest = bytes;
  Decimal number;
  if (!Decimal::read_key(rest, number)) {
    DYAD_CHECK(rest.data() == bytes.data() && rest.size() == bytes.size());
    return;
  }
  DYAD_CHECK(key_of(number) == bytes.substr(0, bytes.size() - rest.size()));
  check_number(number);
}

}  // namespace

void check(Input input) {
  switch (const std::size_t choice = input.choice(7)) {
    case 0:
      return check_dates(input.rest());
    case 1: {
      const std::string_view first = input.until(' ');
      return check_numbers(first, input.rest());
    }
    case 2:
      return check_number_key(input.rest());
    default:
      return check_timestamp(input.rest(), static_cast<protocol::TimestampFormat>(choice - 3));
  }
}

}  // namespace dyad::fuzz
