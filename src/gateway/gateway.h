#pragma once

#include "gateway/admin_frontend.h"
#include "gateway/authenticate.h"
#include "gateway/host_name.h"
#include "gateway/json_frontend.h"
#include "gateway/query_frontend.h"
#include "gateway/s3_frontend.h"
#include "gateway/shared.h"
#include "http/connection.h"

namespace dyad::gateway {

/// A request's way: route -> authenticate -> parse -> authorise -> handle -> render. One a reactor,
/// for its parsers and signing keys are not shared; serves all of the reactor's connections.
class Gateway final : public http::Handler {
 public:
  /// `hooks` is used by this reactor alone.
  Gateway(const GatewayShared& shared, JsonHooks hooks);

  Task<void> handle(http::Request& request, http::ResponseWriter& response) override;
  /// What cannot be read as HTTP belongs to no service; it is answered in S3's form.
  std::string describe(http::HeadError error, http::ResponseWriter& response) override;

 private:
  Task<void> dispatch(Exchange& exchange);
  bool admit(const http::Request& request);
  Task<void> refuse(Exchange& exchange);
  Task<void> serve_by_host(Exchange& exchange, std::string_view scoped_service);

  const GatewayShared& shared_;
  const HostNames hosts_;
  http::LocalBudget memory_;
  Authenticator authenticator_;
  JsonFrontend json_;
  AdminFrontend admin_;
  QueryFrontend query_;
  S3Frontend s3_;
};

}  // namespace dyad::gateway
