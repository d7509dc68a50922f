#include "gateway/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace dyad::gateway {
namespace {

TEST(RequestId, IsOfBase32AndAsLongAsAsked) {
  SeededRandom random(1);
  for (const std::size_t characters : {std::size_t{1}, kS3RequestIdChars, kJsonRequestIdChars}) {
    const std::string id = make_request_id(random, characters);
    EXPECT_EQ(id.size(), characters);
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos) << id;
  }
}

TEST(RequestId, HasEveryCharacterInEveryPlace) {
  SeededRandom random(1);
  std::vector<std::set<char>> seen(kJsonRequestIdChars);
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_request_id(random, kJsonRequestIdChars);
    for (std::size_t at = 0; at < id.size(); ++at) seen[at].insert(id[at]);
  }
  for (const std::set<char>& at_one_place : seen) EXPECT_EQ(at_one_place.size(), 32u);
}

TEST(RequestId, IsAnotherEachTime) {
  SeededRandom random(1);
  std::set<std::string> ids;
  for (int i = 0; i < 100'000; ++i) ids.insert(make_request_id(random, kS3RequestIdChars));
  EXPECT_EQ(ids.size(), 100'000u);
}

}  // namespace
}  // namespace dyad::gateway
