#include "runtime/executor.h"

namespace dyad {

constinit thread_local Executor* Executor::current_ = nullptr;

}  // namespace dyad
