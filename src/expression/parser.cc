#include "expression/parser.h"

#include "expression/errors.h"
#include "expression/limits.h"

namespace dyad::expression {

Result<Syntax> parse_syntax(std::string_view text, ExpressionKind kind, bool report_size) {
  if (text.empty()) return invalid(kind, kEmptyExpression);
  if (text.size() > kMaxExpressionBytes) {
    std::string sentence(kExpressionTooLong);
    if (report_size) sentence += " expression size: " + std::to_string(text.size());
    return invalid(kind, sentence);
  }
  return Parser(text, kind, tokenize(text, kind)).run();
}

Result<Syntax> Parser::run() {
  bool parsed = false;
  if (kind_ == ExpressionKind::update) {
    parsed = parse_update();
  } else if (kind_ == ExpressionKind::projection) {
    parsed = parse_projection();
  } else {
    Parsed root;
    parsed = parse_or(root) && !root.bare_operand;
    syntax_.root = root.node;
  }
  if (!parsed || !at(TokenKind::end)) return error();
  if (syntax_.operator_count > kMaxOperators) return invalid(kind_, too_many_operators());
  if (syntax_.redundant_parentheses) return invalid(kind_, kRedundantParentheses);
  return std::move(syntax_);
}

/// The token that did not fit, and the text from the token before it to the one after it.
Error Parser::error() const {
  if (too_deep_) {
    // See kMaxParseDepth: one of the two has been broken by now.
    return syntax_.operator_count > kMaxOperators ? invalid(kind_, too_many_operators())
                                                  : invalid(kind_, kRedundantParentheses);
  }
  const Token& token = peek();
  const std::size_t from = at_ > 0 ? tokens_[at_ - 1].begin : token.begin;
  const bool last = token.kind == TokenKind::end;
  std::size_t to = token.end;
  if (last) {
    to = at_ > 0 ? tokens_[at_ - 1].end : token.end;
  } else if (tokens_[at_ + 1].kind != TokenKind::end) {
    to = tokens_[at_ + 1].end;
  }
  const std::string_view shown =
      last ? std::string_view("<EOF>") : text_.substr(token.begin, token.end - token.begin);
  return invalid(kind_, syntax_error(shown, text_.substr(from, to - from)));
}

std::string_view Parser::take() {
  const Token& token = tokens_[at_++];
  return text_.substr(token.begin, token.end - token.begin);
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  ++at_;
  return true;
}

bool Parser::expect(TokenKind kind) {
  return accept(kind);
}

bool Parser::enter() {
  if (++depth_ <= kMaxParseDepth) return true;
  too_deep_ = true;
  return false;
}

/// Marks what stood in parentheses; parentheses around nothing but parentheses are redundant.
void Parser::wrap(Parsed& inner) {
  if (inner.parenthesised) syntax_.redundant_parentheses = true;
  inner.parenthesised = true;
}

NodeIndex Parser::add_node(Operation operation, std::initializer_list<NodeIndex> operands) {
  Node node{operation};
  node.first_operand = static_cast<std::uint32_t>(syntax_.operands.size());
  node.operand_count = static_cast<std::uint32_t>(operands.size());
  syntax_.operands.insert(syntax_.operands.end(), operands);
  syntax_.nodes.push_back(node);
  ++syntax_.operator_count;
  return static_cast<NodeIndex>(syntax_.nodes.size() - 1);
}

NodeIndex Parser::add_list_node(Operation operation, const std::vector<NodeIndex>& operands) {
  const NodeIndex node = add_node(operation, {});
  syntax_.nodes[node].operand_count = static_cast<std::uint32_t>(operands.size());
  syntax_.operands.insert(syntax_.operands.end(), operands.begin(), operands.end());
  return node;
}

bool Parser::parse_path(std::uint32_t& path) {
  const auto first = static_cast<std::uint32_t>(syntax_.elements.size());
  if (at(TokenKind::identifier)) {
    syntax_.elements.push_back({RawElement::Kind::word, take()});
  } else if (at(TokenKind::name)) {
    syntax_.elements.push_back({RawElement::Kind::placeholder, take()});
  } else {
    return false;
  }
  return parse_path_rest(first, path);
}

/// Zero or more ".name" and "[index]".
bool Parser::parse_path_rest(std::uint32_t first_element, std::uint32_t& path) {
  while (true) {
    if (accept(TokenKind::dot)) {
      if (at(TokenKind::identifier)) {
        syntax_.elements.push_back({RawElement::Kind::word, take()});
      } else if (at(TokenKind::name)) {
        syntax_.elements.push_back({RawElement::Kind::placeholder, take()});
      } else {
        return false;
      }
    } else if (accept(TokenKind::open_bracket)) {
      if (!at(TokenKind::number)) return false;
      syntax_.elements.push_back({RawElement::Kind::index, take()});
      if (!expect(TokenKind::close_bracket)) return false;
    } else {
      break;
    }
  }
  const auto count = static_cast<std::uint32_t>(syntax_.elements.size()) - first_element;
  syntax_.paths.push_back({first_element, count});
  path = static_cast<std::uint32_t>(syntax_.paths.size() - 1);
  return true;
}

bool Parser::parse_value(NodeIndex& node) {
  if (!at(TokenKind::value)) return false;
  syntax_.values.push_back(take());
  Node value{Operation::value};
  value.operand = static_cast<std::uint32_t>(syntax_.values.size() - 1);
  syntax_.nodes.push_back(value);
  node = static_cast<NodeIndex>(syntax_.nodes.size() - 1);
  return true;
}

/// name "(" operand { "," operand } ")", standing at the name.
bool Parser::parse_function(NodeIndex& node) {
  const std::string_view name = take();
  if (!expect(TokenKind::open)) return false;
  // Counted before its operands, so that functions in functions are seen for what they are at the
  // depth limit.
  ++syntax_.operator_count;
  if (!enter()) return false;
  std::vector<NodeIndex> operands;
  do {
    Parsed operand;
    if (!parse_operand(operand)) return false;
    operands.push_back(operand.node);
  } while (accept(TokenKind::comma));
  if (!expect(TokenKind::close)) return false;
  leave();
  node = add_list_node(Operation::function, operands);
  --syntax_.operator_count;
  syntax_.nodes[node].function = name;
  return true;
}

/// A path, value or function, in parentheses or not, at the side of an operator.
bool Parser::parse_operand(Parsed& out) {
  if (accept(TokenKind::open)) {
    if (!enter() || !parse_operand(out) || !expect(TokenKind::close)) return false;
    leave();
    wrap(out);
    return kind_ == ExpressionKind::update || extend_path(out);
  }
  out = Parsed{};
  out.operand = true;
  if (at(TokenKind::value)) {
    out.bare_operand = true;
    return parse_value(out.node);
  }
  if (at(TokenKind::identifier) && next_is(TokenKind::open)) return parse_function(out.node);
  out.bare_operand = true;
  Node path{Operation::path};
  if (!parse_path(path.operand)) return false;
  syntax_.nodes.push_back(path);
  out.node = static_cast<NodeIndex>(syntax_.nodes.size() - 1);
  return true;
}

/// "(a.b).c": conditions let a path go on behind the parentheses around its beginning.
bool Parser::extend_path(Parsed& out) {
  if (!at(TokenKind::dot) && !at(TokenKind::open_bracket)) return true;
  if (syntax_.nodes[out.node].operation != Operation::path) return true;
  Node& node = syntax_.nodes[out.node];
  // The path's elements are the last ones: nothing was read since but a parenthesis.
  std::uint32_t path = 0;
  if (!parse_path_rest(syntax_.paths[node.operand].first_element, path)) return false;
  node.operand = path;
  out.parenthesised = false;
  return true;
}

}  // namespace dyad::expression
