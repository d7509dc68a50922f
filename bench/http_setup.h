#pragma once

#include <cstdint>

#include "http_connection.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace dyad::bench {

/// Makes the tables where they are missing, and waits until they take requests.
Task<Result<>> make_tables(Reactor& reactor, Target target);
/// unsupported: the server has no streams.
Task<Result<>> make_streamed_table(Reactor& reactor, Target target);
/// Makes a bucket where it is missing.
Task<Result<>> make_bucket(Reactor& reactor, Target target, std::string bucket);

/// One request on a connection of its own.
Task<Result<HttpAnswer>> ask_once(Reactor& reactor, Target target, RequestSigner::Form form,
                                  HttpRequest request);

/// GET /health answers 200.
Task<Result<>> ask_health(Reactor& reactor, Target target);
/// ListTables answers 200.
Task<Result<>> ask_tables(Reactor& reactor, Target target);
/// ListBuckets answers 200.
Task<Result<>> ask_buckets(Reactor& reactor, Target target);

}  // namespace dyad::bench
