#include "expression/update_expression.h"

#include "expression/compiler.h"
#include "expression/condition.h"
#include "expression/errors.h"
#include "expression/form_check.h"
#include "expression/parser.h"

namespace dyad::expression {
namespace {

using Fault = Compiler::Fault;
using table::Type;

/// Only ADD and DELETE spell the types out, and call a boolean BOOL all the same.
std::string_view long_type_name(Type type) {
  switch (type) {
    case Type::string:
      return "STRING";
    case Type::number:
      return "NUMBER";
    case Type::binary:
      return "BINARY";
    case Type::list:
      return "LIST";
    case Type::map:
      return "MAP";
    default:
      return table::type_name(type);
  }
}

Fault resolve_all(const Syntax& syntax, Compiler& compiler, std::vector<Path>& targets) {
  for (const RawAction& action : syntax.actions) {
    if (Fault fault = compiler.resolve_path(action.path, targets.emplace_back())) return fault;
    if (action.kind == ActionKind::remove) continue;
    if (Fault fault = compiler.resolve_names(action.value)) return fault;
  }
  for (const RawAction& action : syntax.actions) {
    if (action.kind == ActionKind::remove) continue;
    if (Fault fault = compiler.resolve_values(action.value)) return fault;
  }
  return find_clash(targets);
}

Fault check_operand_types(const Syntax& syntax, Compiler& compiler) {
  for (const RawAction& action : syntax.actions) {
    if (action.kind != ActionKind::add && action.kind != ActionKind::erase) continue;
    const bool adds = action.kind == ActionKind::add;
    const auto type = compiler.static_type(action.value);
    if (!type || table::is_set(*type) || (adds && *type == Type::number)) continue;
    return action_operand_type(adds ? "ADD" : "DELETE", long_type_name(*type));
  }
  for (const RawAction& action : syntax.actions) {
    if (action.kind != ActionKind::set) continue;
    if (Fault fault = compiler.check_operands(action.value)) return fault;
  }
  return std::nullopt;
}

}  // namespace

Result<UpdateExpression> UpdateExpression::parse(std::string_view text,
                                                 Placeholders& placeholders) {
  constexpr ExpressionKind kKind = ExpressionKind::update;
  DYAD_TRY_ASSIGN(const Syntax syntax, parse_syntax(text, kKind));
  DYAD_TRY(check_form(syntax, kKind));
  Compiler compiler(syntax, kKind, placeholders);
  std::vector<Path> targets;
  targets.reserve(syntax.actions.size());
  if (const Fault fault = resolve_all(syntax, compiler, targets)) return invalid(kKind, *fault);
  if (const Fault fault = check_operand_types(syntax, compiler)) return invalid(kKind, *fault);

  UpdateExpression made;
  made.program_ = std::move(compiler).take();
  made.targets_ = PathSet(std::move(targets));
  for (const RawAction& action : syntax.actions) {
    made.actions_.push_back({action.kind, action.value});
  }
  return made;
}

Result<> UpdateExpression::check_keys(const std::vector<std::string_view>& keys) const {
  for (const std::string_view key : keys) {
    for (const Path& target : targets_.paths()) {
      if (target.size() != 1 || target.front().name != key) continue;
      return fail(ErrorCode::invalid_argument,
                  "One or more parameter values were invalid: Cannot update attribute " +
                      std::string(key) + ". This attribute is part of the key");
    }
  }
  DYAD_TRY(check_key_paths(targets_.paths(), keys));
  return check_key_paths(program_.paths, keys);
}

}  // namespace dyad::expression
