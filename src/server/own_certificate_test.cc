#include "server/own_certificate.h"

#include <gtest/gtest.h>

#include "runtime/self_signed.h"
#include "runtime/simulation.h"

namespace dyad::server {
namespace {

constexpr std::int64_t kNow = 1'767'323'045'000;
constexpr std::int64_t kDayMs = 24 * 3'600'000;

class OwnCertificateTest : public testing::Test {
 protected:
  OwnCertificateTest() { EXPECT_TRUE(files().make_directory("data")); }
  Files& files() { return simulation_.files(); }
  std::string ensured(std::int64_t now_ms) {
    const auto made = ensure_own_certificate(files(), simulation_.random(), now_ms, "data");
    EXPECT_TRUE(made) << made.error().to_string();
    const auto pem = read_file(files(), own_certificate_path("data"), 1 << 20);
    EXPECT_TRUE(pem);
    const auto key = read_file(files(), own_key_path("data"), 1 << 20);
    EXPECT_EQ(key_fits(*pem, *key), true);
    return *pem;
  }
  Simulation simulation_{1};
};

TEST_F(OwnCertificateTest, IsKeptUntilNearItsEnd) {
  const std::string first = ensured(kNow);
  EXPECT_EQ(ensured(kNow + 700 * kDayMs), first);
  const std::string second = ensured(kNow + 800 * kDayMs);
  EXPECT_NE(second, first);
  EXPECT_GT(read_certificate(second)->expires_ms, kNow + 1600 * kDayMs);
}

TEST_F(OwnCertificateTest, IsMadeAnewWhenDamaged) {
  const std::string first = ensured(kNow);
  ASSERT_TRUE(write_file(files(), own_key_path("data"), "no key"));
  const std::string second = ensured(kNow);
  EXPECT_NE(second, first);
  ASSERT_TRUE(files().remove(own_certificate_path("data")));
  EXPECT_NE(ensured(kNow), second);
  const auto other = make_self_signed({"DNS:elsewhere"}, kNow, 825, 1);
  ASSERT_TRUE(other);
  ASSERT_TRUE(write_file(files(), own_key_path("data"), other->key));
  ASSERT_TRUE(write_file(files(), own_certificate_path("data"), other->certificate));
  EXPECT_NE(ensured(kNow), other->certificate);
}

}  // namespace
}  // namespace dyad::server
