#include "auth/credentials.h"

#include <gtest/gtest.h>

#include "runtime/sim_files.h"

namespace dyad::auth {
namespace {

constexpr char kAccount[] = "000000000000";

class RootCredentialTest : public ::testing::Test {
 protected:
  Result<RootCredential> load(std::optional<std::string> key = {},
                              std::optional<std::string> secret = {}) {
    return load_root_credential(files_, random_, "/data/root-credentials", kAccount, std::move(key),
                                std::move(secret));
  }
  void SetUp() override { ASSERT_TRUE(files_.make_directory("/data")); }

  SimFiles files_;
  SeededRandom random_{7};
};

TEST_F(RootCredentialTest, FirstStartMakesAPairThatLaterStartsKeep) {
  const auto first = load();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->made_now);
  EXPECT_EQ(first->credential.access_key_id.size(), 20u);
  EXPECT_EQ(first->credential.secret_access_key.size(), 40u);
  EXPECT_EQ(first->credential.principal.arn, "arn:aws:iam::000000000000:root");
  const auto second = load();
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->made_now);
  EXPECT_EQ(second->credential.secret_access_key, first->credential.secret_access_key);
}

TEST_F(RootCredentialTest, EnvironmentOverrides) {
  ASSERT_TRUE(load());
  const auto given = load("AKIAEXAMPLE", "secretsecret");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->credential.access_key_id, "AKIAEXAMPLE");
}

TEST_F(RootCredentialTest, HalfAPairOrAnUnfitOneIsRefused) {
  EXPECT_FALSE(load("AKIAEXAMPLE"));
  EXPECT_FALSE(load({}, "secretsecret"));
  EXPECT_FALSE(load("no spaces", "secretsecret"));
  EXPECT_FALSE(load("AKIAEXAMPLE", "short"));
}

TEST_F(RootCredentialTest, DamagedFileIsNamed) {
  ASSERT_TRUE(write_file(files_, "/data/root-credentials", "nonsense"));
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::corruption);
  EXPECT_NE(loaded.error().message.find("/data/root-credentials"), std::string::npos);
}

}  // namespace
}  // namespace dyad::auth
