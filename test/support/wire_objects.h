#pragma once

#include "test/support/aws_client.h"
#include "test/support/object_calls.h"

namespace dyad::proof {

/// The objects of a bucket over one connection.
class WireObjects final : public ObjectCalls {
 public:
  WireObjects(AwsClient& client, std::string bucket)
      : client_(client), bucket_(std::move(bucket)) {}

  Task<Result<std::string>> put(std::string key, std::string body) override;
  Task<Result<std::optional<Object>>> get(std::string key) override;
  Task<Result<>> erase(std::string key) override;
  Task<Result<>> copy(std::string from, std::string to) override;
  Task<Result<std::string>> begin(std::string key) override;
  Task<Result<std::string>> put_part(std::string key, std::string upload, int number,
                                     std::string body) override;
  Task<Result<std::string>> complete(std::string key, std::string upload, std::vector<Part> parts,
                                     bool only_new) override;
  Task<Result<>> abort(std::string key, std::string upload) override;
  Task<Result<std::vector<Part>>> parts(std::string key, std::string upload) override;
  Task<Result<std::vector<std::string>>> uploads(std::string key) override;

 private:
  /// The answer of a success; else an error in the words of ObjectCalls.
  Task<Result<Answer>> ask(std::string_view method, std::string target, AwsClient::Headers headers,
                           std::string body);
  std::string path(const std::string& key) const { return "/" + bucket_ + "/" + key; }

  AwsClient& client_;
  const std::string bucket_;
};

/// The text of the first element of that name; empty: there is none.
std::string element_of(std::string_view xml, std::string_view name);
/// The content of each element of that name, in order.
std::vector<std::string> elements_of(std::string_view xml, std::string_view name);
/// The body of a CompleteMultipartUpload.
std::string completion_xml(const std::vector<ObjectCalls::Part>& parts);

}  // namespace dyad::proof
