#include "cli/aws_files.h"

#include <gtest/gtest.h>

namespace dyad::cli {
namespace {

const Settings kSettings = {{"region", "us-east-1"}, {"endpoint_url", "http://127.0.0.1:4566"}};
const std::string kOurs =
    "[profile d]\n# Written by `dyad profile`, which may write it again or remove it.\n"
    "region = us-east-1\nendpoint_url = http://127.0.0.1:4566\n";
const std::string kTheirs =
    "; a comment\n[default]\r\nregion=eu-west-1\ns3 =\n  max_concurrent_requests = 20\n"
    "[profile  other] ; note\nx = [y]\n";

TEST(AwsFiles, ASectionIsAddedAtTheEndAndGoesAgain) {
  for (const std::string& before : {std::string(), kTheirs, kTheirs + "\n", std::string("# x\n")}) {
    const std::string after = with_section(before, "profile d", kSettings);
    EXPECT_TRUE(after.starts_with(before));
    EXPECT_TRUE(after.ends_with(kOurs));
    EXPECT_EQ(owner_of_section(after, "profile d"), Owner::dyad);
    EXPECT_EQ(without_section(after, "profile d"), before);
  }
  // A last line without its end gets one.
  EXPECT_EQ(with_section("[a]\nb = c", "profile d", {}).substr(0, 11), "[a]\nb = c\n\n");
}

TEST(AwsFiles, ASectionIsReplacedWhereItStands) {
  const std::string before = kTheirs + "\n" + kOurs + "\n[profile after]\nregion = x\n";
  const std::string after = with_section(before, "profile d", {{"region", "eu-west-3"}});
  EXPECT_TRUE(after.starts_with(kTheirs));
  EXPECT_TRUE(after.ends_with("region = eu-west-3\n\n[profile after]\nregion = x\n"));
  EXPECT_EQ(with_section(after, "profile d", kSettings), before);
  EXPECT_EQ(without_section(after, "profile d"), kTheirs + "\n[profile after]\nregion = x\n");
}

TEST(AwsFiles, WhoseASectionIs) {
  EXPECT_EQ(owner_of_section(kTheirs, "default"), Owner::somebody_else);
  EXPECT_EQ(owner_of_section(kTheirs, "profile other"), Owner::somebody_else);
  EXPECT_EQ(owner_of_section(kTheirs, "other"), Owner::nobody);
  EXPECT_EQ(owner_of_section(kTheirs, "y"), Owner::nobody) << "a value is no section";
  EXPECT_EQ(owner_of_section("[d", "d"), Owner::nobody);
}

TEST(AwsFiles, ValuesAreReadAsTheToolsReadThem) {
  const auto values = section_values(kTheirs, "default");
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at("region"), "eu-west-1");
  EXPECT_EQ(values->count("max_concurrent_requests"), 0u) << "nested";
  EXPECT_EQ(section_values(kTheirs, "profile other")->at("x"), "[y]");
  EXPECT_FALSE(section_values(kTheirs, "profile absent"));
  EXPECT_EQ(section_values("[a]\nk = v=w\n# k = x\n", "a")->at("k"), "v=w");
}

TEST(AwsFiles, NamesThatCouldBeSections) {
  for (const char* name : {"dyad", "default", "a.b-c_d@e+1:/2"})
    EXPECT_TRUE(check_profile_name(name));
  for (const std::string& name : {std::string(), std::string("a]"), std::string("a b"),
                                  std::string("a\n[b"), std::string(129, 'a')})
    EXPECT_FALSE(check_profile_name(name)) << name;
  EXPECT_EQ(config_section("default"), "default");
  EXPECT_EQ(config_section("d"), "profile d");
}

}  // namespace
}  // namespace dyad::cli
