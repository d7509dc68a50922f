#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/task.h"

namespace dyad::proof {

/// What S3 does with the objects of one bucket, in process (s3_calls.h) or over the wire
/// (wire_objects.h). Errors: not_found: NoSuchKey, NoSuchUpload; failed_condition: refused for
/// another reason, nothing happened; anything else leaves open what happened.
class ObjectCalls {
 public:
  struct Part {
    int number = 0;
    std::string e_tag;  ///< Without quotes, as all here.
    std::uint64_t size_bytes = 0;
  };
  struct Object {
    std::string body;
    std::string e_tag;
  };

  virtual ~ObjectCalls() = default;

  /// The entity tag.
  virtual Task<Result<std::string>> put(std::string key, std::string body) = 0;
  virtual Task<Result<std::optional<Object>>> get(std::string key) = 0;
  virtual Task<Result<>> erase(std::string key) = 0;
  virtual Task<Result<>> copy(std::string from, std::string to) = 0;

  /// A new upload's id.
  virtual Task<Result<std::string>> begin(std::string key) = 0;
  virtual Task<Result<std::string>> put_part(std::string key, std::string upload, int number,
                                             std::string body) = 0;
  /// The object's entity tag. `only_new`: If-None-Match.
  virtual Task<Result<std::string>> complete(std::string key, std::string upload,
                                             std::vector<Part> parts, bool only_new) = 0;
  virtual Task<Result<>> abort(std::string key, std::string upload) = 0;
  virtual Task<Result<std::vector<Part>>> parts(std::string key, std::string upload) = 0;
  /// Ids of the uploads of that key.
  virtual Task<Result<std::vector<std::string>>> uploads(std::string key) = 0;
};

}  // namespace dyad::proof
