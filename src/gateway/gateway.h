#pragma once

#include "gateway/admin_frontend.h"
#include "gateway/admission.h"
#include "gateway/authenticate.h"
#include "gateway/host_name.h"
#include "gateway/json_frontend.h"
#include "gateway/query_frontend.h"
#include "gateway/refusals.h"
#include "gateway/s3_frontend.h"
#include "gateway/shared.h"
#include "http/connection.h"

namespace dyad::gateway {

/// A request's way: route -> authenticate -> parse -> authorise -> handle -> render. One a reactor,
/// for its parsers and signing keys are not shared; serves all of the reactor's connections.
class Gateway final : public http::Handler {
 public:
  /// `hooks` and `admission` are used by this reactor alone. Without the latter nothing is refused
  /// because a queue stands.
  Gateway(const GatewayShared& shared, JsonHooks hooks, Admission* admission = nullptr);

  Task<void> handle(http::Request& request, http::ResponseWriter& response) override;
  /// What cannot be read as HTTP belongs to no service; it is answered in S3's form.
  std::string describe(http::HeadError error, http::ResponseWriter& response) override;

 private:
  Task<void> dispatch(Exchange& exchange);
  bool within_rate(const http::Request& request);
  bool sheds(const http::RequestHead& head);
  Task<void> refuse(http::Request& request, http::ResponseWriter& response, std::int64_t began_us);
  Task<void> shed(http::Request& request, http::ResponseWriter& response, std::int64_t began_us);
  void report_shedding(std::int64_t now_us);
  Task<void> serve_by_host(Exchange& exchange, std::string_view scoped_service);

  const GatewayShared& shared_;
  Admission* const admission_;
  std::int64_t reported_us_ = INT64_MIN / 2;
  std::uint64_t reported_refused_ = 0;
  Refusals refusals_;
  const HostNames hosts_;
  http::LocalBudget memory_;
  Authenticator authenticator_;
  JsonFrontend json_;
  AdminFrontend admin_;
  QueryFrontend query_;
  S3Frontend s3_;
};

}  // namespace dyad::gateway
