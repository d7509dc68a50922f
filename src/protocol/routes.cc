#include "protocol/routes.h"

#include <algorithm>

namespace dyad::protocol {
namespace {

RouteTarget target_of(const RouteRequest& request) {
  if (!request.has_bucket) return RouteTarget::service;
  return request.has_key ? RouteTarget::object : RouteTarget::bucket;
}

bool holds(const QueryCondition& condition, std::span<const QueryParameter> query) {
  return std::ranges::any_of(query, [&](const QueryParameter& parameter) {
    return parameter.name == condition.key &&
           (condition.value.empty() || parameter.value == condition.value);
  });
}

bool matches(const Route& route, const RouteRequest& request, RouteTarget target) {
  if (route.target != target || route.method != request.method) return false;
  for (const QueryCondition& condition : route.query) {
    if (!holds(condition, request.query)) return false;
  }
  for (std::string_view header : route.headers) {
    if (!crypto::find_header(request.headers, header)) return false;
  }
  return true;
}

bool names_subresource(const RouteTable& table, const RouteRequest& request) {
  return std::ranges::any_of(request.query, [&](const QueryParameter& parameter) {
    return std::ranges::binary_search(table.subresources, parameter.name);
  });
}

bool asks_subresource(const RouteTable& table, const Route& route) {
  return std::ranges::any_of(route.query, [&](const QueryCondition& condition) {
    return std::ranges::binary_search(table.subresources, condition.key);
  });
}

}  // namespace

const Operation* match_route(const RouteTable& table, const RouteRequest& request) {
  const RouteTarget target = target_of(request);
  const bool subresource = names_subresource(table, request);
  for (const Route& route : table.routes) {
    if (!matches(route, request, target)) continue;
    // A preflight request asks about the resource, whatever its query.
    if (subresource && request.method != "OPTIONS" && !asks_subresource(table, route)) continue;
    return route.operation;
  }
  return nullptr;
}

}  // namespace dyad::protocol
