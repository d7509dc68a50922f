#include "protocol/operation.h"

#include <algorithm>

namespace dyad::protocol {

const Operation* find_operation(std::span<const Operation* const> by_name, std::string_view name) {
  const auto found = std::ranges::lower_bound(by_name, name, {}, &Operation::name);
  return found != by_name.end() && (*found)->name == name ? *found : nullptr;
}

const ErrorInfo* find_error(const ServiceInfo& service, std::string_view code) {
  const auto found = std::ranges::lower_bound(service.errors, code, {}, &ErrorInfo::code);
  return found != service.errors.end() && found->code == code ? &*found : nullptr;
}

}  // namespace dyad::protocol
