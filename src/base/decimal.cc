#include "base/decimal.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace dyad {
namespace {

using Coefficient = Decimal::Coefficient;

// Powers of ten up to the largest that fits: 10^38.
constexpr std::array<Coefficient, 39> kPowers = [] {
  std::array<Coefficient, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// An exponent in a text beyond this is out of range whatever the digits are that fit in memory.
constexpr std::int64_t kExponentCap = std::int64_t{1} << 40;

int digits_of(Coefficient value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  const int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll(low | 1);
  // 1233/4096 is log10(2) from below, near enough for 128 bits.
  const int guess = bits * 1233 >> 12;
  if (guess >= static_cast<int>(kPowers.size())) return guess;
  return guess + (value >= kPowers[static_cast<std::size_t>(guess)] ? 1 : 0);
}

// At most 39 digits, into the end of `buffer`; gives the first.
char* write_digits(Coefficient value, char* end) {
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000u;  // 10^19
  while (value > UINT64_MAX) {
    auto part = static_cast<std::uint64_t>(value % kChunk);
    value /= kChunk;
    for (int i = 0; i < 19; ++i, part /= 10) *--end = static_cast<char>('0' + part % 10);
  }
  auto part = static_cast<std::uint64_t>(value);
  do {
    *--end = static_cast<char>('0' + part % 10);
    part /= 10;
  } while (part != 0);
  return end;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes "[+-]digits" from the front of `text`, saturated at kExponentCap.
bool read_exponent(std::string_view text, std::int64_t& exponent) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    if (exponent < kExponentCap) exponent = exponent * 10 + (c - '0');
  }
  if (negative) exponent = -exponent;
  return true;
}

}  // namespace

std::string_view message(DecimalFault fault) {
  switch (fault) {
    case DecimalFault::invalid_text:
      return "The parameter cannot be converted to a numeric value";
    case DecimalFault::overflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported "
             "range";
    case DecimalFault::underflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than supported "
             "range";
    case DecimalFault::precision:
      return "Attempting to store more than 38 significant digits in a Number";
  }
  return "";
}

Decimal::Decimal(std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value);
  *this = *make(value < 0, value < 0 ? 0 - magnitude : magnitude, 0);
}

std::expected<Decimal, DecimalFault> Decimal::make(bool negative, Coefficient coefficient,
                                                   int exponent) {
  Decimal made;
  if (coefficient == 0) return made;
  // Division of 128 bits is slow; most numbers fit 64.
  if (coefficient <= UINT64_MAX) {
    auto small = static_cast<std::uint64_t>(coefficient);
    for (; small % 10 == 0; ++exponent) small /= 10;
    coefficient = small;
  } else {
    for (; coefficient % 10 == 0; ++exponent) coefficient /= 10;
  }
  const int digits = digits_of(coefficient);
  const int leading = exponent + digits - 1;
  if (leading > kMaxExponent) return std::unexpected(DecimalFault::overflow);
  if (leading < kMinExponent) return std::unexpected(DecimalFault::underflow);
  if (digits > kMaxDigits) return std::unexpected(DecimalFault::precision);
  made.coefficient_ = coefficient;
  made.exponent_ = static_cast<std::int16_t>(exponent);
  made.negative_ = negative;
  return made;
}

std::expected<Decimal, DecimalFault> Decimal::parse(std::string_view text) {
  const auto invalid = std::unexpected(DecimalFault::invalid_text);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }

  // One walk over the digits: `significant` counts from the first nonzero digit to the last nonzero
  // one, `zeros` those after it, which may turn out to be trailing.
  Coefficient coefficient = 0;
  std::int64_t significant = 0, zeros = 0, integral = 0, fractional = 0;
  bool in_fraction = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
      continue;
    }
    if (!is_digit(c)) break;
    ++(in_fraction ? fractional : integral);
    if (c == '0') {
      if (significant > 0) ++zeros;
      continue;
    }
    significant += zeros + 1;
    // Beyond 38 digits the coefficient no longer matters: the text is refused below.
    if (significant <= kMaxDigits)
      coefficient = coefficient * kPowers[static_cast<std::size_t>(zeros + 1)] +
                    static_cast<unsigned>(c - '0');
    zeros = 0;
  }
  if (integral + fractional == 0) return invalid;
  std::int64_t exponent = 0;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return invalid;
    if (!read_exponent(text.substr(i + 1), exponent)) return invalid;
  }

  // Of a zero DynamoDB looks at the place of its last written digit as if it were one: "0e126" is
  // an overflow and "0e-131" an underflow, "0.0e126" is neither.
  exponent += zeros - fractional;
  const std::int64_t leading = exponent + std::max<std::int64_t>(significant, 1) - 1;
  if (leading > kMaxExponent) return std::unexpected(DecimalFault::overflow);
  if (leading < kMinExponent) return std::unexpected(DecimalFault::underflow);
  if (significant == 0) return Decimal();
  if (significant > kMaxDigits) return std::unexpected(DecimalFault::precision);
  Decimal parsed;
  parsed.coefficient_ = coefficient;
  parsed.exponent_ = static_cast<std::int16_t>(exponent);
  parsed.negative_ = negative;
  return parsed;
}

Decimal Decimal::negated() const {
  Decimal result = *this;
  result.negative_ = !negative_ && !is_zero();
  return result;
}

std::expected<Decimal, DecimalFault> Decimal::subtract(const Decimal& other) const {
  return add(other.negated());
}

std::expected<Decimal, DecimalFault> Decimal::add(const Decimal& other) const {
  if (is_zero()) return other;
  if (other.is_zero()) return *this;
  const Decimal& high = exponent_ >= other.exponent_ ? *this : other;
  const Decimal& low = exponent_ >= other.exponent_ ? other : *this;
  const int shift = high.exponent_ - low.exponent_;
  const int digits = digits_of(high.coefficient_);
  // `low` ends in a nonzero digit where the shifted `high` has a zero, so the sum ends there too
  // and cannot be shortened. With 40 digits of `high` it has 39 at least; with 39 only a difference
  // from less than 2 * 10^38 can still come down to 38, and that fits the coefficient.
  if (digits + shift > kMaxDigits + 1) return std::unexpected(DecimalFault::precision);
  if (digits + shift == kMaxDigits + 1 &&
      high.coefficient_ >= 2 * kPowers[static_cast<std::size_t>(digits - 1)])
    return std::unexpected(DecimalFault::precision);
  const Coefficient a = high.coefficient_ * kPowers[static_cast<std::size_t>(shift)];
  const Coefficient b = low.coefficient_;
  if (high.negative_ == low.negative_) return make(high.negative_, a + b, low.exponent_);
  if (a >= b) return make(high.negative_, a - b, low.exponent_);
  return make(low.negative_, b - a, low.exponent_);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative_ ? -1 : 1; };
  if (sign(*this) != sign(other) || is_zero()) return sign(*this) <=> sign(other);
  const int digits = digits_of(coefficient_), other_digits = digits_of(other.coefficient_);
  auto order = exponent_ + digits <=> other.exponent_ + other_digits;
  if (order == 0) {
    // The same leading exponent: compare as fractions of the longer one's length.
    const Coefficient a =
        coefficient_ * kPowers[static_cast<std::size_t>(std::max(0, other_digits - digits))];
    const Coefficient b =
        other.coefficient_ * kPowers[static_cast<std::size_t>(std::max(0, digits - other_digits))];
    order = a <=> b;
  }
  return negative_ ? 0 <=> order : order;
}

std::size_t Decimal::hash() const {
  std::uint64_t mixed = static_cast<std::uint64_t>(coefficient_) ^
                        static_cast<std::uint64_t>(coefficient_ >> 64) * 0x9e3779b97f4a7c15u;
  mixed ^= static_cast<std::uint64_t>(exponent_ * 2 + (negative_ ? 1 : 0)) * 0xff51afd7ed558ccdu;
  mixed ^= mixed >> 32;
  return mixed * 0xc4ceb9fe1a85ec53u;
}

void Decimal::append_text(std::string& out) const {
  char buffer[40];
  char* const end = buffer + sizeof buffer;
  const char* const first = write_digits(coefficient_, end);
  const std::string_view digits(first, static_cast<std::size_t>(end - first));
  if (negative_) out.push_back('-');
  if (exponent_ >= 0) {
    out.append(digits);
    out.append(static_cast<std::size_t>(exponent_), '0');
    return;
  }
  const auto fraction = static_cast<std::size_t>(-exponent_);
  if (digits.size() > fraction) {
    out.append(digits.substr(0, digits.size() - fraction));
    out.push_back('.');
    out.append(digits.substr(digits.size() - fraction));
  } else {
    out.append("0.");
    out.append(fraction - digits.size(), '0');
    out.append(digits);
  }
}

std::string Decimal::to_string() const {
  std::string text;
  append_text(text);
  return text;
}

// The encoding reads the magnitude as 0.pp pp pp... * 100^n with pairs of digits. The first byte is
// 0x80 + n + 64; each pair p follows as 2p + 1, the last one as 2p. A negative number is the
// complement of its magnitude's bytes. Zero takes the smallest first byte of the positive ones and
// the pair 0, which no other number has in front.
void Decimal::append_key(std::string& out) const {
  if (is_zero()) {
    out.append("\x80\x00", 2);
    return;
  }
  char digits[42];
  char* end = digits + 41;
  char* first = write_digits(coefficient_, end);
  const int leading = exponent_ + static_cast<int>(end - first) - 1;
  // Pairs are aligned to even exponents of ten; a lone digit is filled up with a zero on its side.
  if ((leading & 1) == 0) *--first = '0';
  if (((end - first) & 1) != 0) *end++ = '0';

  char bytes[kMaxKeyBytes];
  std::size_t size = 0;
  bytes[size++] = static_cast<char>(0x80 + (leading >> 1) + 65);
  for (const char* at = first; at < end; at += 2) {
    const int pair = (at[0] - '0') * 10 + (at[1] - '0');
    bytes[size++] = static_cast<char>(pair * 2 + (at + 2 < end ? 1 : 0));
  }
  if (negative_)
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  out.append(bytes, size);
}

bool Decimal::read_key(std::string_view& bytes, Decimal& out) {
  if (bytes.size() < 2) return false;
  const bool negative = static_cast<unsigned char>(bytes[0]) < 0x80;
  const unsigned flip = negative ? 0xff : 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]) ^ flip; };
  int exponent = (static_cast<int>(at(0)) - 0x80 - 65) * 2 + 2;
  if (at(1) == 0) {
    if (negative || at(0) != 0x80) return false;
    bytes.remove_prefix(2);
    out = Decimal();
    return true;
  }
  Coefficient coefficient = 0;
  std::size_t i = 1;
  int digits = 0;
  for (bool more = true; more; ++i) {
    if (i >= bytes.size() || i >= kMaxKeyBytes) return false;
    const unsigned pair = at(i) >> 1;
    more = (at(i) & 1) != 0;
    if (pair > 99 || (i == 1 && pair == 0) || (!more && pair == 0)) return false;
    digits += i == 1 && pair < 10 ? 1 : 2;
    const bool half = !more && pair % 10 == 0;
    if (half) --digits;
    if (digits > kMaxDigits) return false;
    exponent -= half ? 1 : 2;
    coefficient = half ? coefficient * 10 + pair / 10 : coefficient * 100 + pair;
  }
  out.coefficient_ = coefficient;
  out.exponent_ = static_cast<std::int16_t>(exponent);
  out.negative_ = negative;
  bytes.remove_prefix(i);
  return true;
}

Decimal Decimal::from_key(std::string_view bytes) {
  Decimal decoded;
  DYAD_CHECK(read_key(bytes, decoded) && bytes.empty());
  return decoded;
}

}  // namespace dyad
