#include <optional>

#include "expression/parser.h"

namespace dyad::expression {

// condition := and { OR and }
// and       := not { AND not }
// not       := NOT not | predicate
// predicate := operand comparator operand | operand BETWEEN operand AND operand
//            | operand IN "(" operand { "," operand } ")" | function | "(" condition ")"
// operand   := path | value | function | "(" operand ")"
// Source: "Condition and filter expressions, operators, and functions", syntax.
//
// Whether "(" opens a condition or an operand is known only behind it, so that parse_or also yields
// a bare operand where it stands alone in parentheses; whoever needs a condition refuses it.

namespace {

std::optional<Operation> comparator(TokenKind kind) {
  switch (kind) {
    case TokenKind::equal:
      return Operation::equal;
    case TokenKind::not_equal:
      return Operation::not_equal;
    case TokenKind::less:
      return Operation::less;
    case TokenKind::less_equal:
      return Operation::less_equal;
    case TokenKind::greater:
      return Operation::greater;
    case TokenKind::greater_equal:
      return Operation::greater_equal;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Parser::parse_or(Parsed& out) {
  if (!parse_and(out)) return false;
  while (at(TokenKind::word_or)) {
    if (out.bare_operand) return false;
    take();
    Parsed right;
    if (!parse_and(right) || right.bare_operand) return false;
    out = Parsed{add_node(Operation::logical_or, {out.node, right.node})};
  }
  return true;
}

bool Parser::parse_and(Parsed& out) {
  if (!parse_not(out)) return false;
  while (at(TokenKind::word_and)) {
    if (out.bare_operand) return false;
    take();
    Parsed right;
    if (!parse_not(right) || right.bare_operand) return false;
    out = Parsed{add_node(Operation::logical_and, {out.node, right.node})};
  }
  return true;
}

bool Parser::parse_not(Parsed& out) {
  if (!accept(TokenKind::word_not)) return parse_predicate(out);
  // Counted before what it negates, so that a chain of NOT is seen for what it is at the depth
  // limit.
  ++syntax_.operator_count;
  if (!enter() || !parse_not(out) || out.bare_operand) return false;
  leave();
  out = Parsed{add_node(Operation::logical_not, {out.node})};
  --syntax_.operator_count;
  return true;
}

bool Parser::parse_predicate(Parsed& out) {
  if (!parse_primary(out)) return false;
  if (!out.operand) return true;
  if (const auto operation = comparator(peek().kind)) {
    take();
    Parsed right;
    if (!parse_operand(right)) return false;
    out = Parsed{add_node(*operation, {out.node, right.node})};
    return true;
  }
  if (accept(TokenKind::word_between)) return parse_between(out);
  if (accept(TokenKind::word_in)) return parse_in(out);
  return true;
}

bool Parser::parse_primary(Parsed& out) {
  if (!accept(TokenKind::open)) return parse_operand(out);
  if (!enter() || !parse_or(out) || !expect(TokenKind::close)) return false;
  leave();
  wrap(out);
  return extend_path(out);
}

bool Parser::parse_between(Parsed& out) {
  Parsed lower;
  Parsed upper;
  if (!parse_operand(lower) || !expect(TokenKind::word_and) || !parse_operand(upper)) return false;
  out = Parsed{add_node(Operation::between, {out.node, lower.node, upper.node})};
  return true;
}

bool Parser::parse_in(Parsed& out) {
  if (!expect(TokenKind::open)) return false;
  std::vector<NodeIndex> operands = {out.node};
  do {
    Parsed candidate;
    if (!parse_operand(candidate)) return false;
    operands.push_back(candidate.node);
  } while (accept(TokenKind::comma));
  if (!expect(TokenKind::close)) return false;
  out = Parsed{add_list_node(Operation::in, operands)};
  return true;
}

}  // namespace dyad::expression
