#include "services/s3/accesses.h"

#include <gtest/gtest.h>

#include "protocol/service_error.h"

namespace dyad::s3 {
namespace {

std::string shown(const Accesses& accesses) {
  std::string text;
  for (const auth::Access& access : accesses) text += access.action + " " + access.resource + "\n";
  return text;
}

TEST(Accesses, ACopyReadsItsSource) {
  model::CopyObjectInput input;
  input.bucket = "to";
  input.key = "k";
  input.copy_source = "/from/a%20b";
  Accesses accesses;
  copy_object_accesses({}, input, accesses);
  EXPECT_EQ(shown(accesses),
            "s3:GetObject arn:aws:s3:::from/a b\ns3:GetObjectTagging arn:aws:s3:::from/a b\n"
            "s3:PutObject arn:aws:s3:::to/k\n");
  accesses.clear();
  input.tagging_directive = "REPLACE";
  copy_object_accesses({}, input, accesses);
  EXPECT_EQ(shown(accesses),
            "s3:GetObject arn:aws:s3:::from/a b\ns3:PutObject arn:aws:s3:::to/k\n"
            "s3:PutObjectTagging arn:aws:s3:::to/k\n");
  model::UploadPartCopyInput part;
  part.bucket = "to";
  part.key = "k";
  part.copy_source = "from/k?versionId=null";
  accesses.clear();
  upload_part_copy_accesses({}, part, accesses);
  EXPECT_EQ(shown(accesses),
            "s3:GetObjectVersion arn:aws:s3:::from/k\ns3:PutObject arn:aws:s3:::to/k\n");
}

TEST(Accesses, VersionsAndTagsHaveActionsOfTheirOwn) {
  Accesses accesses;
  model::GetObjectInput get;
  get.bucket = "b";
  get.key = "k";
  get.version_id = "null";
  get_object_accesses({}, get, accesses);
  model::PutObjectInput put;
  put.bucket = "b";
  put.key = "k";
  put.tagging = "a=b";
  put_object_accesses({}, put, accesses);
  model::GetObjectAttributesInput attributes;
  attributes.bucket = "b";
  attributes.key = "k";
  get_object_attributes_accesses({}, attributes, accesses);
  EXPECT_EQ(shown(accesses),
            "s3:GetObjectVersion arn:aws:s3:::b/k\ns3:PutObject arn:aws:s3:::b/k\n"
            "s3:PutObjectTagging arn:aws:s3:::b/k\ns3:GetObject arn:aws:s3:::b/k\n"
            "s3:GetObjectAttributes arn:aws:s3:::b/k\n");
}

class OnlyKeyA final : public auth::Authorizer {
 public:
  Verdict of_principal(const auth::Principal&) const override { return Verdict::depends; }
  Result<> authorise(const auth::AccessRequest& request) const override {
    if (request.action == "s3:DeleteObject" && request.resource == "arn:aws:s3:::b/a") return {};
    return fail(ErrorCode::permission_denied, "no");
  }
};

class NoFacts final : public auth::RequestFacts {
 public:
  std::string value_of(std::string_view) const override { return {}; }
};

TEST(Accesses, EachKeyOfDeleteObjectsHasItsVerdict) {
  const OnlyKeyA authorizer;
  const NoFacts facts;
  const auth::Principal principal;
  const auth::AccessGate gate(authorizer, principal, facts);
  api::RequestContext context;
  model::ObjectIdentifier entry;
  entry.key = "b";
  EXPECT_TRUE(may_delete(context, "b", entry));
  context.access = &gate;
  const Result<> refused = may_delete(context, "b", entry);
  ASSERT_FALSE(refused);
  EXPECT_EQ(protocol::service_code(refused.error()), "AccessDenied");
  entry.key = "a";
  EXPECT_TRUE(may_delete(context, "b", entry));
  entry.version_id = "null";
  EXPECT_FALSE(may_delete(context, "b", entry));
  Accesses accesses;
  delete_objects_accesses(context, {}, accesses);
  EXPECT_TRUE(accesses.empty());
}

}  // namespace
}  // namespace dyad::s3
