#include <deque>
#include <optional>

#include "base/check.h"
#include "expression/errors.h"
#include "expression/limits.h"
#include "expression/update_expression.h"
#include "table/item_builder.h"

namespace dyad::expression {

using table::Type;
using table::ValueView;

namespace {

/// What an action does to its target.
struct Outcome {
  enum class Kind : std::uint8_t { keep, put, remove };
  Kind kind = Kind::keep;
  ValueView value;  ///< put.

  static Outcome put(ValueView value) { return {Kind::put, value}; }
  static Outcome remove() { return {Kind::remove, {}}; }
};

// Of an update as DynamoDB measures it; see record_bytes.
constexpr std::size_t kUpdateBytes = 3;
constexpr std::size_t kPutActionBytes = 19;  // SET, ADD.
constexpr std::size_t kTakeActionBytes = 2;  // REMOVE, DELETE.

Error refused(std::string_view sentence) {
  return Error(ErrorCode::invalid_argument, std::string(sentence));
}

}  // namespace

/// One application of an update to one item: first what every action does, read from the old item,
/// then one pass that copies the old item and changes the targets on the way.
class UpdateRun {
 public:
  UpdateRun(const UpdateExpression& update, table::ItemView base)
      : program_(update.program_),
        actions_(update.actions_),
        targets_(update.targets_),
        base_(base),
        outcomes_(update.actions_.size()) {}

  Result<> decide();
  table::Item write() const;

 private:
  Result<ValueView> evaluate(NodeIndex node);
  Result<ValueView> evaluate_function(const Step& step);
  Result<ValueView> append_lists(ValueView front, ValueView back);
  Result<ValueView> calculate(Operation operation, ValueView left, ValueView right);
  Result<std::optional<ValueView>> find_target(const Path& path) const;
  Result<Outcome> decide_add(std::optional<ValueView> existing, ValueView operand);
  Result<Outcome> decide_delete(std::optional<ValueView> existing, ValueView operand);
  Result<Outcome> combine_sets(ValueView existing, ValueView operand, bool keep_operand);
  ValueView keep(table::Value value) {
    made_bytes_ += value.encoded().size();
    made_.push_back(std::move(value));
    return made_.back().view();
  }

  void write_map(table::MapView old, PathSet::Range rest, table::ValueWriter& out) const;
  void write_list(table::ListView old, PathSet::Range rest, table::ValueWriter& out) const;
  void write_member(ValueView old, PathSet::Range group, table::ValueWriter& out) const;
  const Outcome& outcome(PathSet::Range leaf) const { return outcomes_[targets_.position(leaf)]; }
  bool removed(PathSet::Range group) const {
    return targets_.is_leaf(group) && outcome(group).kind == Outcome::Kind::remove;
  }
  bool puts(PathSet::Range group) const {
    return targets_.is_leaf(group) && outcome(group).kind == Outcome::Kind::put;
  }

  const Program& program_;
  const std::vector<Action>& actions_;
  const PathSet& targets_;
  table::ItemView base_;
  std::vector<Outcome> outcomes_;  ///< By action.
  std::deque<table::Value> made_;  ///< Values that neither the item nor the expression holds.
  std::size_t made_bytes_ = 0;
  std::size_t put_bytes_ = 0;  ///< Of what the outcomes put.
};

Result<> UpdateRun::decide() {
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    if (actions_[i].kind != ActionKind::set) continue;
    DYAD_TRY_ASSIGN(const ValueView value, evaluate(actions_[i].value));
    outcomes_[i] = Outcome::put(value);
  }
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const Path& path = targets_.paths()[i];
    const Action& action = actions_[i];
    DYAD_TRY_ASSIGN(const std::optional<ValueView> existing, find_target(path));
    if (action.kind == ActionKind::remove) {
      outcomes_[i] = Outcome::remove();
    } else if (action.kind != ActionKind::set) {
      const ValueView operand = program_.values[program_.steps[action.value].operand].view();
      auto outcome = action.kind == ActionKind::add ? decide_add(existing, operand)
                                                    : decide_delete(existing, operand);
      if (!outcome) return std::move(outcome).error();
      outcomes_[i] = *outcome;
    }
    if (outcomes_[i].kind != Outcome::Kind::put) continue;
    const auto above = static_cast<int>(path.size()) - 1;
    if (above + table::nesting_depth(outcomes_[i].value) > table::kMaxNestingDepth) {
      return refused(kNestedTooDeep);
    }
    put_bytes_ += outcomes_[i].value.encoded().size();
  }
  // Each of them is written into the item, which would have to be made to see how large it is.
  if (put_bytes_ > kMaxUpdateScratchBytes) return refused(kUpdatedItemTooLarge);
  return {};
}

Result<ValueView> UpdateRun::evaluate(NodeIndex node) {
  const Step& step = program_.steps[node];
  if (step.operation == Operation::value) return program_.values[step.operand].view();
  if (step.operation == Operation::path) {
    const auto value = resolve(base_, program_.paths[step.operand]);
    if (!value) return refused(kMissingOperand);
    return *value;
  }
  if (step.operation == Operation::function) return evaluate_function(step);
  DYAD_TRY_ASSIGN(const ValueView left, evaluate(program_.operand(step, 0)));
  if (left.type() != Type::number) return refused(kBadUpdateOperand);
  DYAD_TRY_ASSIGN(const ValueView right, evaluate(program_.operand(step, 1)));
  if (right.type() != Type::number) return refused(kBadUpdateOperand);
  return calculate(step.operation, left, right);
}

Result<ValueView> UpdateRun::evaluate_function(const Step& step) {
  const NodeIndex first = program_.operand(step, 0);
  const NodeIndex second = program_.operand(step, 1);
  if (step.function == Function::if_not_exists) {
    const auto existing = resolve(base_, program_.paths[program_.steps[first].operand]);
    if (existing) return *existing;
    return evaluate(second);
  }
  DYAD_CHECK(step.function == Function::list_append);
  DYAD_TRY_ASSIGN(const ValueView front, evaluate(first));
  if (front.type() != Type::list) return refused(kBadUpdateOperand);
  DYAD_TRY_ASSIGN(const ValueView back, evaluate(second));
  if (back.type() != Type::list) return refused(kBadUpdateOperand);
  return append_lists(front, back);
}

Result<ValueView> UpdateRun::append_lists(ValueView front, ValueView back) {
  if (made_bytes_ + front.encoded().size() + back.encoded().size() > kMaxUpdateScratchBytes) {
    return refused(kUpdatedItemTooLarge);
  }
  table::ValueWriter out;
  out.begin_list();
  for (const ValueView value : {front, back}) {
    const table::ListView list = value.as_list();
    for (std::size_t i = 0; i < list.size(); ++i) out.value(list[i]);
  }
  out.end_list();
  return keep(out.finish_value());
}

Result<ValueView> UpdateRun::calculate(Operation operation, ValueView left, ValueView right) {
  const Decimal a = left.as_number();
  const Decimal b = right.as_number();
  const auto sum = operation == Operation::plus ? a.add(b) : a.subtract(b);
  // A sum of too many digits is an overflow to DynamoDB, as ScyllaDB's test_number.py recorded it.
  if (!sum) {
    return refused(
        message(sum.error() == DecimalFault::precision ? DecimalFault::overflow : sum.error()));
  }
  return keep(table::Value::number(*sum));
}

/// What stands at the target now; invalid_argument: its parent is missing or not of the kind that
/// the last element needs.
Result<std::optional<ValueView>> UpdateRun::find_target(const Path& path) const {
  if (path.size() == 1) return base_.find(path.front().name);
  const Path above(path.begin(), path.end() - 1);
  const auto parent = resolve(base_, above);
  const PathElement& last = path.back();
  if (!parent || parent->type() != (last.is_index ? Type::list : Type::map)) {
    return refused(kBadUpdatePath);
  }
  if (!last.is_index) return parent->as_map().find(last.name);
  const table::ListView list = parent->as_list();
  if (last.index >= list.size()) return std::optional<ValueView>();
  return std::optional<ValueView>(list[last.index]);
}

Result<Outcome> UpdateRun::decide_add(std::optional<ValueView> existing, ValueView operand) {
  if (!existing) return Outcome::put(operand);
  if (existing->type() != operand.type()) return refused(kBadUpdateOperand);
  if (operand.type() != Type::number) return combine_sets(*existing, operand, true);
  DYAD_TRY_ASSIGN(const ValueView sum, calculate(Operation::plus, *existing, operand));
  return Outcome::put(sum);
}

Result<Outcome> UpdateRun::decide_delete(std::optional<ValueView> existing, ValueView operand) {
  if (!existing) return Outcome{};
  if (existing->type() != operand.type()) return refused(kBadUpdateOperand);
  return combine_sets(*existing, operand, false);
}

/// The union of two sets, or what of the first the second does not hold. Nothing left: the
/// attribute goes, since there is no empty set.
Result<Outcome> UpdateRun::combine_sets(ValueView existing, ValueView operand, bool keep_operand) {
  const std::size_t largest =
      existing.encoded().size() + (keep_operand ? operand.encoded().size() : 0);
  if (made_bytes_ + largest > kMaxUpdateScratchBytes) return refused(kUpdatedItemTooLarge);
  const table::SetView old = existing.as_set();
  const table::SetView change = operand.as_set();
  table::ValueWriter out;
  out.begin_set(existing.type());
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (keep_operand || !change.contains(old[i])) out.value(old[i]);
  }
  if (keep_operand) {
    for (std::size_t i = 0; i < change.size(); ++i) out.value(change[i]);
  }
  if (out.end_set(table::Duplicates::drop) == table::SetFault::empty) return Outcome::remove();
  return Outcome::put(keep(out.finish_value()));
}

table::Item UpdateRun::write() const {
  table::ValueWriter out;
  out.begin_map();
  write_map(base_.attributes(), targets_.all(), out);
  out.end_map();
  return out.finish_item();
}

/// Old members and changed ones, merged in the order of their names.
void UpdateRun::write_map(table::MapView old, PathSet::Range rest, table::ValueWriter& out) const {
  std::size_t i = 0;
  while (i < old.size() || rest.begin < rest.end) {
    if (rest.begin == rest.end) {
      const table::MapView::Entry entry = old[i++];
      out.key(entry.name);
      out.value(entry.value);
      continue;
    }
    const PathSet::Range group = targets_.first_group(rest);
    const std::string& name = targets_.element(group).name;
    const int order = i == old.size() ? 1 : old[i].name.compare(name);
    if (order < 0) {
      const table::MapView::Entry entry = old[i++];
      out.key(entry.name);
      out.value(entry.value);
      continue;
    }
    rest.begin = group.end;
    if (order > 0) {
      if (!puts(group)) continue;
      out.key(name);
      out.value(outcome(group).value);
      continue;
    }
    const table::MapView::Entry entry = old[i++];
    if (removed(group)) continue;
    out.key(name);
    write_member(entry.value, group, out);
  }
}

/// Indexes are those of the old list; beyond its end values are appended, in the order of their
/// indexes.
void UpdateRun::write_list(table::ListView old, PathSet::Range rest,
                           table::ValueWriter& out) const {
  for (std::size_t i = 0; i < old.size(); ++i) {
    const bool named =
        rest.begin < rest.end && targets_.element(targets_.first_group(rest)).index == i;
    if (!named) {
      out.value(old[i]);
      continue;
    }
    const PathSet::Range group = targets_.first_group(rest);
    rest.begin = group.end;
    if (!removed(group)) write_member(old[i], group, out);
  }
  while (rest.begin < rest.end) {
    const PathSet::Range group = targets_.first_group(rest);
    rest.begin = group.end;
    if (puts(group)) out.value(outcome(group).value);
  }
}

/// A member that was there before and stays.
void UpdateRun::write_member(ValueView old, PathSet::Range group, table::ValueWriter& out) const {
  if (targets_.is_leaf(group)) {
    out.value(puts(group) ? outcome(group).value : old);
  } else if (old.type() == Type::list) {
    out.begin_list();
    write_list(old.as_list(), group, out);
    out.end_list();
  } else {
    DYAD_CHECK(old.type() == Type::map);  // find_target has seen it.
    out.begin_map();
    write_map(old.as_map(), group, out);
    out.end_map();
  }
}

std::size_t UpdateExpression::record_bytes(table::ItemView after) const {
  std::size_t bytes = kUpdateBytes;
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const ActionKind kind = actions_[i].kind;
    bytes +=
        kind == ActionKind::set || kind == ActionKind::add ? kPutActionBytes : kTakeActionBytes;
    for (const PathElement& element : targets_.paths()[i]) bytes += element.is_index ? 1 : 0;
  }
  for (PathSet::Range rest = targets_.all(); rest.begin < rest.end;) {
    const PathSet::Range group = targets_.first_group(rest);
    rest.begin = group.end;
    const std::string& name = targets_.element(group).name;
    if (const auto value = after.find(name)) bytes += name.size() + dynamodb_size_bytes(*value);
  }
  return bytes;
}

Result<table::Item> UpdateExpression::apply(table::ItemView old, table::ItemView key) const {
  UpdateRun run(*this, old.empty() ? key : old);
  DYAD_TRY(run.decide());
  table::Item item = run.write();
  if (table::dynamodb_size_bytes(item.view()) > table::kMaxItemBytes) {
    return refused(kUpdatedItemTooLarge);
  }
  return item;
}

}  // namespace dyad::expression
