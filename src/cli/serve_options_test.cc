#include "cli/serve_options.h"

#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <fstream>

namespace dyad::cli {
namespace {

class ServeOptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "dyad-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(std::string_view text, const char* name = "c.toml") {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string why(const std::string& path) {
    const auto settings = read_serve_settings({}, path, nullptr);
    return settings ? "" : settings.error().message;
  }

  std::string folder_;
};

TEST_F(ServeOptionsTest, AFileSaysWhatElseNobodySays) {
  const std::string path = file(
      "# mine\nlisten = \"127.0.0.1:7000\"\ncache-mib = 64\n\nlog-json = true\n"
      "region = 'eu-west-1'\n");
  ServeOptions::Given given;
  given["cache-mib"] = {"32"};
  const auto settings = read_serve_settings(given, path, nullptr);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->node.listen, "127.0.0.1:7000");
  EXPECT_EQ(settings->node.region, "eu-west-1");
  EXPECT_EQ(settings->node.cache_bytes, 32u << 20) << "the command line comes first";
  EXPECT_TRUE(settings->log_json);
  EXPECT_EQ(settings->node.reserve_bytes, 256u << 20) << "nobody says anything: the default";
}

TEST_F(ServeOptionsTest, TheDataDirectorysFileIsReadWhereNoneIsNamed) {
  file("region = \"eu-west-2\"\n", "dyad.toml");
  ServeOptions::Given given;
  given["data"] = {folder_};
  EXPECT_EQ(read_serve_settings(given, "", nullptr)->node.region, "eu-west-2");
  EXPECT_EQ(read_serve_settings(given, file("cache-mib = 9\n"), nullptr)->node.region, "us-east-1");
  file("data = \"/elsewhere\"\n", "dyad.toml");
  EXPECT_TRUE(read_serve_settings(given, "", nullptr)) << "given on the command line, so not read";
}

TEST_F(ServeOptionsTest, WhatIsWrongIsNamedByLine) {
  EXPECT_EQ(why(folder_ + "/absent").find(folder_ + "/absent: "), 0u);
  const struct {
    const char* text;
    const char* expected;
  } cases[] = {
      {"region = \"x\"\n\ncache-mb = 5\n", ":3: there is no setting 'cache-mb'"},
      {"cache-mib = 5\n", ":1: "},  // Below the least.
      {"cache-mib = many\n", ":1: "},
      {"# x\nlisten = \"a:1\"\nlisten = \"b:1\"\n", ":3: 'listen' stands here twice"},
      {"insecure = perhaps\n", ":1: "},
      {"region = [\"a\", \"b\"]\n", ":1: 'region' takes one value"},
      {"log-level = \"loud\"\n", ":1: "},
      {"[serve]\nregion = \"x\"\n", ":1: a configuration has no sections"},
      {"account = \"12\"\n", ":1: "},
      {"config = \"x\"\n", ":1: there is no setting 'config'"},
      {"nonsense\n", ":1: there is no setting 'nonsense'"},
  };
  for (const auto& each : cases) {
    const std::string path = file(each.text);
    EXPECT_EQ(why(path).find(path + each.expected), 0u) << each.text << why(path);
  }
}

TEST_F(ServeOptionsTest, AFileHasALimit) {
  EXPECT_NE(why(file(std::string((1u << 20) + 1, '#'))).find("1 MiB"), std::string::npos);
}

TEST_F(ServeOptionsTest, ThePrintedFileChangesNothingAndCanBeRead) {
  CLI::App command;
  ServeOptions options(command);
  const std::string text = options.as_file();
  std::map<std::string, std::string> before, after;
  ASSERT_TRUE(read_serve_settings({}, file(""), &before));
  ASSERT_TRUE(read_serve_settings({}, file(text), &after));
  EXPECT_EQ(before, after);
  // And with everything in it said.
  std::string said;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    said +=
        (line.starts_with("# ") && line.find(" = ") != std::string::npos ? line.substr(2) : line) +
        "\n";
  const std::string path = file(said);
  ASSERT_TRUE(read_serve_settings({}, path, &after)) << why(path);
  EXPECT_EQ(before, after);
  for (const auto& [name, value] : before)
    EXPECT_NE(text.find("# " + name + " = "), std::string::npos);
}

TEST_F(ServeOptionsTest, WhatIsGivenStandsInThePrintedFile) {
  CLI::App command;
  ServeOptions options(command);
  ServeOptions::Given given;
  given["cache-mib"] = {"512"};
  given["insecure"] = {"true"};
  options.give(given);
  EXPECT_NE(options.as_file().find("\ncache-mib = 512\n"), std::string::npos);
  EXPECT_NE(options.as_file().find("\ninsecure = true\n"), std::string::npos);
  EXPECT_NE(options.as_file().find("\n# threads = 0\n"), std::string::npos);
}

}  // namespace
}  // namespace dyad::cli
