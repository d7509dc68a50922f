#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "expression/test_notation.h"
#include "expression/update_expression.h"

// Random updates of random items against a model that keeps an item as a tree and changes it in
// place.

namespace dyad::expression {
namespace {

using table::Type;

struct Tree {
  Type type = Type::null;
  std::string scalar;                      ///< The encoding of what is no list, map or set.
  std::map<std::string, Tree> members;     ///< map.
  std::map<std::uint32_t, Tree> elements;  ///< list; holes while an update runs.
  std::set<std::string> set;               ///< Encodings of the members.
};

Tree to_tree(table::ValueView value) {
  Tree tree{value.type(), {}, {}, {}, {}};
  if (value.type() == Type::map) {
    for (std::size_t i = 0; i < value.as_map().size(); ++i) {
      const auto entry = value.as_map()[i];
      tree.members.emplace(std::string(entry.name), to_tree(entry.value));
    }
  } else if (value.type() == Type::list) {
    for (std::uint32_t i = 0; i < value.as_list().size(); ++i) {
      tree.elements.emplace(i, to_tree(value.as_list()[i]));
    }
  } else if (table::is_set(value.type())) {
    for (std::size_t i = 0; i < value.as_set().size(); ++i) {
      tree.set.emplace(value.as_set()[i].encoded());
    }
  } else {
    tree.scalar = value.encoded();
  }
  return tree;
}

/// As test_notation shows values; list holes closed.
std::string show_tree(const Tree& tree) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (tree.type == Type::map) {
    for (const auto& [name, member] : tree.members) add(name + ": " + show_tree(member));
    return "{" + text + "}";
  }
  if (tree.type == Type::list) {
    for (const auto& [index, element] : tree.elements) add(show_tree(element));
    return "[" + text + "]";
  }
  if (table::is_set(tree.type)) {
    for (const std::string& member : tree.set) add(testing::show(table::ValueView(member)));
    return "<" + text + ">";
  }
  return testing::show(table::ValueView(tree.scalar));
}

const Tree* find(const Tree& root, const Path& path, std::size_t length) {
  const Tree* at = &root;
  for (std::size_t i = 0; i < length && at != nullptr; ++i) {
    if (path[i].is_index) {
      const auto found = at->elements.find(path[i].index);
      at = at->type == Type::list && found != at->elements.end() ? &found->second : nullptr;
    } else {
      const auto found = at->members.find(path[i].name);
      at = at->type == Type::map && found != at->members.end() ? &found->second : nullptr;
    }
  }
  return at;
}

Path parse_path(const std::string& text) {
  Path path;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '[') {
      path.push_back({"", static_cast<std::uint32_t>(text[i + 1] - '0'), true});
      i += 3;
    } else {
      if (text[i] == '.') ++i;
      path.push_back({text.substr(i, 1), 0, false});
      ++i;
    }
  }
  return path;
}

/// A value of a SET as the model sees it.
struct ModelValue {
  std::string text;  ///< In the expression.
  char kind;         ///< 'p'ath, 'v'alue, '+', '-', 'i'f_not_exists, 'l'ist_append.
  std::string path;
  std::string constant;  ///< Placeholder.
};

struct ModelAction {
  char kind;  ///< 's', 'r', 'a', 'd'.
  std::string path;
  ModelValue value;
};

struct Failure {
  std::string sentence;
};
constexpr const char* kMissing =
    "The provided expression refers to an attribute that does not exist in the item";
constexpr const char* kType = "An operand in the update expression has an incorrect data type";
constexpr const char* kPath =
    "The document path provided in the update expression is invalid for update";

class Model {
 public:
  Model(Tree item, const std::map<std::string, Tree>& constants)
      : old_(std::move(item)), constants_(constants) {}

  /// The item afterwards, or the sentence.
  std::string run(const std::vector<ModelAction>& actions) {
    try {
      std::vector<Tree> values(actions.size());
      for (std::size_t i = 0; i < actions.size(); ++i) {
        if (actions[i].kind == 's') values[i] = evaluate(actions[i].value);
      }
      Tree changed = old_;
      for (std::size_t i = 0; i < actions.size(); ++i) apply(actions[i], values[i], changed);
      return show_tree(changed);
    } catch (const Failure& failure) {
      return failure.sentence;
    }
  }

 private:
  Tree read(const std::string& path) const {
    const Path parsed = parse_path(path);
    const Tree* found = find(old_, parsed, parsed.size());
    if (found == nullptr) throw Failure{kMissing};
    return *found;
  }

  Tree evaluate(const ModelValue& value) const {
    if (value.kind == 'v') return constants_.at(value.constant);
    if (value.kind == 'i') {
      const Path parsed = parse_path(value.path);
      const Tree* found = find(old_, parsed, parsed.size());
      return found != nullptr ? *found : constants_.at(value.constant);
    }
    Tree left = read(value.path);
    if (value.kind == 'p') return left;
    const Tree& right = constants_.at(value.constant);
    if (value.kind == 'l') {
      if (left.type != Type::list) throw Failure{kType};
      auto next = static_cast<std::uint32_t>(left.elements.size());
      for (const auto& [index, element] : right.elements) left.elements.emplace(next++, element);
      return left;
    }
    if (left.type != Type::number) throw Failure{kType};
    return sum(left, right, value.kind == '+');
  }

  static Tree sum(const Tree& left, const Tree& right, bool plus) {
    const Decimal a = table::ValueView(left.scalar).as_number();
    const Decimal b = table::ValueView(right.scalar).as_number();
    return to_tree(table::Value::number((plus ? a.add(b) : a.subtract(b)).value()).view());
  }

  void apply(const ModelAction& action, const Tree& value, Tree& changed) const {
    const Path path = parse_path(action.path);
    const Tree* old_parent = find(old_, path, path.size() - 1);
    const bool in_list = path.back().is_index;
    if (old_parent == nullptr || old_parent->type != (in_list ? Type::list : Type::map)) {
      throw Failure{kPath};
    }
    Tree& parent = *const_cast<Tree*>(find(changed, path, path.size() - 1));
    const Tree* existing = find(old_, path, path.size());
    std::optional<Tree> made;
    bool removed = action.kind == 'r';
    if (action.kind == 's') made = value;
    if (action.kind == 'a' || action.kind == 'd') {
      const Tree& operand = constants_.at(action.value.constant);
      if (existing != nullptr && existing->type != operand.type) throw Failure{kType};
      if (existing == nullptr) {
        if (action.kind == 'a') made = operand;
      } else if (operand.type == Type::number) {
        made = sum(*existing, operand, true);
      } else {
        made = *existing;
        for (const std::string& member : operand.set) {
          if (action.kind == 'a') made->set.insert(member);
          if (action.kind == 'd') made->set.erase(member);
        }
        removed = made->set.empty();
      }
    }
    if (removed) {
      if (in_list) parent.elements.erase(path.back().index);
      if (!in_list) parent.members.erase(path.back().name);
    } else if (made) {
      if (in_list) parent.elements[path.back().index] = *made;
      if (!in_list) parent.members[path.back().name] = *made;
    }
  }

  Tree old_;
  const std::map<std::string, Tree>& constants_;
};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t limit) { return random_() % limit; }

  std::string random_value(int depth) {
    const std::uint32_t kind = below(depth > 3 ? 5 : 10);
    if (kind == 0) return std::to_string(static_cast<int>(below(20)) - 10);
    if (kind == 1) return "'" + std::string(1, static_cast<char>('p' + below(4))) + "'";
    if (kind == 2) return below(2) != 0 ? "true" : "null";
    if (kind == 3) return "<'p', 'q', 'r'>";
    if (kind == 4) return "<1, 2>";
    std::string text;
    const std::uint32_t count = below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (kind % 2 == 0) text += std::string(1, static_cast<char>('a' + i)) + ": ";
      text += random_value(depth + 1) + ", ";
    }
    return kind % 2 == 0 ? "{" + text + "}" : "[" + text + "]";
  }
  std::string random_item() {
    std::string text;
    for (char name = 'a'; name <= 'e'; ++name) {
      if (below(5) != 0) text += std::string(1, name) + ": " + random_value(0) + ", ";
    }
    return "{" + text + "}";
  }
  std::string random_path() {
    std::string path(1, static_cast<char>('a' + below(6)));
    while (below(3) == 0) {
      if (below(2) == 0) {
        path += "[" + std::to_string(below(5)) + "]";
      } else {
        path += "." + std::string(1, static_cast<char>('a' + below(4)));
      }
    }
    return path;
  }
  ModelValue random_set_value() {
    const std::string path = random_path();
    switch (below(6)) {
      case 0:
        return {path, 'p', path, ""};
      case 1:
        return {path + " + :n", '+', path, ":n"};
      case 2:
        return {"(" + path + " - :n)", '-', path, ":n"};
      case 3:
        return {"if_not_exists(" + path + ", :x)", 'i', path, ":x"};
      case 4:
        return {"list_append(" + path + ", :l)", 'l', path, ":l"};
      default:
        return {":x", 'v', "", ":x"};
    }
  }
  ModelAction random_action() {
    constexpr const char* kSets[] = {":s", ":m", ":n"};
    switch (below(5)) {
      case 0:
        return {'r', random_path(), {}};
      case 1: {
        const std::string operand = kSets[below(3)];
        return {'a', random_path(), {operand, 'v', "", operand}};
      }
      case 2: {
        const std::string operand = kSets[below(2)];
        return {'d', random_path(), {operand, 'v', "", operand}};
      }
      default:
        return {'s', random_path(), random_set_value()};
    }
  }

 private:
  std::mt19937 random_;
};

std::string render(const std::vector<ModelAction>& actions) {
  std::string text;
  const std::pair<char, const char*> sections[] = {
      {'s', " SET "}, {'r', " REMOVE "}, {'a', " ADD "}, {'d', " DELETE "}};
  for (const auto& [kind, keyword] : sections) {
    std::string section;
    for (const ModelAction& action : actions) {
      if (action.kind != kind) continue;
      section += (section.empty() ? keyword : ", ") + action.path;
      if (kind == 's') section += " = ";
      if (kind != 'r') section += " " + action.value.text;
    }
    text += section;
  }
  return text;
}

TEST(UpdateModel, RandomUpdatesMatchATree) {
  const char* chosen = std::getenv("DYAD_SEED");
  const auto seed = chosen != nullptr
                        ? static_cast<std::uint32_t>(std::strtoul(chosen, nullptr, 10))
                        : std::random_device()();
  SCOPED_TRACE("DYAD_SEED=" + std::to_string(seed));
  Generator generator(seed);
  const std::string given =
      "{:n: 3, :x: {a: [1, {b: 'y'}]}, :l: ['z', 4], :s: <'p', 'x'>, :m: <2, 9>}";
  const table::Value constants_value = testing::value(given);
  const std::map<std::string, Tree> constants = to_tree(constants_value.view()).members;
  constexpr int kRuns = 60000;
  int succeeded = 0;
  int refused = 0;
  for (int run = 0; run < kRuns; ++run) {
    const std::string stored = generator.random_item();
    std::vector<ModelAction> actions;
    const std::uint32_t count = 1 + generator.below(4);
    for (std::uint32_t i = 0; i < count; ++i) actions.push_back(generator.random_action());
    const std::string text = render(actions);
    Placeholders names_and_values = testing::placeholders(given);
    const auto update = UpdateExpression::parse(text, names_and_values);
    if (!update) {
      ASSERT_TRUE(update.error().message.find("Two document paths") != std::string::npos)
          << text << ": " << update.error().message;
      continue;
    }
    // The model takes actions in the order of the sections, as the expression has them.
    std::vector<ModelAction> ordered;
    for (const char kind : {'s', 'r', 'a', 'd'}) {
      for (const ModelAction& action : actions) {
        if (action.kind == kind) ordered.push_back(action);
      }
    }
    const table::Item item = testing::item(stored);
    const auto result = update->apply(item.view(), table::ItemView());
    const std::string expected = Model(to_tree(item.view().as_value()), constants).run(ordered);
    ASSERT_EQ(result ? testing::show(result->view()) : result.error().message, expected)
        << text << " of " << testing::show(item.view());
    if (result) {
      ASSERT_TRUE(table::validate_item(result->encoded()).has_value());
    }
    ++(result ? succeeded : refused);
  }
  EXPECT_GT(succeeded, kRuns / 10);
  EXPECT_GT(refused, kRuns / 10);
}

}  // namespace
}  // namespace dyad::expression
