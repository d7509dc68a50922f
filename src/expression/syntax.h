#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace dyad::expression {

// What the parser makes of an expression's text, before any name is looked up. Flat arrays with
// indexes: one expression costs a handful of allocations, and nothing is freed recursively. All
// string views point into the text.

using NodeIndex = std::uint32_t;

enum class Operation : std::uint8_t {
  path,   ///< Node::operand is an index into Syntax::paths.
  value,  ///< Node::operand is an index into Syntax::values.
  function,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,  ///< Three operands.
  in,       ///< Two operands or more.
  logical_and,
  logical_or,
  logical_not,
  plus,
  minus,
};

struct Node {
  Operation operation;
  std::uint32_t operand = 0;        ///< path, value.
  std::uint32_t first_operand = 0;  ///< Others: of Syntax::operands, `operand_count` in a row.
  std::uint32_t operand_count = 0;
  std::string_view function = {};  ///< function: its name as written.
};

struct RawElement {
  enum class Kind : std::uint8_t { word, placeholder, index };
  Kind kind;
  std::string_view text;  ///< The word, "#name", or the digits.
};

struct RawPath {
  std::uint32_t first_element;  ///< Of Syntax::elements.
  std::uint32_t element_count;
};

enum class ActionKind : std::uint8_t { set, remove, add, erase };

/// One action of an update.
struct RawAction {
  ActionKind kind;
  std::uint32_t path;   ///< Index into Syntax::paths.
  NodeIndex value = 0;  ///< set, add, erase.
};

struct Syntax {
  std::vector<Node> nodes;
  std::vector<NodeIndex> operands;
  std::vector<RawElement> elements;
  std::vector<RawPath> paths;
  std::vector<std::string_view> values;  ///< ":value", one entry a mention.

  NodeIndex root = 0;              ///< Conditions.
  std::vector<RawAction> actions;  ///< Updates, in the order written.
  std::vector<ActionKind>
      sections;  ///< Updates: one entry a section keyword, in the order written.

  std::uint32_t operator_count = 0;
  bool redundant_parentheses = false;
};

}  // namespace dyad::expression
