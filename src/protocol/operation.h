#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/shape.h"

namespace dyad::protocol {

/// awsJson1_1 differs from 1.0 in its content type alone.
enum class Protocol : std::uint8_t { aws_json_1_0, query, rest_xml, rest_json_1 };

/// An error that a service knows: its code, and what the service says where the caller has nothing
/// better to say.
struct ErrorInfo {
  std::string_view code = {};
  std::uint16_t http_status = 400;
  std::string_view message = {};
  std::string_view type_prefix = {};         ///< awsJson: what stands before the code in "__type".
  std::string_view message_key = "message";  ///< awsJson: "message" or "Message".
};

struct ServiceInfo {
  std::string_view name = {};  ///< "dynamodb", as in credential scopes.
  std::string_view full_name = {};
  std::string_view api_version = {};
  std::string_view target_prefix = {};  ///< awsJson: before the dot in X-Amz-Target.
  std::string_view xml_namespace = {};
  std::string_view not_implemented_code = {};  ///< Answered for operations that are not served.
  Protocol protocol = Protocol::aws_json_1_0;
  std::span<const ErrorInfo> errors = {};  ///< Sorted by code.
};

/// One operation of a service. Those that are not served are known by name and route only, so that
/// they are never taken for another and the answer is the service's own not-implemented error.
struct Operation {
  std::string_view name = {};
  const ServiceInfo* service = nullptr;
  std::uint16_t index = 0;  ///< Among the service's operations; the served ones come first.
  bool served = false;
  bool streaming_input = false;  ///< The body is a stream and not a member of the input.
  bool streaming_output = false;
  bool authorised = true;  ///< False: needs no permission.
  std::uint16_t success_status = 200;
  std::string_view iam_action =
      {};                        ///< "s3:GetObject"; empty: its parts are authorised one by one.
  const Shape* input = nullptr;  ///< Null if not served.
  const Shape* output = nullptr;
  std::string_view result_wrapper = {};           ///< query: element around the output.
  std::span<const std::string_view> errors = {};  ///< Codes that the model lists.
};

/// Binary search in a table sorted by name; null: no such operation.
const Operation* find_operation(std::span<const Operation* const> by_name, std::string_view name);
/// The service's own facts about `code`; null: it does not know the code.
const ErrorInfo* find_error(const ServiceInfo& service, std::string_view code);

}  // namespace dyad::protocol
