#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/condition.h"
#include "expression/limits.h"
#include "expression/test_notation.h"

// The messages are the service's own, as recorded by the suites that errors.h names.

namespace dyad::expression {
namespace {

using testing::placeholders;

std::string filter_error(const std::string& text, std::string_view given = "{}") {
  Placeholders names_and_values = placeholders(given);
  const auto parsed = Condition::parse(text, ExpressionKind::filter, names_and_values);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  const std::string prefix = "Invalid FilterExpression: ";
  EXPECT_EQ(parsed.error().message.substr(0, prefix.size()), prefix);
  return parsed.error().message.substr(prefix.size());
}

struct Case {
  std::string text;
  std::string given;
  std::string error;
};

TEST(ConditionErrors, SyntaxErrorsNameTheTokenAndItsNeighbours) {
  struct SyntaxCase {
    std::string text;
    std::string token;
    std::string near;
  };
  const std::vector<SyntaxCase> cases = {
      {"foo", "<EOF>", "foo"},
      {"attribute_not_exists(", "<EOF>", "("},
      {"a-b", "-", "a-b"},
      {"!!! INVALID !!!", "!", "!!"},
      {"_type = :v", "_", "_type"},
      {"a = :v AND __typename = :v", "_", "AND __"},
      {"now()", ")", "()"},
      {"contains([1]", "[", "([1"},
      {"#articleId attribute_not_exists :ckpst", "attribute_not_exists",
       "#articleId attribute_not_exists :ckpst"},
      {"tenantAgent:abc123-x", ":abc123", "tenantAgent:abc123-"},
      {"#list[abc].#comment = :v", "abc", "[abc]"},
      {"#list[-1].#comment = :v", "-", "[-1"},
      {"a == :v", "=", "== :v"},
      {"a = ", "<EOF>", "="},
      {"1", "1", "1"},
      {"things are not gonna be ok", "are", "things are not"},
      {"a > 4", "4", "> 4"},
      {"a in b, c", "b", "in b,"},
      {"a in (b,c,)", ")", ",)"},
      {"a > between", "between", "> between"},
      {"a > :things.stuff", ".", ":things.stuff"},
      {"#$.b > a", "#", "#$"},
      {"\xC3\xBC > a", "\xC3\xBC", "\xC3\xBC >"},
      {"size(a).b > a", ".", ").b"},
      {"(size(a))[0] > a", "[", ")[0"},
      {"(a)between(b.(c.d))and(c)", "(", ".(c"},
      {"a = :v)", ")", ":v)"},
      {"(a = b) = c", "=", ") = c"},
      {"(a AND b = c)", "AND", "a AND b"},
      {"a = (b = c)", "=", "b = c"},
      {"NOT a", "<EOF>", "a"},
  };
  for (const SyntaxCase& c : cases) {
    EXPECT_EQ(filter_error(c.text),
              "Syntax error; token: \"" + c.token + "\", near: \"" + c.near + "\"");
  }
  const std::vector<std::string> others = {"attribute_exists(Pictures-RearView)",
                                           "attribute_exists(\"Pictures.RearView\")",
                                           "attribute_exists(Pictures..RearView)",
                                           "attribute_exists(Pi#ctures.RearView)",
                                           "attribute_exists(asdf[a])",
                                           "a in b",
                                           "(a)between(b.c.d)and((c)",
                                           "b[:a] > a",
                                           "b[#_] > a",
                                           "(a)between(b.c[4.5].#d)and(:a)",
                                           "(size(a)).b > a",
                                           "AND",
                                           "()",
                                           "a <",
                                           "a OR"};
  for (const std::string& text : others) {
    EXPECT_EQ(filter_error(text).substr(0, 14), "Syntax error; ") << text;
  }
}

TEST(ConditionErrors, RedundantParentheses) {
  for (const std::string text :
       {"a=a and a > ((views))", "(a)between(((b.c)).d)and(c)", "a > whatever((:things), ((a)))",
        "a=a AND ((a=a AND a=a)) AND a=a", "a=a OR ((a=a OR (a=a OR a=a)))",
        "((attribute_not_exists(pk)))", "((a)) = b"}) {
    EXPECT_EQ(filter_error(text), "The expression has redundant parentheses;") << text;
  }
  for (const std::string text :
       {"(a = b)", "(a) = (b)", "((a) = (b))", "((size(a)) = b)", "((a = b) OR (b = c))",
        "(a.b).c = d", "((a.b).c) = d", "NOT (NOT (a = b))", "(a = b AND (c = d))"}) {
    EXPECT_EQ(filter_error(text), "accepted") << text;
  }
}

TEST(ConditionErrors, FormBeforePlaceholders) {
  const std::vector<Case> cases = {
      {"a=a and whatever((:things)) > a", "", "Invalid function name; function: whatever"},
      {"attRIbute_exIsts((views), #a)", "", "Invalid function name; function: attRIbute_exIsts"},
      {"attribute_exists(views, #a)", "",
       "Attribute name is a reserved keyword; reserved keyword: views"},
      {":a < abOrT", "", "Attribute name is a reserved keyword; reserved keyword: abOrT"},
      {"#list[0].COMMENT = :v", "",
       "Attribute name is a reserved keyword; reserved keyword: COMMENT"},
      {"if_not_exists(a, b)", "",
       "The function is not allowed in a condition expression; function: if_not_exists"},
      {"a[2147483648] = :v", "",
       "List index is not within the allowable range; index: [2147483648]"},
  };
  for (const Case& c : cases) EXPECT_EQ(filter_error(c.text), c.error) << c.text;
  const std::vector<std::pair<std::string, std::string>> misused = {
      {"a=a and attribute_exists((views), (#a)) > b", "attribute_exists"},
      {"attribute_not_exists(things) > b", "attribute_not_exists"},
      {"attribute_type(things, :a) > b", "attribute_type"},
      {"begins_with(things, a) > b", "begins_with"},
      {"contains(:things, c) > b", "contains"},
      {"size(contains(a, b)) > a", "contains"},
      {"size(things)", "size"},
      {"a between b and attribute_exists(things)", "attribute_exists"},
      {"a in (b, attribute_exists(things))", "attribute_exists"}};
  for (const auto& [text, function] : misused) {
    EXPECT_EQ(
        filter_error(text),
        "The function is not allowed to be used this way in an expression; function: " + function)
        << text;
  }
}

TEST(ConditionErrors, UndefinedPlaceholdersInWrittenOrder) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"attribute_exists(#Pictures.RearView, :a) and a=a", "#Pictures"},
      {"begins_with(Pictures.#RearView)", "#RearView"},
      {"(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", "#P"},
      {"#4g > a", "#4g"},
      {"#_ > a", "#_"},
      {"(a)between(b.c[45].#d)and(:a)", "#d"}};
  for (const auto& [text, name] : names) {
    EXPECT_EQ(filter_error(text),
              "An expression attribute name used in the document path is not defined; attribute "
              "name: " +
                  name);
  }
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {"begins_with(:hello, #a, #b)", ":hello"}, {":a < :b", ":a"}, {":_ > a", ":_"}}) {
    EXPECT_EQ(filter_error(text),
              "An expression attribute value used in expression is not defined; attribute value: " +
                  name);
  }
  EXPECT_EQ(filter_error("begins_with(a, :n) AND b = :missing", "{:n: 1}"),
            "Incorrect operand type for operator or function; operator or function: begins_with, "
            "operand type: N");
}

TEST(ConditionErrors, OperandCounts) {
  const std::vector<std::tuple<std::string, std::string, int>> cases = {
      {"attribute_exists(things, a) and a=a", "attribute_exists", 2},
      {"attribute_not_exists(things, b)", "attribute_not_exists", 2},
      {"attribute_type(things)", "attribute_type", 1},
      {"begins_with(things)", "begins_with", 1},
      {"begins_with(things, size(a), b)", "begins_with", 3},
      {"contains(things)", "contains", 1},
      {"size(things, a) > b", "size", 2}};
  for (const auto& [text, function, count] : cases) {
    EXPECT_EQ(filter_error(text),
              "Incorrect number of operands for operator or function; operator or function: " +
                  function + ", number of operands: " + std::to_string(count));
  }
}

TEST(ConditionErrors, OperandTypes) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"N", "1"},      {"BOOL", "true"}, {"NULL", "null"}, {"L", "[]"},   {"M", "{}"},
      {"SS", "<'1'>"}, {"NS", "<1>"},    {"BS", "<b'a'>"}, {"B", "b'a'"}, {"S", "'a'"}};
  const auto error = [](const std::string& function, const std::string& type) {
    return "Incorrect operand type for operator or function; operator or function: " + function +
           ", operand type: " + type;
  };
  for (const auto& [type, value] : values) {
    const std::string given = "{:a: " + value + "}";
    const bool text = type == "S" || type == "B";
    const std::string prefix = text ? "accepted" : error("begins_with", type);
    EXPECT_EQ(filter_error("begins_with(a, :a)", given), prefix);
    EXPECT_EQ(filter_error("begins_with(:a, a)", given), prefix);
    if (type != "S") {
      EXPECT_EQ(filter_error("attribute_type(a, :a)", given), error("attribute_type", type));
    }
    const bool sized = type != "N" && type != "BOOL" && type != "NULL";
    EXPECT_EQ(filter_error("size(:a) > a", given), sized ? "accepted" : error("size", type));
    const bool ordered = text || type == "N";
    EXPECT_EQ(filter_error("a < :a", given), ordered ? "accepted" : error("<", type));
    EXPECT_EQ(filter_error(":a >= a", given), ordered ? "accepted" : error(">=", type));
    EXPECT_EQ(filter_error("a BETWEEN :a AND b", given),
              ordered ? "accepted" : error("BETWEEN", type));
    EXPECT_EQ(filter_error("a = :a AND b <> :a AND c IN (:a) AND contains(d, :a)", given),
              "accepted");
  }
  EXPECT_EQ(filter_error("attribute_type(a, size(a)) and a=a and a=:a", "{:a: 1}"),
            error("attribute_type", "N"));
  EXPECT_EQ(filter_error("size(size(a)) > :a", "{:a: 1}"), error("size", "N"));
  EXPECT_EQ(filter_error("attribute_not_exists(size(:a))", "{:a: 1}"), error("size", "N"));
  EXPECT_EQ(filter_error("attribute_type(a, :a)", "{:a: '1'}"),
            "Invalid attribute type name found; type: 1, valid types: "
            "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  for (const std::string text : {"attribute_exists(:a) and a=a", "attribute_exists(size(:a))"}) {
    EXPECT_EQ(filter_error(text, "{:a: '1'}"),
              "Operator or function requires a document path; operator or function: "
              "attribute_exists");
  }
}

TEST(ConditionErrors, FirstOperandIsDistinct) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"a = a AND #a = b AND :views > a", "=", "[a]"},
      {"#a <> a", "<>", "[a]"},
      {"a > #a", ">", "[a]"},
      {"((a=a) OR (a=a))", "=", "[a]"},
      {"contains(ab.bc[1].a, ab.bc[1].#a)", "contains", "[ab, bc, [1], a]"},
      {"begins_with(ab.bc[1].a, ab.bc[1].#a)", "begins_with", "[ab, bc, [1], a]"},
      {"attribute_type(ab.bc[1].#a, ab.bc[1].a)", "attribute_type", "[ab, bc, [1], a]"}};
  for (const auto& [text, operation, path] : cases) {
    EXPECT_EQ(filter_error(text, "{#a: 'a'}"),
              "The first operand must be distinct from the remaining operands for this operator or "
              "function; operator: " +
                  operation + ", first operand: " + path);
  }
  EXPECT_EQ(filter_error(":a = :a", "{:a: 1}"), "accepted");
  EXPECT_EQ(filter_error("a[1] = a[2] AND a.b = a"), "accepted");
}

TEST(ConditionErrors, BetweenBounds) {
  EXPECT_EQ(filter_error("a between :b and :a", "{:a: 'a', :b: 1}"),
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
            "operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}");
  EXPECT_EQ(filter_error("a between :b and :a", "{:a: 'a', :b: 'b'}"),
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: "
            "{S:a}");
  EXPECT_EQ(filter_error("a between :a and :a", "{:a: 'a'}"), "accepted");
}

TEST(ConditionErrors, Limits) {
  EXPECT_EQ(filter_error(""), "The expression can not be empty;");

  const std::string at_limit = std::string(kMaxExpressionBytes - 4, 'a') + " = b";
  EXPECT_EQ(filter_error(at_limit), "accepted");
  EXPECT_EQ(filter_error(at_limit + "c"), "Expression size has exceeded the maximum allowed size;");
  Placeholders none;
  EXPECT_EQ(Condition::parse(at_limit + "c", ExpressionKind::filter, none, true).error().message,
            "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; "
            "expression size: 4097");

  std::string chain = "a<b";  // One operator, then two for each further term.
  for (int i = 0; i < 149; ++i) chain += " OR a<b";
  EXPECT_EQ(filter_error("NOT " + chain), "accepted");
  EXPECT_EQ(filter_error(chain + " OR a<b"),
            "The expression contains too many operators; operator count: 301");

  std::string operands = ":a";
  for (std::uint32_t i = 1; i < kMaxInOperands; ++i) operands += ",:a";
  EXPECT_EQ(filter_error("a IN (" + operands + ")", "{:a: 1}"), "accepted");
  EXPECT_EQ(filter_error("a IN (" + operands + ",:a)", "{:a: 1}"),
            "The IN operator is provided with too many operands; number of operands: 101");

  std::string path = "a";
  for (std::uint32_t i = 1; i < kMaxPathElements; ++i) path += ".b";
  EXPECT_EQ(filter_error(path + " = c"), "accepted");
  EXPECT_EQ(filter_error(path + "[0] = c"),
            "The document path has too many nesting levels; nesting levels: 33");
}

TEST(ConditionErrors, DeepNestingEndsInTheRuleItBreaks) {
  const std::string redundant = "The expression has redundant parentheses;";
  const std::string operators = "The expression contains too many operators; operator count: 301";
  EXPECT_EQ(filter_error(std::string(2000, '(') + "a = b" + std::string(2000, ')')), redundant);
  EXPECT_EQ(filter_error(std::string(4096, '(')), redundant);
  EXPECT_EQ(filter_error("a = " + std::string(2000, '(') + "b" + std::string(2000, ')')),
            redundant);
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "NOT ";
  EXPECT_EQ(filter_error(nots + "a=b"), operators);
  std::string nested;
  for (int i = 0; i < 400; ++i) nested += "a<b or (";
  EXPECT_EQ(filter_error(nested + "a<b" + std::string(400, ')')), operators);
  std::string sizes;
  for (int i = 0; i < 680; ++i) sizes += "size(";
  EXPECT_EQ(filter_error(sizes + "a" + std::string(680, ')') + "=b"), operators);
  std::string wrapped;
  for (int i = 0; i < 340; ++i) wrapped += "size((";
  EXPECT_EQ(filter_error(wrapped + "a" + std::string(680, ')') + "=b"), operators);
}

}  // namespace
}  // namespace dyad::expression
