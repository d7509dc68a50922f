#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/request_view.h"
#include "protocol/operation.h"
#include "protocol/query_string.h"

namespace dyad::protocol {

// Which operation of a REST service a request means. Virtual-host addressing is resolved before:
// bucket and key come apart. The tables are generated from the model's URIs.

enum class RouteTarget : std::uint8_t { service, bucket, object };

struct QueryCondition {
  std::string_view key = {};
  std::string_view value = {};  ///< Empty: any, also none.
};

struct Route {
  std::string_view method = {};
  RouteTarget target = RouteTarget::service;
  std::span<const QueryCondition> query = {};      ///< All must hold.
  std::span<const std::string_view> headers = {};  ///< All must be there; lower case.
  const Operation* operation = nullptr;
};

/// Routes with more conditions come first. A request that names one of `subresources` never falls
/// through to a route without it: DELETE /bucket?versioning must not delete the bucket.
struct RouteTable {
  std::span<const Route> routes = {};
  std::span<const std::string_view> subresources = {};  ///< Sorted.
};

struct RouteRequest {
  std::string_view method = {};
  bool has_bucket = false;
  bool has_key = false;                        ///< Only with a bucket.
  std::span<const QueryParameter> query = {};  ///< Decoded.
  std::span<const crypto::HeaderView> headers = {};
};

/// The operation; null: the method is not allowed on this resource.
const Operation* match_route(const RouteTable& table, const RouteRequest& request);

}  // namespace dyad::protocol
