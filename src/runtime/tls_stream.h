#pragma once

#include <memory>
#include <string>

#include "runtime/stream.h"
#include "runtime/tls_context.h"

namespace dyad {

/// TLS over any stream. The handshake happens within the first read or write; the context's
/// certificate of this moment is used. An orderly end of the transport without a close_notify is an
/// error (`cancelled`), as it may be a truncation.
std::unique_ptr<Stream> make_tls_server_stream(std::unique_ptr<Stream> transport,
                                               const TlsServerContext& context);
/// `host` is what the server's certificate must name (a DNS name or an IP address).
std::unique_ptr<Stream> make_tls_client_stream(std::unique_ptr<Stream> transport,
                                               const TlsClientContext& context,
                                               const std::string& host);

}  // namespace dyad
