#include <cstring>
#include <optional>

#include "base/check.h"
#include "expression/condition.h"

namespace dyad::expression {
namespace {

using table::Type;
using table::ValueView;

/// What an operand stands for in one item: nothing, a value, or the number that size() gave. The
/// number's encoding is kept in place so that nothing is allocated.
class Operand {
 public:
  Operand() = default;
  explicit Operand(ValueView value) : view_(value) {}
  explicit Operand(std::size_t size)
      : size_(table::Value::number(Decimal(static_cast<std::int64_t>(size)))) {}

  bool missing() const { return !size_ && view_.empty(); }
  ValueView value() const { return size_ ? size_->view() : view_; }

 private:
  ValueView view_;
  std::optional<table::Value>
      size_;  ///< A number of few bytes: in the string itself, not on the heap.
};

/// size() of a string counts UTF-16 units, as Java's strings do: "é𝄞" has 3.
std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++units;  // Not a continuation byte.
    if (byte >= 0xF0) ++units;           // Beyond the basic plane: a surrogate pair.
  }
  return units;
}

std::optional<std::size_t> size_of(ValueView value) {
  switch (value.type()) {
    case Type::string:
      return utf16_units(value.as_string());
    case Type::binary:
      return value.as_binary().size();
    case Type::list:
      return value.as_list().size();
    case Type::map:
      return value.as_map().size();
    case Type::string_set:
    case Type::number_set:
    case Type::binary_set:
      return value.as_set().size();
    case Type::number:
    case Type::boolean:
    case Type::null:
      break;
  }
  return std::nullopt;
}

/// In time that grows with the text alone: std::string_view::find takes the product of both for
/// "aaa...ab" in "aaa...a".
bool text_contains(std::string_view text, std::string_view part) {
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

/// A substring, a member of a set, or an element of a list.
bool contains(ValueView container, ValueView wanted) {
  switch (container.type()) {
    case Type::string:
      return wanted.type() == Type::string &&
             text_contains(container.as_string(), wanted.as_string());
    case Type::binary:
      return wanted.type() == Type::binary &&
             text_contains(container.as_binary(), wanted.as_binary());
    case Type::string_set:
    case Type::number_set:
    case Type::binary_set:
      return wanted.type() == table::element_type(container.type()) &&
             container.as_set().contains(wanted);
    case Type::list: {
      const table::ListView list = container.as_list();
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (table::equal(list[i], wanted)) return true;
      }
      return false;
    }
    case Type::number:
    case Type::boolean:
    case Type::null:
    case Type::map:
      break;
  }
  return false;
}

bool begins_with(ValueView value, ValueView prefix) {
  if (value.type() != prefix.type()) return false;
  if (value.type() == Type::string) return value.as_string().starts_with(prefix.as_string());
  if (value.type() == Type::binary) return value.as_binary().starts_with(prefix.as_binary());
  return false;
}

class Evaluation {
 public:
  Evaluation(const Program& program, table::ItemView item) : program_(program), item_(item) {}

  bool holds(NodeIndex node) const {
    const Step& step = program_.steps[node];
    switch (step.operation) {
      case Operation::logical_and:
        return holds(program_.operand(step, 0)) && holds(program_.operand(step, 1));
      case Operation::logical_or:
        return holds(program_.operand(step, 0)) || holds(program_.operand(step, 1));
      case Operation::logical_not:
        return !holds(program_.operand(step, 0));
      case Operation::function:
        return function_holds(step);
      case Operation::between:
        return between(step);
      case Operation::in:
        return in(step);
      default:
        return compares(step);
    }
  }

 private:
  Operand operand(NodeIndex node) const {
    const Step& step = program_.steps[node];
    if (step.operation == Operation::value) return Operand(program_.values[step.operand].view());
    if (step.operation == Operation::path) {
      const auto value = resolve(item_, program_.paths[step.operand]);
      return value ? Operand(*value) : Operand();
    }
    DYAD_CHECK(step.operation == Operation::function && step.function == Function::size);
    const Operand inner = operand(program_.operand(step, 0));
    if (inner.missing()) return Operand();
    const auto size = size_of(inner.value());
    return size ? Operand(*size) : Operand();
  }

  Operand operand(const Step& step, std::uint32_t i) const {
    return operand(program_.operand(step, i));
  }

  static bool equal(const Operand& a, const Operand& b) {
    return !a.missing() && !b.missing() && table::equal(a.value(), b.value());
  }

  /// The order of the two; none: one is missing or they are not comparable.
  static std::optional<int> order(const Operand& a, const Operand& b) {
    if (a.missing() || b.missing()) return std::nullopt;
    return table::compare(a.value(), b.value());
  }

  bool compares(const Step& step) const {
    const Operand a = operand(step, 0);
    const Operand b = operand(step, 1);
    if (step.operation == Operation::equal) return equal(a, b);
    if (step.operation == Operation::not_equal) return !equal(a, b);
    const auto relation = order(a, b);
    if (!relation) return false;
    switch (step.operation) {
      case Operation::less:
        return *relation < 0;
      case Operation::less_equal:
        return *relation <= 0;
      case Operation::greater:
        return *relation > 0;
      case Operation::greater_equal:
        return *relation >= 0;
      default:
        DYAD_CHECK(false && "not a comparator");
    }
    return false;
  }

  bool between(const Step& step) const {
    const Operand value = operand(step, 0);
    const auto lower = order(operand(step, 1), value);
    if (!lower || *lower > 0) return false;
    const auto upper = order(value, operand(step, 2));
    return upper && *upper <= 0;
  }

  bool in(const Step& step) const {
    const Operand value = operand(step, 0);
    if (value.missing()) return false;
    for (std::uint32_t i = 1; i < step.operand_count; ++i) {
      if (equal(value, operand(step, i))) return true;
    }
    return false;
  }

  bool function_holds(const Step& step) const {
    const Operand first = operand(step, 0);
    if (step.function == Function::attribute_exists) return !first.missing();
    if (step.function == Function::attribute_not_exists) return first.missing();
    const Operand second = operand(step, 1);
    if (first.missing() || second.missing()) return false;
    switch (step.function) {
      case Function::attribute_type:
        return table::type_name(first.value().type()) == second.value().as_string();
      case Function::begins_with:
        return begins_with(first.value(), second.value());
      case Function::contains:
        return contains(first.value(), second.value());
      default:
        DYAD_CHECK(false && "no condition");
    }
    return false;
  }

  const Program& program_;
  table::ItemView item_;
};

}  // namespace

bool Condition::evaluate(table::ItemView item) const {
  return Evaluation(program_, item).holds(program_.root);
}

}  // namespace dyad::expression
