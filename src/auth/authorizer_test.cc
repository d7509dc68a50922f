#include "auth/authorizer.h"

#include <gtest/gtest.h>

namespace dyad::auth {
namespace {

class NoFacts final : public RequestFacts {
 public:
  std::string value_of(std::string_view) const override { return {}; }
};

/// Allows one action on one resource, and remembers what it was asked.
class Picky final : public Authorizer {
 public:
  Verdict of_principal(const Principal&) const override { return Verdict::depends; }
  Result<> authorise(const AccessRequest& request) const override {
    asked.push_back({std::string(request.action), std::string(request.resource)});
    if (request.action == "s3:GetObject" && request.resource == "arn:aws:s3:::b/allowed") return {};
    return fail(ErrorCode::permission_denied, "no");
  }
  mutable std::vector<Access> asked;
};

TEST(AccessGate, RootMayAndAnonymousMayNotWhateverItIs) {
  const RootOnlyAuthorizer authorizer;
  const NoFacts facts;
  Principal root;
  root.kind = Principal::Kind::root;
  const AccessGate open(authorizer, root, facts);
  EXPECT_TRUE(open.is_open());
  EXPECT_TRUE(open.enter("s3:GetObject"));
  EXPECT_TRUE(open.may("s3:GetObject", "arn:aws:s3:::b/k"));
  const Principal anonymous;
  const AccessGate closed(authorizer, anonymous, facts);
  EXPECT_FALSE(closed.is_open());
  EXPECT_EQ(closed.enter("s3:GetObject").error().code, ErrorCode::permission_denied);
  EXPECT_FALSE(closed.may("s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(authorizer.authorise({anonymous, "s3:GetObject", "*", facts}));
}

TEST(AccessGate, WhatDependsIsAskedOneByOne) {
  const Picky authorizer;
  const NoFacts facts;
  const Principal principal;
  const AccessGate gate(authorizer, principal, facts);
  EXPECT_FALSE(gate.is_open());
  EXPECT_TRUE(gate.enter("s3:GetObject"));
  EXPECT_TRUE(authorizer.asked.empty());
  EXPECT_TRUE(gate.may("s3:GetObject", "arn:aws:s3:::b/allowed"));
  const auto all = gate.may_all({{"s3:GetObject", "arn:aws:s3:::b/allowed"},
                                 {"s3:GetObject", "arn:aws:s3:::b/other"},
                                 {"s3:PutObject", "arn:aws:s3:::b/never asked"}});
  EXPECT_EQ(all.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(authorizer.asked.size(), 3u);
}

}  // namespace
}  // namespace dyad::auth
