#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "expression/expression_kind.h"
#include "expression/placeholders.h"
#include "expression/program.h"
#include "expression/syntax.h"

namespace dyad::expression {

/// Turns checked syntax into a program: replaces placeholders and checks operands, each function
/// giving the sentence of the first fault.
class Compiler {
 public:
  using Fault = std::optional<std::string>;

  Compiler(const Syntax& syntax, ExpressionKind kind, Placeholders& placeholders);

  /// Everything below the root, clause by clause as written.
  Fault compile_condition();

  /// A path of the syntax with its names replaced.
  Fault resolve_path(std::uint32_t raw_path, Path& out);

  // An update's nodes are compiled in two rounds: all names first, then all values, then the
  // operands.
  Fault resolve_names(NodeIndex node);
  Fault resolve_values(NodeIndex node);
  Fault check_operands(NodeIndex node);

  Program take() && { return std::move(program_); }
  const Program& program() const { return program_; }
  /// The type that is known before any item is seen; none: it depends on the item.
  std::optional<table::Type> static_type(NodeIndex node) const;

 private:
  Fault compile(NodeIndex node);
  Fault resolve_path_node(NodeIndex node);
  Fault resolve_value_node(NodeIndex node);
  Fault check_step(NodeIndex node);
  Fault check_function(NodeIndex node);
  Fault check_attribute_type(NodeIndex type_operand);
  Fault check_between(NodeIndex node);
  Fault check_distinct(NodeIndex node, std::string_view name) const;
  template <class Allowed>
  Fault check_types(NodeIndex node, std::string_view name, Allowed allowed) const;
  const Path* path_of(NodeIndex node) const;
  const table::Value* value_of(NodeIndex node) const;

  const Syntax& syntax_;
  ExpressionKind kind_;
  Placeholders& placeholders_;
  Program program_;
  /// Where each of Program::values came from: a value is kept once, however often it is used.
  std::vector<const table::Value*> taken_values_;
  std::size_t name_bytes_ = 0;  ///< Of the names put in for placeholders.
};

/// Parses, checks and compiles a condition of any of the three kinds.
Result<Program> compile_condition(std::string_view text, ExpressionKind kind,
                                  Placeholders& placeholders, bool report_size);

}  // namespace dyad::expression
