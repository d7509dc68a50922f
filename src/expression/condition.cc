#include "expression/condition.h"

#include "expression/compiler.h"

namespace dyad::expression {

Result<Condition> Condition::parse(std::string_view text, ExpressionKind kind,
                                   Placeholders& placeholders, bool report_size) {
  DYAD_TRY_ASSIGN(Program program, compile_condition(text, kind, placeholders, report_size));
  return Condition(std::move(program));
}

Result<> Condition::check_keys(const std::vector<std::string_view>& keys, bool forbid_keys) const {
  if (forbid_keys) {
    for (const std::string_view key : keys) {
      for (const Path& path : program_.paths) {
        if (path.front().name != key) continue;
        return fail(ErrorCode::invalid_argument,
                    "Filter Expression can only contain non-primary key attributes: Primary key "
                    "attribute: " +
                        std::string(key));
      }
    }
  }
  return check_key_paths(program_.paths, keys);
}

Result<> check_key_paths(const std::vector<Path>& paths,
                         const std::vector<std::string_view>& keys) {
  for (const std::string_view key : keys) {
    for (const Path& path : paths) {
      if (path.size() < 2 || path.front().name != key) continue;
      return fail(ErrorCode::invalid_argument,
                  "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                  "not allowed: Key: " +
                      std::string(key));
    }
  }
  return {};
}

}  // namespace dyad::expression
