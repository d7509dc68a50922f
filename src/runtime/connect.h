#pragma once

#include <memory>
#include <string>

#include "runtime/reactor.h"
#include "runtime/stream.h"
#include "runtime/tls_context.h"
#include "runtime/worker_pool.h"

namespace dyad {

struct ConnectOptions {
  /// Set: TLS. The handshake, and so a refused certificate, shows in the first write or read.
  std::shared_ptr<TlsClientContext> tls;
  /// Where names are resolved, which blocks. Null: numeric hosts and "localhost" only.
  WorkerPool* resolver = nullptr;
};

/// A client's connection to "host:port", a stream of `reactor`, which calls this. not_found: no
/// such host; cancelled: refused or unreachable; deadline_exceeded.
Task<Result<std::unique_ptr<Stream>>> connect(Reactor& reactor, std::string address,
                                              ConnectOptions options, Deadline deadline);

}  // namespace dyad
