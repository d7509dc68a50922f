#include "runtime/executor.h"

namespace dyad {

thread_local Executor* Executor::current_ = nullptr;

}  // namespace dyad
