#pragma once

#include "services/s3/operations.h"
#include "test/support/object_calls.h"

namespace dyad::proof {

/// The handlers themselves, in this process, as the root user calls them.
class S3Calls final : public ObjectCalls {
 public:
  /// All of them outlive it.
  S3Calls(s3::S3Service& service, const Clock& clock, std::string bucket);

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
  api::RequestContext context(http::BodyReader* body = nullptr) const;
  /// Bucket, and key where there is one.
  template <class Input>
  Input input(const std::string& key) const {
    Input input;
    input.bucket = bucket_;
    input.key = key;
    return input;
  }

  s3::S3Service& service_;
  const Clock& clock_;
  const std::string bucket_;
  auth::Principal principal_;
};

}  // namespace dyad::proof
