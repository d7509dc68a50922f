#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "expression/expression_kind.h"

namespace dyad::expression {

enum class TokenKind : std::uint8_t {
  end,
  identifier,  ///< A letter, then letters, digits, underscores.
  name,        ///< "#name".
  value,       ///< ":value".
  number,      ///< Digits.
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  plus,
  minus,
  comma,
  dot,
  open,
  close,
  open_bracket,
  close_bracket,
  // Keywords, in any case; only in the grammar that has them.
  word_and,
  word_or,
  word_not,
  word_between,
  word_in,
  word_set,
  word_remove,
  word_add,
  word_delete,
  other,  ///< One character that begins no token; always a syntax error where it stands.
};

struct Token {
  TokenKind kind;
  std::uint32_t begin;  ///< In the expression's text.
  std::uint32_t end;
};

/// All tokens and one `end`. Never fails: a character that means nothing is a token of its own,
/// since the service reports it as the parser meets it ("token: \"_\", near: \"set _something\"").
std::vector<Token> tokenize(std::string_view text, ExpressionKind kind);

}  // namespace dyad::expression
