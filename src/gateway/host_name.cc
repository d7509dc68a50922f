#include "gateway/host_name.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace dyad::gateway {
namespace {

constexpr std::size_t kAccountDigits = 12;
/// Every path of S3 Control begins with its API's date.
constexpr std::string_view kControlPath = "/v20180820/";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_account(std::string_view label) {
  return label.size() == kAccountDigits && std::ranges::all_of(label, is_digit);
}

/// "us-east-1", "us-gov-west-1": words of letters, then a number.
bool is_region(std::string_view label) {
  const std::size_t last = label.rfind('-');
  if (last == std::string_view::npos || last + 1 == label.size()) return false;
  if (!std::ranges::all_of(label.substr(last + 1), is_digit)) return false;
  const std::string_view words = label.substr(0, last);
  const auto letter_or_dash = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return words.find('-') != std::string_view::npos && std::ranges::all_of(words, letter_or_dash);
}

std::string name_of(std::string_view host) {
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  std::string name(host);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// Takes the last label off `name`.
std::string_view take_last(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? name : name.substr(dot + 1);
  name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  return label;
}

using Service = HostName::Service;

Service service_of(std::string_view label) {
  if (label == "s3") return Service::s3;
  // The dash instead of a dot is the form of old regions: "s3-eu-west-1".
  if (label.starts_with("s3-") && is_region(label.substr(3))) return Service::s3;
  if (label == "s3-control") return Service::s3_control;
  if (label == "dynamodb" || label == "ddb") return Service::dynamodb;
  if (label == "sts") return Service::sts;
  return Service::untold;
}

/// What stands before a domain: "[prefix.]service[.dualstack][.region]".
struct Endpoint {
  Service service = Service::untold;
  std::string_view prefix;
};

Endpoint endpoint_of(std::string_view labels) {
  std::string_view rest = labels;
  const std::string_view last = take_last(rest);
  if (const Service service = service_of(last); service != Service::untold) return {service, rest};
  if (!is_region(last) || rest.empty()) return {};
  std::string_view label = take_last(rest);
  if (label == "dualstack" && !rest.empty()) label = take_last(rest);
  return {service_of(label), rest};
}

}  // namespace

HostNames::HostNames(std::vector<std::string> domains) {
  for (std::string& domain : domains) domains_.push_back({name_of(domain), true});
  for (const char* domain : {"amazonaws.com", "amazonaws.com.cn", "api.aws"})
    domains_.push_back({domain, false});
  std::ranges::stable_sort(domains_, std::ranges::greater{},
                           [](const Domain& domain) { return domain.name.size(); });
}

HostName HostNames::parse(std::string_view host, std::string_view path) const {
  const std::string name = name_of(host);
  const bool control_path = path.starts_with(kControlPath);
  const bool account_first = is_account(std::string_view(name).substr(0, name.find('.')));
  for (const Domain& domain : domains_) {
    if (name == domain.name) return {};
    if (name.size() <= domain.name.size() + 1 || !name.ends_with(domain.name)) continue;
    const std::size_t dot = name.size() - domain.name.size() - 1;
    if (name[dot] != '.') continue;
    const std::string_view labels = std::string_view(name).substr(0, dot);
    const Endpoint endpoint = endpoint_of(labels);
    if (endpoint.service == Service::s3) {
      if (control_path && is_account(endpoint.prefix)) return {Service::s3_control, {}};
      return {Service::s3, std::string(endpoint.prefix)};
    }
    if (endpoint.service != Service::untold) return {endpoint.service, {}};
    if (is_account(labels)) return {Service::s3_control, {}};
    if (domain.bare_buckets) return {Service::s3, std::string(labels)};
    return {};
  }
  if (account_first && name.size() > kAccountDigits) return {Service::s3_control, {}};
  return {};
}

}  // namespace dyad::gateway
