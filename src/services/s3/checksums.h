#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/put_object.h"
#include "base/result.h"
#include "crypto/checksum.h"
#include "protocol/aws_chunked.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// "Checking object integrity in Amazon S3": one checksum a PutObject, in a header or a trailer; S3
// computes a CRC64NVME where the client sends none. Content-MD5 stands beside it.

/// The member of a generated message that carries checksums of this kind.
template <class Message>
std::optional<std::string>& checksum_member(Message& message, crypto::ChecksumKind kind) {
  using enum crypto::ChecksumKind;
  switch (kind) {
    case crc32:
      return message.checksum_crc32;
    case crc32c:
      return message.checksum_crc32_c;
    case crc64nvme:
      return message.checksum_crc64_nvme;
    case sha1:
      return message.checksum_sha1;
    case sha256:
      return message.checksum_sha256;
    case sha512:
      return message.checksum_sha512;
    case md5:
      return message.checksum_md5;
  }
  return message.checksum_crc64_nvme;
}

/// What an upload is to be checked with.
struct IntegrityPlan {
  crypto::ChecksumKind kind = crypto::ChecksumKind::crc64nvme;
  std::optional<std::string> expected;     ///< Raw, from a header.
  bool in_trailer = false;                 ///< The expected value comes behind the body.
  std::optional<std::string> content_md5;  ///< Raw.
};

/// InvalidDigest; InvalidRequest: several checksums, one of a wrong form, or an announced algorithm
/// without a value; NotImplemented: kinds that are not served.
Result<IntegrityPlan> plan_integrity(model::PutObjectInput& input,
                                     std::string_view announced_trailers);

/// Of all the bytes that came: raw values.
struct BodyDigests {
  std::string md5;
  std::string checksum;
};

/// BadDigest; InvalidRequest: a trailer of a wrong form, or none. `trailers` may be null.
Result<> check_integrity(const IntegrityPlan& plan, const BodyDigests& digests,
                         const std::vector<protocol::AwsTrailer>* trailers);

}  // namespace dyad::s3
