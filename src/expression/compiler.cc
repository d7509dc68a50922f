#include "expression/compiler.h"

#include <algorithm>
#include <charconv>

#include "expression/errors.h"
#include "expression/form_check.h"
#include "expression/functions.h"
#include "expression/limits.h"
#include "expression/parser.h"

namespace dyad::expression {

Result<Program> compile_condition(std::string_view text, ExpressionKind kind,
                                  Placeholders& placeholders, bool report_size) {
  DYAD_TRY_ASSIGN(const Syntax syntax, parse_syntax(text, kind, report_size));
  DYAD_TRY(check_form(syntax, kind));
  Compiler compiler(syntax, kind, placeholders);
  if (const auto fault = compiler.compile_condition()) return invalid(kind, *fault);
  return std::move(compiler).take();
}

Compiler::Compiler(const Syntax& syntax, ExpressionKind kind, Placeholders& placeholders)
    : syntax_(syntax), kind_(kind), placeholders_(placeholders) {
  program_.operands = syntax.operands;
  program_.root = syntax.root;
  program_.steps.reserve(syntax.nodes.size());
  program_.paths.reserve(syntax.paths.size());
  program_.values.reserve(syntax.values.size());
  taken_values_.reserve(syntax.values.size());
  for (const Node& node : syntax.nodes) {
    Step step{node.operation};
    if (const FunctionRule* rule = find_function(node.function)) step.function = rule->function;
    step.first_operand = node.first_operand;
    step.operand_count = node.operand_count;
    program_.steps.push_back(step);
  }
}

Compiler::Fault Compiler::compile_condition() {
  return compile(syntax_.root);
}

/// Operands before what they are operands of, so that clauses are checked in the order written.
Compiler::Fault Compiler::compile(NodeIndex node) {
  const Step& step = program_.steps[node];
  if (step.operation == Operation::path) return resolve_path_node(node);
  if (step.operation == Operation::value) return resolve_value_node(node);
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    if (Fault fault = compile(program_.operand(step, i))) return fault;
  }
  return check_step(node);
}

Compiler::Fault Compiler::resolve_path(std::uint32_t raw_path, Path& out) {
  const RawPath& raw = syntax_.paths[raw_path];
  out.reserve(raw.element_count);
  for (std::uint32_t i = 0; i < raw.element_count; ++i) {
    const RawElement& element = syntax_.elements[raw.first_element + i];
    PathElement& made = out.emplace_back();
    if (element.kind == RawElement::Kind::index) {
      made.is_index = true;
      std::from_chars(element.text.data(), element.text.data() + element.text.size(), made.index);
    } else if (element.kind == RawElement::Kind::word) {
      made.name = element.text;
    } else if (const std::string* name = placeholders_.name(element.text)) {
      name_bytes_ += name->size();
      if (name_bytes_ > kMaxSubstitutionBytes) return std::string(kSubstitutionTooLarge);
      made.name = *name;
    } else {
      return undefined_name(element.text);
    }
  }
  if (out.size() > kMaxPathElements) return path_too_deep(out.size());
  return std::nullopt;
}

Compiler::Fault Compiler::resolve_path_node(NodeIndex node) {
  Path path;
  if (Fault fault = resolve_path(syntax_.nodes[node].operand, path)) return fault;
  program_.steps[node].operand = static_cast<std::uint32_t>(program_.paths.size());
  program_.paths.push_back(std::move(path));
  return std::nullopt;
}

Compiler::Fault Compiler::resolve_value_node(NodeIndex node) {
  const std::string_view key = syntax_.values[syntax_.nodes[node].operand];
  const table::Value* value = placeholders_.value(key);
  if (value == nullptr) return undefined_value(key);
  const auto known = std::ranges::find(taken_values_, value);
  program_.steps[node].operand = static_cast<std::uint32_t>(known - taken_values_.begin());
  if (known != taken_values_.end()) return std::nullopt;
  taken_values_.push_back(value);
  program_.values.push_back(*value);
  return std::nullopt;
}

Compiler::Fault Compiler::resolve_names(NodeIndex node) {
  const Step& step = program_.steps[node];
  if (step.operation == Operation::path) return resolve_path_node(node);
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    if (Fault fault = resolve_names(program_.operand(step, i))) return fault;
  }
  return std::nullopt;
}

Compiler::Fault Compiler::resolve_values(NodeIndex node) {
  const Step& step = program_.steps[node];
  if (step.operation == Operation::value) return resolve_value_node(node);
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    if (Fault fault = resolve_values(program_.operand(step, i))) return fault;
  }
  return std::nullopt;
}

Compiler::Fault Compiler::check_operands(NodeIndex node) {
  const Step& step = program_.steps[node];
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    if (Fault fault = check_operands(program_.operand(step, i))) return fault;
  }
  return check_step(node);
}

}  // namespace dyad::expression
