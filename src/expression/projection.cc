#include "expression/projection.h"

#include "expression/compiler.h"
#include "expression/condition.h"
#include "expression/errors.h"
#include "expression/form_check.h"
#include "expression/parser.h"

namespace dyad::expression {

Result<Projection> Projection::parse(std::string_view text, Placeholders& placeholders) {
  constexpr ExpressionKind kKind = ExpressionKind::projection;
  DYAD_TRY_ASSIGN(const Syntax syntax, parse_syntax(text, kKind));
  DYAD_TRY(check_form(syntax, kKind));
  Compiler compiler(syntax, kKind, placeholders);
  std::vector<Path> paths(syntax.paths.size());
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    if (const auto fault = compiler.resolve_path(i, paths[i])) return invalid(kKind, *fault);
  }
  if (const auto clash = find_clash(paths)) return invalid(kKind, *clash);
  return Projection(std::move(paths));
}

Projection Projection::of_attributes(const std::vector<std::string>& names) {
  std::vector<Path> paths;
  paths.reserve(names.size());
  for (const std::string& name : names) paths.push_back({PathElement{name}});
  return Projection(std::move(paths));
}

Result<> Projection::check_keys(const std::vector<std::string_view>& keys) const {
  return check_key_paths(paths_.paths(), keys);
}

}  // namespace dyad::expression
