#include "expression/lexer.h"

#include <array>
#include <optional>

namespace dyad::expression {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct Keyword {
  std::string_view word;  ///< Upper case.
  TokenKind kind;
};
constexpr std::array kConditionWords = {
    Keyword{"AND", TokenKind::word_and}, Keyword{"OR", TokenKind::word_or},
    Keyword{"NOT", TokenKind::word_not}, Keyword{"BETWEEN", TokenKind::word_between},
    Keyword{"IN", TokenKind::word_in},
};
constexpr std::array kUpdateWords = {
    Keyword{"SET", TokenKind::word_set},
    Keyword{"REMOVE", TokenKind::word_remove},
    Keyword{"ADD", TokenKind::word_add},
    Keyword{"DELETE", TokenKind::word_delete},
};

bool equal_ignoring_case(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & ~0x20) != upper[i]) return false;
  }
  return true;
}

TokenKind word_kind(std::string_view word, ExpressionKind kind) {
  if (kind == ExpressionKind::projection) return TokenKind::identifier;
  if (kind == ExpressionKind::update) {
    for (const Keyword& keyword : kUpdateWords) {
      if (equal_ignoring_case(word, keyword.word)) return keyword.kind;
    }
    return TokenKind::identifier;
  }
  for (const Keyword& keyword : kConditionWords) {
    if (equal_ignoring_case(word, keyword.word)) return keyword.kind;
  }
  return TokenKind::identifier;
}

std::optional<TokenKind> single(char c) {
  switch (c) {
    case '=':
      return TokenKind::equal;
    case '+':
      return TokenKind::plus;
    case '-':
      return TokenKind::minus;
    case ',':
      return TokenKind::comma;
    case '.':
      return TokenKind::dot;
    case '(':
      return TokenKind::open;
    case ')':
      return TokenKind::close;
    case '[':
      return TokenKind::open_bracket;
    case ']':
      return TokenKind::close_bracket;
    default:
      return std::nullopt;
  }
}

/// Length of the UTF-8 sequence that begins at `text`, one for bytes that begin none.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (lead >= 0xF0) {
    size = 4;
  } else if (lead >= 0xE0) {
    size = 3;
  } else if (lead >= 0xC0) {
    size = 2;
  }
  return size <= text.size() ? size : text.size();
}

struct Lexeme {
  TokenKind kind;
  std::size_t size;
};

std::size_t word_bytes(std::string_view text, std::size_t from) {
  while (from < text.size() && is_word(text[from])) ++from;
  return from;
}

/// The token at the front of `text`, which begins with no space.
Lexeme next_lexeme(std::string_view text, ExpressionKind kind) {
  const char c = text.front();
  if (is_letter(c)) {
    const std::size_t size = word_bytes(text, 1);
    return {word_kind(text.substr(0, size), kind), size};
  }
  if (is_digit(c)) {
    std::size_t size = 1;
    while (size < text.size() && is_digit(text[size])) ++size;
    return {TokenKind::number, size};
  }
  if (c == '#' || c == ':') {
    const std::size_t size = word_bytes(text, 1);
    if (size == 1) return {TokenKind::other, 1};
    return {c == '#' ? TokenKind::name : TokenKind::value, size};
  }
  const char following = text.size() > 1 ? text[1] : '\0';
  if (c == '<') {
    if (following == '>') return {TokenKind::not_equal, 2};
    if (following == '=') return {TokenKind::less_equal, 2};
    return {TokenKind::less, 1};
  }
  if (c == '>') {
    if (following == '=') return {TokenKind::greater_equal, 2};
    return {TokenKind::greater, 1};
  }
  if (const auto punctuation = single(c)) return {*punctuation, 1};
  return {TokenKind::other, character_bytes(text)};
}

}  // namespace

std::vector<Token> tokenize(std::string_view text, ExpressionKind kind) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 4 + 2);
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) break;
    const Lexeme lexeme = next_lexeme(text.substr(at), kind);
    tokens.push_back({lexeme.kind, static_cast<std::uint32_t>(at),
                      static_cast<std::uint32_t>(at + lexeme.size)});
    at += lexeme.size;
  }
  const auto end = static_cast<std::uint32_t>(text.size());
  tokens.push_back({TokenKind::end, end, end});
  return tokens;
}

}  // namespace dyad::expression
