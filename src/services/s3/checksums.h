#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request_context.h"
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

/// What a request's head says of its body, in the words of the headers. Points into the request.
struct IntegrityHeaders {
  std::optional<std::string_view> content_md5;
  std::optional<std::string_view> algorithm;  ///< x-amz-sdk-checksum-algorithm.
  /// x-amz-checksum-*, by kind.
  std::array<std::optional<std::string_view>, crypto::kAllChecksumKinds.size()> checksums;
  std::string_view unserved;            ///< The name of a checksum header that is not served.
  std::string_view announced_trailers;  ///< x-amz-trailer.

  /// Of a generated input with all of the members (PutObjectInput, UploadPartInput).
  template <class Input>
  static IntegrityHeaders of(Input& input, std::string_view announced_trailers) {
    IntegrityHeaders headers;
    headers.content_md5 = input.content_md5;
    headers.algorithm = input.checksum_algorithm;
    for (const crypto::ChecksumKind kind : crypto::kAllChecksumKinds)
      headers.checksums[static_cast<std::size_t>(kind)] = checksum_member(input, kind);
    if (input.checksum_xxhash64) headers.unserved = "x-amz-checksum-xxhash64";
    if (input.checksum_xxhash3) headers.unserved = "x-amz-checksum-xxhash3";
    if (input.checksum_xxhash128) headers.unserved = "x-amz-checksum-xxhash128";
    headers.announced_trailers = announced_trailers;
    return headers;
  }
  /// Of the request's own headers: for operations whose inputs have no such members, although S3
  /// takes the headers with them (DeleteObjects).
  static IntegrityHeaders of(const api::RequestContext& context);
};

/// What an upload is to be checked with.
struct IntegrityPlan {
  crypto::ChecksumKind kind = crypto::ChecksumKind::crc64nvme;
  std::optional<std::string> expected;     ///< Raw, from a header.
  bool in_trailer = false;                 ///< The expected value comes behind the body.
  std::optional<std::string> content_md5;  ///< Raw.
};

/// InvalidDigest; InvalidRequest: several checksums, one of a wrong form, or an announced algorithm
/// without a value; NotImplemented: kinds that are not served.
Result<IntegrityPlan> plan_integrity(const IntegrityHeaders& headers);

/// Of all the bytes that came: raw values.
struct BodyDigests {
  std::string md5;
  std::string checksum;
  std::string also;  ///< A second checksum, where one was asked for.
};

/// BadDigest; InvalidRequest: a trailer of a wrong form, or none. `trailers` may be null.
Result<> check_integrity(const IntegrityPlan& plan, const BodyDigests& digests,
                         const std::vector<protocol::AwsTrailer>* trailers);

/// Holds a request's document against what its head says of it, for the operations that demand
/// that ("DeleteObjects": Content-MD5 or a checksum). InvalidRequest: it says nothing;
/// MissingRequestBodyError: there is none; else the errors above.
Result<> check_document(const api::RequestContext& context);

}  // namespace dyad::s3
