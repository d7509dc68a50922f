#include <optional>

#include "expression/parser.h"

namespace dyad::expression {

// update  := section { section }
// section := SET set { "," set } | REMOVE path { "," path } | (ADD | DELETE) change { "," change }
// set     := path "=" sum;  change := path value
// sum     := operand [ ("+" | "-") operand ] | "(" sum ")"
// operand := path | value | function | "(" operand ")"
// Source: "Update expressions" in the developer guide. A section may stand twice here; the check
// that follows words that error.

namespace {

std::optional<ActionKind> section_kind(TokenKind kind) {
  switch (kind) {
    case TokenKind::word_set:
      return ActionKind::set;
    case TokenKind::word_remove:
      return ActionKind::remove;
    case TokenKind::word_add:
      return ActionKind::add;
    case TokenKind::word_delete:
      return ActionKind::erase;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Parser::parse_update() {
  do {
    const auto kind = section_kind(peek().kind);
    if (!kind) return false;
    take();
    if (!parse_section(*kind)) return false;
  } while (!at(TokenKind::end));
  return true;
}

bool Parser::parse_section(ActionKind kind) {
  syntax_.sections.push_back(kind);
  do {
    if (!parse_action(kind)) return false;
  } while (accept(TokenKind::comma));
  return true;
}

bool Parser::parse_action(ActionKind kind) {
  RawAction action{kind, 0};
  if (!parse_path(action.path)) return false;
  if (kind == ActionKind::set) {
    Parsed value;
    if (!expect(TokenKind::equal) || !parse_sum(value)) return false;
    action.value = value.node;
  } else if (kind != ActionKind::remove) {
    if (!parse_value(action.value)) return false;
  }
  syntax_.actions.push_back(action);
  return true;
}

/// `out` is a sum or an operand; parentheses may stand around either.
bool Parser::parse_sum(Parsed& out) {
  if (accept(TokenKind::open)) {
    if (!enter() || !parse_sum(out) || !expect(TokenKind::close)) return false;
    leave();
    wrap(out);
  } else if (!parse_operand(out)) {
    return false;
  }
  if (!at(TokenKind::plus) && !at(TokenKind::minus)) return true;
  // A sum has two operands: "a + b + c" stops at the second plus, and so does "(a + b) + c".
  const Operation left = syntax_.nodes[out.node].operation;
  if (left == Operation::plus || left == Operation::minus) return false;
  const Operation operation = at(TokenKind::plus) ? Operation::plus : Operation::minus;
  take();
  Parsed right;
  if (!parse_operand(right)) return false;
  out = Parsed{add_node(operation, {out.node, right.node})};
  return !at(TokenKind::plus) && !at(TokenKind::minus);
}

bool Parser::parse_projection() {
  do {
    std::uint32_t path = 0;
    if (!parse_path(path)) return false;
  } while (accept(TokenKind::comma));
  return true;
}

}  // namespace dyad::expression
