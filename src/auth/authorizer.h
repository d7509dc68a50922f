#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "base/result.h"

namespace dyad::auth {

/// One thing that a request does to one thing.
struct Access {
  std::string action;    ///< IAM's: "s3:GetObject".
  std::string resource;  ///< An ARN: "arn:aws:s3:::photos/a.jpg"; "*" where the action has none.
};

/// What is known of a request beside who sent it and what it does, by the names of IAM's condition
/// keys ("aws:SourceIp"). Asked only by those whose verdict depends on it.
class RequestFacts {
 public:
  virtual ~RequestFacts() = default;
  /// Empty: not known.
  virtual std::string value_of(std::string_view condition_key) const = 0;
};

/// A question to the authoriser.
struct AccessRequest {
  const Principal& principal;
  std::string_view action;
  std::string_view resource;
  const RequestFacts& facts;
};

/// Who decides. Thread-safe.
class Authorizer {
 public:
  virtual ~Authorizer() = default;

  enum class Verdict : std::uint8_t { allowed, denied, depends };
  /// What can be said knowing nothing but the sender: then no resource is named and nothing of a
  /// refused request's body is read.
  virtual Verdict of_principal(const Principal& principal) const = 0;
  /// permission_denied, or nothing.
  virtual Result<> authorise(const AccessRequest& request) const = 0;
};

/// The one gate between a request and its handler. Lives as long as the request; what it refers to
/// outlives it.
class AccessGate {
 public:
  AccessGate(const Authorizer& authorizer, const Principal& principal, const RequestFacts& facts)
      : authorizer_(authorizer),
        principal_(principal),
        facts_(facts),
        verdict_(authorizer.of_principal(principal)) {}

  /// Before the rest of a request is read: permission_denied for those who may do nothing.
  Result<> enter(std::string_view action) const;
  /// Everything is allowed: no need to name resources.
  bool is_open() const { return verdict_ == Authorizer::Verdict::allowed; }
  /// permission_denied, or nothing. Handlers ask it for parts that are allowed or refused one by
  /// one (the keys of DeleteObjects).
  Result<> may(std::string_view action, std::string_view resource) const;
  /// All of them, or the first refusal.
  Result<> may_all(const std::vector<Access>& accesses) const;

 private:
  const Authorizer& authorizer_;
  const Principal& principal_;
  const RequestFacts& facts_;
  const Authorizer::Verdict verdict_;
};

/// An account that has its root user and nobody else: root may do everything, anonymous nothing.
class RootOnlyAuthorizer final : public Authorizer {
 public:
  Verdict of_principal(const Principal& principal) const override;
  Result<> authorise(const AccessRequest& request) const override;
};

}  // namespace dyad::auth
