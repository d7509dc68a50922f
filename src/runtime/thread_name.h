#pragma once

#include <pthread.h>

#include <string>
#include <string_view>

namespace dyad {

/// Names the calling thread for debuggers and `top -H`; the kernel keeps 15 characters.
inline void set_thread_name(std::string_view name) {
  constexpr std::size_t kMaxThreadNameBytes = 15;
  pthread_setname_np(pthread_self(), std::string(name.substr(0, kMaxThreadNameBytes)).c_str());
}

}  // namespace dyad
