#pragma once

#include <cstdint>

#include "http_connection.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace dyad::bench {

/// Makes the tables and the bucket where they are missing, and waits until they take requests.
Task<Result<>> make_tables_and_bucket(Reactor& reactor, Target target);

/// GET /health answers 200.
Task<Result<>> ask_health(Reactor& reactor, Target target);

}  // namespace dyad::bench
