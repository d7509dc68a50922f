#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "protocol/shape.h"

namespace dyad::protocol {

/// No message lists more violations than this, however many there are.
constexpr std::size_t kMaxViolations = 10;
/// A value is repeated in a message up to this many bytes.
constexpr std::size_t kMaxEchoBytes = 4096;

/// Where in a message a value is, as a chain on the stack of the codec that walks it. Becomes text
/// only when something is wrong there: "keySchema.1.member.keyType".
struct Place {
  const Place* parent = nullptr;
  std::string_view name = {};  ///< Of a member, as in the model; or a map's key.
  std::size_t position = 0;    ///< In a list, from 1; 0: not in a list.
  bool map_key = false;

  std::string text() const;
  /// The same with names as the model spells them: "RequestItems.Music.member.Keys".
  std::string model_text() const;
};

/// Gathers the ways in which a request breaks its model's constraints, in AWS's words. Which of
/// several violations AWS lists first follows no rule that a client could know; here it is the
/// order of the request, missing members of a structure last.
class Violations {
 public:
  bool empty() const { return entries_.empty() && missing_.empty(); }

  /// Holds a value that the codec has just read against its shape and the member's flags. `value`
  /// is of the shape's type.
  void check(const Shape& shape, const void* value, const Place& place, std::uint8_t flags = 0);
  /// Holds the values of a map against their shape: they are complained of together, as one of the
  /// map's own constraints.
  void check_map_values(const Shape& map, const void* value, const Place& place,
                        std::uint8_t flags = 0);
  /// A required member is not there.
  void missing(const Member& member, const Place& place);

  /// "2 validation errors detected: Value ... ; Value ...". Not empty.
  std::string message() const;

 private:
  void check_length(const Shape& shape, const void* value, std::int64_t length, const Place& place,
                    std::uint8_t flags);
  void check_number(const Shape& shape, std::int64_t number, const Place& place,
                    std::uint8_t flags);
  void check_text(const Shape& shape, const std::string& text, const Place& place,
                  std::uint8_t flags);
  void add(const Shape& shape, const void* value, const Place& place, std::uint8_t flags,
           const std::string& constraint);
  void add_sentence(const Shape& shape, const void* value, const Place& place, std::uint8_t flags,
                    const std::string& sentence);

  std::vector<std::string> entries_;
  std::string missing_;  ///< The sentence about a kMissingParameter; it stands alone.
};

/// "[Member must have length less than or equal to 25, ...]": all that is demanded of a string,
/// list or map.
std::string constraint_list(const Constraints& rule);

/// Length in UTF-16 units, as Java counts.
std::int64_t utf16_length(std::string_view utf8);

/// Whether a value keeps its shape's constraints, for protocols that answer with words of their
/// own.
bool keeps_constraints(const Shape& shape, const void* value);

}  // namespace dyad::protocol
