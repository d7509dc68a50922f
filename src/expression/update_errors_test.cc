#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/limits.h"
#include "expression/test_notation.h"
#include "expression/update_expression.h"

namespace dyad::expression {
namespace {

using testing::placeholders;

std::string update_error(const std::string& text, std::string_view given = "{}") {
  Placeholders names_and_values = placeholders(given);
  const auto parsed = UpdateExpression::parse(text, names_and_values);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  const std::string prefix = "Invalid UpdateExpression: ";
  EXPECT_EQ(parsed.error().message.substr(0, prefix.size()), prefix);
  return parsed.error().message.substr(prefix.size());
}

TEST(UpdateErrors, SyntaxErrorsNameTheTokenAndItsNeighbours) {
  struct Case {
    std::string text;
    std::string token;
    std::string near;
  };
  for (const Case& c : std::vector<Case>{
           {"INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"},
           {"set _something = :v", "_", "set _something"},
           {"SET a = :v, #, b = :v", "#", ", #,"},
           {"SET note = :v +", "<EOF>", "+"},
           {"SET numx = numx / :v", "/", "numx / :v"},
           {"SET numx = numx * :v", "*", "numx * :v"},
           {"ADD numx", "<EOF>", "numx"},
           {"ADD numx 1", "1", "numx 1"},
           {"DELETE setx a", "a", "setx a"},
           {"SET #list[0.#comment = :value", ".", "0.#comment"},
           {"set a = b + c + d", "+", "c + d"},
           {"set a = (b.c).d + e", ".", ").d"},
           {"whatever", "whatever", "whatever"},
           {"set a=set", "set", "=set"},
           {"set :a = b", ":a", "set :a ="},
           {"a-b", "a", "a-"},
       }) {
    EXPECT_EQ(update_error(c.text),
              "Syntax error; token: \"" + c.token + "\", near: \"" + c.near + "\"");
  }
  for (const std::string text : {"set a",
                                 "add a",
                                 "delete a",
                                 "remove a = b",
                                 "add a = b",
                                 "delete a = b",
                                 "delete a if_not_exist(b)",
                                 "add abort b",
                                 "add a if_not_exist(b)",
                                 "remove a b",
                                 "set a b",
                                 "add :a b",
                                 "remove :a",
                                 "set a[1] = \"eight\"",
                                 "set a[1] = 1",
                                 "SET a = if_not_exist(a, 100)",
                                 "SET if_not_exist(a, b) = a",
                                 "set (a = (b + c))",
                                 "set a = (b.c)[0] + e",
                                 "set a = (b + c) + d",
                                 "set a = b + (c + d)",
                                 "set a = list_append((b + c), d)",
                                 "set a = :v,",
                                 "set a = :v b = :v"}) {
    EXPECT_EQ(update_error(text).substr(0, 14), "Syntax error; ") << text;
  }
}

TEST(UpdateErrors, FormsThatAreAccepted) {
  for (const std::string text :
       {"set a[1] = b", "set a.b = b", "SET a = if_not_exists(a, b) + b",
        "SET a = if_not_exists(a, if_not_exists(a, b))", "set a = (b + c)", "set a = ((b.c.d)+(e))",
        "set a = (b)", "SET a = list_append(if_not_exists(a, :l), :l)", "REMOVE a, b[0] ADD c :s",
        " remove a set b=:s,c=:l DELETE d :s add e :s "}) {
    EXPECT_EQ(update_error(text, "{:l: [], :s: <1>}"), "accepted") << text;
  }
  EXPECT_EQ(update_error("set a = ((b))"), "The expression has redundant parentheses;");
  EXPECT_EQ(update_error("set a = ((b + c))"), "The expression has redundant parentheses;");
}

TEST(UpdateErrors, FormBeforePlaceholders) {
  EXPECT_EQ(update_error(" set #c = :c set abOrt = true "),
            "Attribute name is a reserved keyword; reserved keyword: abOrt");
  EXPECT_EQ(update_error(" remove Absolute "),
            "Attribute name is a reserved keyword; reserved keyword: Absolute");
  EXPECT_EQ(update_error("set #c = if_not_exist(:c) set c = d"),
            "Invalid function name; function: if_not_exist");
  EXPECT_EQ(update_error("set a = size(b)"),
            "The function is not allowed in an update expression; function: size");
  for (const auto& [text, section] : std::vector<std::pair<std::string, std::string>>{
           {"set a = #c set c = :d", "SET"},
           {"remove #d set a = b remove e", "REMOVE"},
           {"add #d :e set a = b add e :f", "ADD"},
           {"delete #d :e set a = b delete #e :f", "DELETE"}}) {
    EXPECT_EQ(update_error(text),
              "The \"" + section + "\" section can only be used once in an update expression;");
  }
}

TEST(UpdateErrors, NamesThenValuesThenClashes) {
  const std::string_view given = "{#a: 'a', #b: 'b', #c: 'c', #d: '[3]', :a: 'a'}";
  EXPECT_EQ(update_error("SET #x = if_not_exists(:c)", given),
            "An expression attribute name used in the document path is not defined; attribute "
            "name: #x");
  EXPECT_EQ(update_error("SET #a = if_not_exists(:c)", given),
            "An expression attribute value used in expression is not defined; attribute value: :c");
  struct Case {
    std::string text;
    std::string verb;
    std::string one;
    std::string two;
  };
  for (const Case& c : std::vector<Case>{
           {"set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", "overlap", "[c, [1], a]",
            "[c]"},
           {"set #c[3].#d = a, #c[3] = a", "overlap", "[c, [3], [3]]", "[c, [3]]"},
           {"SET fieldx = :a, fieldx = :a", "overlap", "[fieldx]", "[fieldx]"},
           {"SET lst[0] = :a, lst[0].ok = :a", "overlap", "[lst, [0]]", "[lst, [0], ok]"},
           {"SET x = :a REMOVE x.y", "overlap", "[x]", "[x, y]"},
           {"set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", "conflict", "[c, [3], [3]]",
            "[c, [3], [3]]"},
           {"remove a.#c set a[1] = #d", "conflict", "[a, c]", "[a, [1]]"},
       }) {
    EXPECT_EQ(update_error(c.text, given),
              "Two document paths " + c.verb +
                  " with each other; must remove or rewrite one of these paths; path one: " +
                  c.one + ", path two: " + c.two);
  }
}

TEST(UpdateErrors, OperandsOfAddAndDelete) {
  const auto error = [](const std::string& action, const std::string& type) {
    return "Incorrect operand type for operator or function; operator: " + action +
           ", operand type: " + type + ", typeSet: ALLOWED_FOR_ADD_OPERAND";
  };
  for (const auto& [value, type] :
       std::vector<std::pair<std::string, std::string>>{{"'a'", "STRING"},
                                                        {"b'a'", "BINARY"},
                                                        {"null", "NULL"},
                                                        {"true", "BOOL"},
                                                        {"[1]", "LIST"},
                                                        {"{a: 1}", "MAP"}}) {
    const std::string given = "{:a: " + value + "}";
    EXPECT_EQ(update_error("add a.b :a", given), error("ADD", type));
    EXPECT_EQ(update_error("delete a.b :a", given), error("DELETE", type));
  }
  EXPECT_EQ(update_error("delete a.b :a", "{:a: 1}"), error("DELETE", "NUMBER"));
  EXPECT_EQ(update_error("add a :a", "{:a: 1}"), "accepted");
  for (const std::string set : {"<1>", "<'a'>", "<b'a'>"}) {
    EXPECT_EQ(update_error("add a :a delete b :a", "{:a: " + set + "}"), "accepted");
  }
  EXPECT_EQ(
      update_error("set b = list_append(:a, a), c = if_not_exists(a) add a.b :a", "{:a: 'a'}"),
      error("ADD", "STRING"));
}

TEST(UpdateErrors, OperandsOfFunctions) {
  for (const std::string function : {"if_not_exists", "list_append"}) {
    EXPECT_EQ(update_error("set a = " + function + "(c)"),
              "Incorrect number of operands for operator or function; operator or function: " +
                  function + ", number of operands: 1");
  }
  for (const std::string text :
       {"set a = if_not_exists(:a, c)", "set a = if_not_exists(if_not_exists(a, b), c)"}) {
    EXPECT_EQ(update_error(text, "{:a: 1}"),
              "Operator or function requires a document path; operator or function: "
              "if_not_exists");
  }
  for (const auto& [value, type] :
       std::vector<std::pair<std::string, std::string>>{{"'a'", "S"},
                                                        {"b'a'", "B"},
                                                        {"null", "NULL"},
                                                        {"true", "BOOL"},
                                                        {"<'a'>", "SS"},
                                                        {"<1>", "NS"},
                                                        {"<b'a'>", "BS"},
                                                        {"{}", "M"},
                                                        {"[]", "L"},
                                                        {"1", "N"}}) {
    const std::string given = "{:a: " + value + "}";
    const auto expected = [&type = type](const std::string& operation) {
      return "Incorrect operand type for operator or function; operator or function: " + operation +
             ", operand type: " + type;
    };
    const std::string append = type == "L" ? "accepted" : expected("list_append");
    EXPECT_EQ(update_error("set a = list_append(:a, a)", given), append);
    EXPECT_EQ(update_error("set a = list_append(a, :a)", given), append);
    EXPECT_EQ(update_error("set a = a + :a", given), type == "N" ? "accepted" : expected("+"));
    EXPECT_EQ(update_error("set a = :a - a", given), type == "N" ? "accepted" : expected("-"));
  }
}

TEST(UpdateErrors, Limits) {
  EXPECT_EQ(update_error(""), "The expression can not be empty;");
  EXPECT_EQ(update_error("SET " + std::string(kMaxExpressionBytes - 8, 'a') + " = :v", "{:v: 1}"),
            "Expression size has exceeded the maximum allowed size;");
  EXPECT_EQ(update_error("SET " + std::string(kMaxExpressionBytes - 8, 'a') + " =:v", "{:v: 1}"),
            "accepted");
  std::string sums = "SET a0=b+c";
  for (std::uint32_t i = 1; i < kMaxOperators; ++i) sums += ",a" + std::to_string(i) + "=b+c";
  EXPECT_EQ(update_error(sums), "accepted");
  EXPECT_EQ(update_error(sums + ",z=b-c"),
            "The expression contains too many operators; operator count: 301");
  std::string deep = "SET a=" + std::string(2000, '(') + "b" + std::string(2000, ')');
  EXPECT_EQ(update_error(deep), "The expression has redundant parentheses;");
}

TEST(UpdateErrors, KeysStay) {
  Placeholders given = placeholders("{:v: 1, #k: 'sk'}");
  const auto error = [&given](const std::string& text) {
    const auto checked = UpdateExpression::parse(text, given).value().check_keys({"pk", "sk"});
    return checked ? "accepted" : checked.error().message;
  };
  EXPECT_EQ(error("SET pk = :v"),
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute "
            "is part of the key");
  EXPECT_EQ(error("SET a = :v REMOVE #k"),
            "One or more parameter values were invalid: Cannot update attribute sk. This attribute "
            "is part of the key");
  EXPECT_EQ(error("SET a = pk.b"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: pk");
  EXPECT_EQ(error("SET a = pk, b.pk = :v"), "accepted");
}

}  // namespace
}  // namespace dyad::expression
