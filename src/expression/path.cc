#include "expression/path.h"

namespace dyad::expression {

std::optional<table::ValueView> resolve(table::ItemView item, const Path& path) {
  if (item.empty()) return std::nullopt;
  std::optional<table::ValueView> value = item.find(path.front().name);
  for (std::size_t i = 1; i < path.size() && value; ++i) {
    const PathElement& element = path[i];
    if (element.is_index) {
      if (value->type() != table::Type::list) return std::nullopt;
      const table::ListView list = value->as_list();
      if (element.index >= list.size()) return std::nullopt;
      value = list[element.index];
    } else {
      if (value->type() != table::Type::map) return std::nullopt;
      value = value->as_map().find(element.name);
    }
  }
  return value;
}

std::string path_text(const Path& path) {
  std::string text = "[";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) text += ", ";
    if (path[i].is_index) {
      text += '[';
      text += std::to_string(path[i].index);
      text += ']';
    } else {
      text += path[i].name;
    }
  }
  text += ']';
  return text;
}

}  // namespace dyad::expression
