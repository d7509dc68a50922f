#include "expression/form_check.h"

#include <array>
#include <charconv>
#include <optional>

#include "expression/errors.h"
#include "expression/functions.h"
#include "expression/limits.h"
#include "expression/reserved_words.h"

namespace dyad::expression {
namespace {

enum class Place : std::uint8_t { condition, operand };

/// Walks in written order; each function gives the first sentence to refuse the expression with.
class FormCheck {
 public:
  FormCheck(const Syntax& syntax, ExpressionKind kind) : syntax_(syntax), kind_(kind) {}

  using Fault = std::optional<std::string>;

  Fault check_path(std::uint32_t index) const {
    const RawPath& path = syntax_.paths[index];
    for (std::uint32_t i = 0; i < path.element_count; ++i) {
      const RawElement& element = syntax_.elements[path.first_element + i];
      if (element.kind == RawElement::Kind::word && is_reserved_word(element.text)) {
        return reserved_word(element.text);
      }
      if (element.kind == RawElement::Kind::index && !index_in_range(element.text)) {
        return index_out_of_range(element.text);
      }
    }
    return std::nullopt;
  }

  Fault check_node(NodeIndex index, Place place) const {
    const Node& node = syntax_.nodes[index];
    if (node.operation == Operation::path) return check_path(node.operand);
    if (node.operation == Operation::value) return std::nullopt;
    Place inner = Place::operand;
    if (node.operation == Operation::function) {
      if (Fault fault = check_function(node, place)) return fault;
    } else if (node.operation == Operation::logical_and ||
               node.operation == Operation::logical_or ||
               node.operation == Operation::logical_not) {
      inner = Place::condition;
    }
    for (std::uint32_t i = 0; i < node.operand_count; ++i) {
      if (Fault fault = check_node(syntax_.operands[node.first_operand + i], inner)) return fault;
    }
    return std::nullopt;
  }

  Fault check_update() const {
    for (const RawAction& action : syntax_.actions) {
      if (Fault fault = check_path(action.path)) return fault;
      if (action.kind == ActionKind::remove) continue;
      if (Fault fault = check_node(action.value, Place::operand)) return fault;
    }
    return check_sections();
  }

 private:
  static bool index_in_range(std::string_view digits) {
    std::uint32_t index = 0;
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, index);
    return error == std::errc() && at == end && index <= kMaxListIndex;
  }

  Fault check_function(const Node& node, Place place) const {
    const FunctionRule* rule = find_function(node.function);
    if (rule == nullptr) return unknown_function(node.function);
    const bool of_updates = rule->use == FunctionUse::update;
    if (kind_ == ExpressionKind::update) {
      if (!of_updates) return foreign_function("an update", node.function);
      return std::nullopt;
    }
    if (of_updates) return foreign_function("a condition", node.function);
    const bool is_condition = rule->use == FunctionUse::condition;
    if (is_condition != (place == Place::condition)) return misused_function(node.function);
    return std::nullopt;
  }

  Fault check_sections() const {
    std::array<bool, 4> seen{};
    constexpr std::array<std::string_view, 4> kNames = {"SET", "REMOVE", "ADD", "DELETE"};
    for (const ActionKind section : syntax_.sections) {
      const auto i = static_cast<std::size_t>(section);
      if (seen[i]) return repeated_section(kNames[i]);
      seen[i] = true;
    }
    return std::nullopt;
  }

  const Syntax& syntax_;
  ExpressionKind kind_;
};

}  // namespace

Result<> check_form(const Syntax& syntax, ExpressionKind kind) {
  const FormCheck check(syntax, kind);
  FormCheck::Fault fault;
  if (kind == ExpressionKind::update) {
    fault = check.check_update();
  } else if (kind == ExpressionKind::projection) {
    for (std::uint32_t i = 0; i < syntax.paths.size() && !fault; ++i) fault = check.check_path(i);
  } else {
    fault = check.check_node(syntax.root, Place::condition);
  }
  if (fault) return invalid(kind, *fault);
  return {};
}

}  // namespace dyad::expression
