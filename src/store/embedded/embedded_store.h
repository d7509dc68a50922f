#pragma once

#include <memory>
#include <string>

#include "runtime/runtime.h"
#include "store/embedded/embedded_options.h"
#include "store/store.h"

namespace dyad::store {

/// Opens the store in `directory`, or makes one; its parent must be there. Recovers what a crash
/// left. Errors: conflict (another process has it open), unsupported (written by a newer release),
/// corruption (names the file), io_error, no_space. `runtime` outlives the store.
Task<Result<std::unique_ptr<Store>>> open_embedded_store(Runtime& runtime, std::string directory,
                                                         EmbeddedOptions options);

}  // namespace dyad::store
