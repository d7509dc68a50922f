#include "services/dynamodb/cors_policy.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"

namespace dyad::dynamodb {
namespace {

TEST(CorsPolicyTest, EveryPageMayAsk) {
  Simulation simulation(1);
  const auto policy = make_cors_policy();
  api::CorsRequest request;
  request.method = "POST";
  request.origin = "https://anywhere";
  const api::CorsHeaders anyone = {{"Access-Control-Allow-Origin", "*"}};
  EXPECT_EQ(simulation.run_until(policy->allowed(request)), anyone);
  request.method = "OPTIONS";
  request.asked_method = "POST";
  request.asked_headers = "x-amz-target, authorization";
  const auto asked = simulation.run_until(policy->preflight(request));
  ASSERT_TRUE(asked);
  const api::CorsHeaders allowed = {{"Access-Control-Allow-Origin", "*"},
                                    {"Access-Control-Allow-Headers", "x-amz-target, authorization"},
                                    {"Access-Control-Allow-Methods", "POST"},
                                    {"Access-Control-Max-Age", "172800"}};
  EXPECT_EQ(*asked, allowed);
}

}  // namespace
}  // namespace dyad::dynamodb
