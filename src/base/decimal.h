#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace dyad {

/// Why a text or a sum is not a number that can be stored.
enum class DecimalFault : std::uint8_t {
  invalid_text,  ///< Not a decimal number at all.
  overflow,      ///< Magnitude above 9.9999999999999999999999999999999999999E+125.
  underflow,     ///< Magnitude below 1E-130, but not zero.
  precision,     ///< More than 38 significant digits.
};

/// DynamoDB's sentence for the fault; for invalid_text without the ": <text>" that follows it.
std::string_view message(DecimalFault fault);

/// DynamoDB's number: zero, or up to 38 significant digits with a magnitude from 1E-130 to
/// 9.9999999999999999999999999999999999999E+125 of either sign. Exact; there is no rounding
/// anywhere. Always normalised (no trailing zeros in the coefficient, no negative zero), so that
/// 1, 1.0 and 1E0 are one value with one text and one encoding. Source: "Naming rules and data
/// types", Number, in the DynamoDB developer guide.
class Decimal {
 public:
  using Coefficient = unsigned __int128;
  static constexpr int kMaxDigits = 38;
  static constexpr int kMaxExponent = 125;   ///< Of the leading digit.
  static constexpr int kMinExponent = -130;  ///< Of the leading digit.
  /// The longest encoding: a byte of sign and exponent, 20 of digits.
  static constexpr std::size_t kMaxKeyBytes = 21;

  constexpr Decimal() = default;  ///< Zero.
  explicit Decimal(std::int64_t value);

  /// Optional sign, digits with at most one point, optional exponent; no spaces. Takes time linear
  /// in the text, which may be of any length.
  static std::expected<Decimal, DecimalFault> parse(std::string_view text);

  std::expected<Decimal, DecimalFault> add(const Decimal& other) const;
  std::expected<Decimal, DecimalFault> subtract(const Decimal& other) const;
  Decimal negated() const;

  bool is_zero() const { return coefficient_ == 0; }
  bool is_negative() const { return negative_; }
  /// The value is (-1)^negative * coefficient * 10^exponent.
  Coefficient coefficient() const { return coefficient_; }
  int exponent() const { return exponent_; }

  /// Plain notation without needless zeros, never an exponent: "100", "-0.5", "1" for 1E0. So
  /// DynamoDB answers "150" for 1.5E2, "3.14" for 3.1400, "42" for 00042 and "0" for -0.
  void append_text(std::string& out) const;
  std::string to_string() const;

  /// Appends an encoding whose byte order is the order of the numbers, which ends itself (no
  /// encoding is a prefix of another one) and is equal for equal numbers only. At most
  /// kMaxKeyBytes; two for small integers. See docs/formats-items.md, "Numbers".
  void append_key(std::string& out) const;
  /// Takes an encoding from the front of `bytes`; false: not one that append_key makes, `bytes` is
  /// as before.
  static bool read_key(std::string_view& bytes, Decimal& out);
  /// Decodes what append_key made, all of `bytes`; for bytes that were checked before.
  static Decimal from_key(std::string_view bytes);

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;
  std::size_t hash() const;

 private:
  static std::expected<Decimal, DecimalFault> make(bool negative, Coefficient coefficient,
                                                   int exponent);

  Coefficient coefficient_ = 0;
  std::int16_t exponent_ = 0;
  bool negative_ = false;
};

}  // namespace dyad

template <>
struct std::hash<dyad::Decimal> {
  std::size_t operator()(const dyad::Decimal& number) const noexcept { return number.hash(); }
};
