#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expression/expression_kind.h"
#include "expression/lexer.h"
#include "expression/syntax.h"

namespace dyad::expression {

/// The text's structure by the grammar of its kind, or the first error of form: too long, empty, a
/// syntax error, too many operators, redundant parentheses. `text` outlives the result. With
/// `report_size` the message of a text too long ends in its size, as in a Scan and in the
/// conditions of TransactWriteItems.
Result<Syntax> parse_syntax(std::string_view text, ExpressionKind kind, bool report_size = false);

/// Recursive descent over the tokens. A parse function returns false after the first error; the
/// error is the token it stands at.
class Parser {
 public:
  Parser(std::string_view text, ExpressionKind kind, std::vector<Token> tokens)
      : text_(text), kind_(kind), tokens_(std::move(tokens)) {}

  Result<Syntax> run();

 private:
  struct Parsed {
    NodeIndex node = 0;
    bool parenthesised = false;  ///< Directly in parentheses.
    bool bare_operand = false;   ///< A path or value, which is no condition.
    bool operand = false;        ///< May stand at a comparator's side.
  };

  // parser.cc
  const Token& peek() const { return tokens_[at_]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool next_is(TokenKind kind) const {
    return at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == kind;
  }
  std::string_view take();
  bool accept(TokenKind kind);
  bool expect(TokenKind kind);
  bool enter();
  void leave() { --depth_; }
  void wrap(Parsed& inner);
  NodeIndex add_node(Operation operation, std::initializer_list<NodeIndex> operands);
  NodeIndex add_list_node(Operation operation, const std::vector<NodeIndex>& operands);
  bool parse_path(std::uint32_t& path);
  bool parse_path_rest(std::uint32_t first_element, std::uint32_t& path);
  bool parse_value(NodeIndex& node);
  bool parse_function(NodeIndex& node);
  bool parse_operand(Parsed& out);
  bool extend_path(Parsed& out);
  Error error() const;

  // parser_condition.cc
  bool parse_or(Parsed& out);
  bool parse_and(Parsed& out);
  bool parse_not(Parsed& out);
  bool parse_predicate(Parsed& out);
  bool parse_primary(Parsed& out);
  bool parse_between(Parsed& out);
  bool parse_in(Parsed& out);

  // parser_update.cc
  bool parse_update();
  bool parse_section(ActionKind kind);
  bool parse_action(ActionKind kind);
  bool parse_sum(Parsed& out);
  bool parse_projection();

  std::string_view text_;
  ExpressionKind kind_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t depth_ = 0;
  bool too_deep_ = false;
  Syntax syntax_;
};

}  // namespace dyad::expression
