#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/cors.h"
#include "api/operation_handler.h"
#include "auth/authorizer.h"
#include "auth/credentials.h"
#include "base/clock.h"
#include "base/random.h"
#include "gateway/address_rates.h"
#include "gateway/metrics.h"
#include "http/memory_budget.h"
#include "protocol/json_codec.h"
#include "protocol/operation.h"

namespace dyad::gateway {

/// The largest request that is read whole before its handler runs; DynamoDB's own limit.
constexpr std::size_t kMaxBufferedBodyBytes = 16u << 20;
/// The largest XML document of an S3 request: a list of 10,000 parts with their checksums fits.
constexpr std::size_t kMaxXmlBodyBytes = 4u << 20;
/// The largest form of a query-protocol request.
constexpr std::size_t kMaxFormBytes = 1u << 20;

/// What an operation whose body is a stream holds of it at most: a frame that is being read, one
/// that is being written, and an object still small enough to stay in memory.
constexpr std::size_t kStreamedBodyBytes = 384u << 10;

/// The handlers of one service, by Operation::index; null: not served. And what the service says to
/// pages of other origins; null: nothing.
class ServiceHandlers {
 public:
  explicit ServiceHandlers(std::vector<std::unique_ptr<api::OperationHandler>> handlers,
                           std::unique_ptr<api::CorsPolicy> cors = nullptr);
  const api::OperationHandler* find(const protocol::Operation& operation) const {
    return operation.index < by_index_.size() ? by_index_[operation.index].get() : nullptr;
  }
  const api::CorsPolicy* cors() const { return cors_.get(); }

 private:
  std::vector<std::unique_ptr<api::OperationHandler>> by_index_;
  std::unique_ptr<api::CorsPolicy> cors_;
};

struct GatewayOptions {
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  std::int64_t request_deadline_ms = 60'000;
  /// Domains of this server: bucket.s3.localhost, bucket.s3.us-east-1.localhost, bucket.localhost
  /// (gateway/host_name.h). Amazon's own are known besides.
  std::vector<std::string> domains = {"localhost"};
  /// Signatures of version 2 in S3's headers, presigned URLs and POST forms; false: they are
  /// answered as by regions that never had them.
  bool accept_sigv2 = true;
};

class AdminHandler;

/// What all reactors' gateways share. Everything in it outlives them and is thread-safe.
struct GatewayShared {
  GatewayOptions options;
  const Clock& clock;
  Random& random;
  const auth::CredentialStore& credentials;
  const auth::Authorizer& authorizer;
  const ServiceHandlers& s3;
  const ServiceHandlers& dynamodb;
  const ServiceHandlers& sts;
  Metrics& metrics;
  http::MemoryBudget& body_memory;  ///< For all bodies that are held while they are read.
  AddressRates& request_rates;
  AdminHandler* admin = nullptr;  ///< gateway/admin_frontend.h; null: none is served.
};

}  // namespace dyad::gateway
