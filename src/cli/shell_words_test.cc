#include "cli/shell_words.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

namespace dyad::cli {
namespace {

/// What a POSIX shell says when it has run `script`.
std::string shell_output(const std::string& script) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(script.c_str(), "r"), ::pclose);
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;)
    out.append(buffer.data(), got);
  return out;
}

const char* const kValues[] = {"plain",
                               "http://127.0.0.1:4566",
                               "AbC/+=",
                               "",
                               "two words",
                               "  runs   of\tblanks ",
                               "* ? [a-z] /*",
                               "it's \"quoted\" \\ `date` $(date) $HOME ${HOME} ; & | < > # ! ~",
                               "\xc3\xa4\xe2\x82\xac"};

TEST(ExportStatement, SetsTheValueToTheByteThroughAnUnquotedEval) {
  for (const char* value : kValues) {
    const std::string statement = export_statement(Shell::posix, "X", value);
    // The statement reaches the script as the output of a command, split and joined.
    const std::string script = "cd /; eval $(cat <<'END_OF_TEXT'\n" + statement +
                               "\nexport Y=y;\nEND_OF_TEXT\n); " + "printf '%s|%s' \"$X\" \"$Y\"";
    EXPECT_EQ(shell_output(script), std::string(value) + "|y") << statement;
  }
}

TEST(ExportStatement, SetsItThroughAQuotedEvalToo) {
  for (const char* value : kValues) {
    const std::string statement = export_statement(Shell::posix, "X", value);
    const std::string script =
        "eval \"$(cat <<'END_OF_TEXT'\n" + statement + "\nEND_OF_TEXT\n)\"; printf '%s' \"$X\"";
    EXPECT_EQ(shell_output(script), value) << statement;
  }
}

TEST(ExportStatement, InFishsWords) {
  EXPECT_EQ(export_statement(Shell::fish, "X", "a'b\\c $d"), "set -gx X 'a\\'b\\\\c $d';");
  EXPECT_EQ(unset_statement(Shell::fish, "X"), "set -e X;");
}

TEST(UnsetStatement, ForgetsWhatIsSetAndWhatIsNot) {
  EXPECT_EQ(shell_output("set -e; X=1; " + unset_statement(Shell::posix, "X") +
                         unset_statement(Shell::posix, "X_ABSENT") + " printf '%s' \"${X-gone}\""),
            "gone");
}

TEST(ShellWord, IsOneWordOfItsValue) {
  for (const char* value : kValues)
    EXPECT_EQ(shell_output(std::string("printf '%s|' ") + shell_word(value)),
              std::string(value) + "|");
  EXPECT_EQ(shell_word("/var/lib/dyad"), "/var/lib/dyad");
}

}  // namespace
}  // namespace dyad::cli
