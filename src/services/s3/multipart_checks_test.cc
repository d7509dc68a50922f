// What CompleteMultipartUpload and UploadPart refuse, checksums of objects in parts, and
// conditions. Values as LocalStack's AWS-validated snapshots have them.

#include "base/bytes.h"
#include "crypto/checksum.h"
#include "services/s3/checksums.h"
#include "services/s3/multipart_fixture.h"
#include "services/s3/multipart_upload.h"

namespace dyad::s3 {
namespace {

using crypto::ChecksumKind;
using Parts = std::vector<std::pair<int, std::string>>;

std::string checksum_of(ChecksumKind kind, std::string_view bytes) {
  crypto::Checksum checksum(kind);
  checksum.update(bytes);
  return checksum.finish();
}
std::string text_of(ChecksumKind kind, std::string_view bytes) {
  return to_base64(checksum_of(kind, bytes));
}

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}

class MultipartChecksTest : public testing::Test {
 protected:
  MultipartChecksTest() : client_(server_) { server_.make_bucket(); }

  /// An upload with these checksums; its id.
  std::string begin(std::string_view algorithm, std::string_view type = {}) {
    model::CreateMultipartUploadInput input = MultipartClient::create_input("film");
    if (!algorithm.empty()) input.checksum_algorithm = algorithm;
    if (!type.empty()) input.checksum_type = type;
    const auto made = client_.create(std::move(input));
    EXPECT_TRUE(made) << made.error().to_string();
    return made->upload_id.value_or("");
  }
  std::string put(const std::string& id, int number, ChecksumKind kind, const std::string& bytes) {
    model::UploadPartInput input = MultipartClient::part_input("film", id, number);
    checksum_member(input, kind) = text_of(kind, bytes);
    const auto stored = client_.put(input, bytes);
    EXPECT_TRUE(stored) << stored.error().to_string();
    if (!stored) return {};
    model::UploadPartOutput output = *stored;
    EXPECT_EQ(checksum_member(output, kind), text_of(kind, bytes));
    return stored->e_tag.value_or("");
  }

  TestServer server_;
  MultipartClient client_;
};

TEST_F(MultipartChecksTest, PartsThatAreNotThereAreRefused) {
  const std::string id = begin("");
  const std::string one = client_.put("film", id, 1, "data");
  const auto none = client_.complete("film", id, {});
  EXPECT_EQ(code_of(none), "InvalidRequest");
  EXPECT_EQ(message_of(none), "You must specify at least one part");
  const auto missing = client_.complete("film", id, {{2, one}});
  EXPECT_EQ(code_of(missing), "InvalidPart");
  EXPECT_EQ(field_of(missing, "PartNumber"), "2");
  EXPECT_EQ(field_of(missing, "UploadId"), id);
  EXPECT_EQ(field_of(missing, "ETag"), "8d777f385d3dfec8815d20f7496026dc");
  const auto other = client_.complete("film", id, {{1, "d41d8cd98f00b204e9800998ecf8427e"}});
  EXPECT_EQ(code_of(other), "InvalidPart");
  EXPECT_EQ(field_of(other, "ETag"), "d41d8cd98f00b204e9800998ecf8427e");
  const auto disordered = client_.complete("film", id, {{2, one}, {1, one}});
  EXPECT_EQ(code_of(disordered), "InvalidPartOrder");
  EXPECT_EQ(field_of(disordered, "UploadId"), id);
  EXPECT_EQ(code_of(client_.complete("film", id, {{1, one}, {1, one}})), "InvalidPartOrder");
  EXPECT_EQ(code_of(client_.complete("film", id, {{0, one}})), "InvalidArgument");
  EXPECT_EQ(code_of(client_.complete("film", id, {{10'001, one}})), "InvalidArgument");
  auto nameless = MultipartClient::complete_input("film", id, {{1, one}});
  nameless.multipart_upload->parts[0].e_tag.reset();
  EXPECT_EQ(code_of(client_.complete(nameless)), "MalformedXML");
  // Nothing of it ended the upload.
  EXPECT_TRUE(client_.complete("film", id, {{1, "8d777f385d3dfec8815d20f7496026dc"}}));
}

TEST_F(MultipartChecksTest, AllPartsButTheLastHaveALeastSize) {
  const std::string id = begin("");
  const Parts parts = {{1, client_.put("film", id, 1, "data")},
                       {2, client_.put("film", id, 2, "data")}};
  const auto small = client_.complete("film", id, parts);
  EXPECT_EQ(code_of(small), "EntityTooSmall");
  EXPECT_EQ(field_of(small, "ProposedSize"), "4");
  EXPECT_EQ(field_of(small, "MinSizeAllowed"), "5242880");
  EXPECT_EQ(field_of(small, "PartNumber"), "1");
  EXPECT_EQ(field_of(small, "ETag"), "8d777f385d3dfec8815d20f7496026dc");
}

TEST_F(MultipartChecksTest, APartIsNoLargerThanAPut) {
  TestServer::Options options;
  options.s3.max_put_bytes = 1000;
  TestServer server(options);
  server.make_bucket();
  MultipartClient client(server);
  const std::string id = client.begin("film");
  const auto large = client.put(MultipartClient::part_input("film", id, 1), std::string(1001, 'x'));
  EXPECT_EQ(code_of(large), "EntityTooLarge");
  EXPECT_EQ(field_of(large, "MaxSizeAllowed"), "1000");
  client.put("film", id, 1, std::string(1000, 'x'));
}

TEST_F(MultipartChecksTest, TheSizeOfTheWholeIsHeldAgainstWhatIsSaid) {
  const std::string id = begin("");
  auto input =
      MultipartClient::complete_input("film", id, {{1, client_.put("film", id, 1, "test")}});
  input.mpu_object_size = 5;
  const auto wrong = client_.complete(input);
  EXPECT_EQ(code_of(wrong), "InvalidRequest");
  EXPECT_EQ(message_of(wrong),
            "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: "
            "4");
  input.mpu_object_size = 4;
  EXPECT_TRUE(client_.complete(input));
}

TEST_F(MultipartChecksTest, AlgorithmsAndTypesThatGoTogether) {
  const auto create = [&](std::string_view algorithm, std::string_view type) {
    model::CreateMultipartUploadInput input = MultipartClient::create_input("film");
    if (!algorithm.empty()) input.checksum_algorithm = algorithm;
    if (!type.empty()) input.checksum_type = type;
    return client_.create(std::move(input));
  };
  EXPECT_EQ(message_of(create("", "COMPOSITE")),
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header.");
  EXPECT_EQ(message_of(create("CRC64NVME", "COMPOSITE")),
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.");
  EXPECT_EQ(message_of(create("SHA1", "FULL_OBJECT")),
            "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.");
  EXPECT_EQ(message_of(create("SHA256", "FULL_OBJECT")),
            "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.");
  EXPECT_EQ(code_of(create("XXHASH64", "")), "NotImplemented");
  const std::pair<std::string, std::string> defaults[] = {{"CRC32", "COMPOSITE"},
                                                          {"CRC32C", "COMPOSITE"},
                                                          {"SHA1", "COMPOSITE"},
                                                          {"SHA256", "COMPOSITE"},
                                                          {"CRC64NVME", "FULL_OBJECT"}};
  for (const auto& [algorithm, type] : defaults) {
    const auto made = create(algorithm, "");
    ASSERT_TRUE(made) << algorithm;
    EXPECT_EQ(made->checksum_algorithm, algorithm);
    EXPECT_EQ(made->checksum_type, type);
  }
}

TEST_F(MultipartChecksTest, APartHasTheChecksumThatWasAnnounced) {
  const std::string id = begin("SHA256");
  model::UploadPartInput input = MultipartClient::part_input("film", id, 1);
  EXPECT_EQ(message_of(client_.put(input, "abc")),
            "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum "
            "Type: null");
  input.checksum_crc32 = text_of(ChecksumKind::crc32, "abc");
  EXPECT_EQ(message_of(client_.put(input, "abc")),
            "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum "
            "Type: crc32");
  input.checksum_crc32.reset();
  input.checksum_sha256 = text_of(ChecksumKind::sha256, "other");
  EXPECT_EQ(message_of(client_.put(input, "abc")),
            "The SHA256 you specified did not match the calculated checksum.");
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(client_.list("film", id)->parts.size(), 0u);
}

TEST_F(MultipartChecksTest, CompositeChecksumsAreOfTheChecksums) {
  const std::string large(kMinPartBytes + 1, 'a'), small(10, 'a');
  for (const auto& [name, kind] :
       {std::pair("SHA1", ChecksumKind::sha1), std::pair("SHA256", ChecksumKind::sha256),
        std::pair("CRC32", ChecksumKind::crc32), std::pair("CRC32C", ChecksumKind::crc32c)}) {
    const std::string id = begin(name);
    const Parts parts = {{1, put(id, 1, kind, large)}, {2, put(id, 2, kind, small)}};
    const auto listed = client_.list("film", id);
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->checksum_algorithm, name);
    EXPECT_EQ(listed->checksum_type, "COMPOSITE");
    model::Part second = listed->parts.at(1);
    EXPECT_EQ(checksum_member(second, kind), text_of(kind, small));

    auto input = MultipartClient::complete_input("film", id, parts);
    EXPECT_EQ(
        message_of(client_.complete(input)),
        "The upload was created using a " +
            std::string(crypto::header_of(kind)).substr(std::string("x-amz-checksum-").size()) +
            " checksum. The complete request must include the checksum for each part. It was "
            "missing for part 1 in the request.");
    auto& named = input.multipart_upload->parts;
    named[0].checksum_crc64_nvme = text_of(ChecksumKind::crc64nvme, large);
    EXPECT_EQ(message_of(client_.complete(input)),
              "The crc64nvme you specified for part 1 did not match what we received.");
    named[0].checksum_crc64_nvme.reset();
    checksum_member(named[0], kind) = text_of(kind, large);
    checksum_member(named[1], kind) = text_of(kind, "bbb");
    const auto wrong = client_.complete(input);
    EXPECT_EQ(code_of(wrong), "InvalidPart");
    EXPECT_EQ(field_of(wrong, "PartNumber"), "2");
    checksum_member(named[1], kind) = text_of(kind, small);
    input.checksum_type = "FULL_OBJECT";
    EXPECT_EQ(message_of(client_.complete(input)),
              "The upload was created using the COMPOSITE checksum mode. The complete request must "
              "use the same checksum mode.");
    input.checksum_type.reset();
    const std::string composite =
        text_of(kind, checksum_of(kind, large) + checksum_of(kind, small)) + "-2";
    checksum_member(input, kind) = text_of(kind, "x") + "-2";
    EXPECT_EQ(code_of(client_.complete(input)), "BadDigest");
    checksum_member(input, kind) = composite;
    const auto made = client_.complete(input);
    ASSERT_TRUE(made) << made.error().to_string();
    model::CompleteMultipartUploadOutput output = *made;
    EXPECT_EQ(checksum_member(output, kind), composite);
    EXPECT_EQ(made->checksum_type, "COMPOSITE");

    auto whole = client_.head("film");
    ASSERT_TRUE(whole);
    EXPECT_EQ(checksum_member(*whole, kind), composite);
    auto part = client_.head("film", 2);
    ASSERT_TRUE(part);
    EXPECT_EQ(checksum_member(*part, kind), text_of(kind, small));
    EXPECT_EQ(part->checksum_type, "COMPOSITE");
    if (kind == ChecksumKind::sha1) {
      // What AWS answered for three such parts with SHA1, of two large and one small.
      EXPECT_EQ(text_of(kind, large), "bH71WIZUKQtUwR2wKSSkFjCRBPM=");
    }
  }
}

TEST_F(MultipartChecksTest, FullObjectChecksumsAreOfTheBytes) {
  const std::string large(kMinPartBytes + 1, 'a'), small(10, 'a');
  for (const auto& [name, kind] :
       {std::pair("CRC32", ChecksumKind::crc32), std::pair("CRC32C", ChecksumKind::crc32c),
        std::pair("CRC64NVME", ChecksumKind::crc64nvme)}) {
    const std::string id = begin(name, "FULL_OBJECT");
    const Parts parts = {
        {1, put(id, 1, kind, large)}, {2, put(id, 2, kind, large)}, {3, put(id, 3, kind, small)}};
    auto input = MultipartClient::complete_input("film", id, parts);
    checksum_member(input.multipart_upload->parts[0], kind) = text_of(kind, "bbb");
    EXPECT_EQ(code_of(client_.complete(input)), "InvalidPart");
    checksum_member(input.multipart_upload->parts[0], kind).reset();
    input.checksum_type = "COMPOSITE";
    EXPECT_EQ(code_of(client_.complete(input)), "InvalidRequest");
    input.checksum_type = "FULL_OBJECT";
    checksum_member(input, kind) = text_of(kind, "bad string");
    EXPECT_EQ(code_of(client_.complete(input)), "BadDigest");
    const std::string whole = text_of(kind, large + large + small);
    checksum_member(input, kind) = whole;
    if (kind != ChecksumKind::crc64nvme) {
      auto without_type = input;
      without_type.checksum_type.reset();
      EXPECT_EQ(code_of(client_.complete(without_type)), "BadDigest");
    }
    const auto made = client_.complete(input);
    ASSERT_TRUE(made) << made.error().to_string();
    auto head = client_.head("film");
    EXPECT_EQ(checksum_member(*head, kind), whole);
    EXPECT_EQ(head->checksum_type, "FULL_OBJECT");
    auto part = client_.head("film", 3);
    EXPECT_FALSE(checksum_member(*part, kind));
    if (kind == ChecksumKind::crc64nvme) {
      EXPECT_EQ(whole, "ZMNX55lZurA=");
    }
  }
}

TEST_F(MultipartChecksTest, WithoutAnAlgorithmACrc64OfTheWholeIsKept) {
  const std::string id = begin("");
  const auto silent = client_.put(MultipartClient::part_input("film", id, 1), "aa");
  ASSERT_TRUE(silent);
  EXPECT_FALSE(silent->checksum_crc64_nvme);
  const std::string e_tag = put(id, 1, ChecksumKind::crc32c, "aaa");
  EXPECT_FALSE(client_.list("film", id)->parts.at(0).checksum_crc32_c);
  EXPECT_FALSE(client_.list("film", id)->parts.at(0).checksum_crc64_nvme);
  auto input = MultipartClient::complete_input("film", id, {{1, e_tag}});
  input.multipart_upload->parts[0].checksum_crc32_c = text_of(ChecksumKind::crc32c, "aaa");
  EXPECT_EQ(code_of(client_.complete(input)), "InvalidPart");
  input.multipart_upload->parts[0].checksum_crc32_c.reset();
  input.checksum_type = "FULL_OBJECT";
  EXPECT_EQ(message_of(client_.complete(input)),
            "The upload was created using the null checksum mode. The complete request must use "
            "the same checksum mode.");
  input.checksum_type.reset();
  const auto made = client_.complete(input);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->checksum_crc64_nvme, text_of(ChecksumKind::crc64nvme, "aaa"));
  EXPECT_EQ(made->checksum_type, "FULL_OBJECT");
}

TEST_F(MultipartChecksTest, ConditionsHoldWhenTheUploadIsComplete) {
  const auto complete_if = [&](std::string id, std::optional<std::string> match, bool absent) {
    auto input =
        MultipartClient::complete_input("film", id, {{1, client_.put("film", id, 1, "data")}});
    input.if_match = std::move(match);
    if (absent) input.if_none_match = "*";
    return client_.complete(std::move(input));
  };
  // Made while the upload was under way.
  std::string id = client_.begin("film");
  const auto object = server_.put("film", "there");
  ASSERT_TRUE(object);
  const auto there = complete_if(id, std::nullopt, true);
  EXPECT_EQ(code_of(there), "PreconditionFailed");
  EXPECT_EQ(field_of(there, "Condition"), "If-None-Match");
  EXPECT_EQ(code_of(complete_if(id, "\"other\"", false)), "PreconditionFailed");
  const auto changed = complete_if(id, object->e_tag, false);
  EXPECT_EQ(code_of(changed), "ConditionalRequestConflict");
  EXPECT_EQ(field_of(changed, "Condition"), "If-Match");
  EXPECT_EQ(field_of(changed, "Key"), "film");
  // Erased while it was.
  id = client_.begin("film");
  ASSERT_TRUE(server_.erase("film"));
  EXPECT_EQ(code_of(complete_if(id, object->e_tag, false)), "NoSuchKey");
  EXPECT_EQ(code_of(complete_if(id, std::nullopt, true)), "ConditionalRequestConflict");
  // As they were from the beginning.
  EXPECT_TRUE(complete_if(client_.begin("film"), std::nullopt, true));
  const std::string e_tag = *client_.head("film")->e_tag;
  EXPECT_TRUE(complete_if(client_.begin("film"), e_tag, false));
}

}  // namespace
}  // namespace dyad::s3
