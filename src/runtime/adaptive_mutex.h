#pragma once

#include <pthread.h>

namespace dyad {

/// A mutex that is held for a few hundred nanoseconds, at most for a copy of some KiB, and wanted
/// by several processors at once: who finds it held looks again for a moment before sleeping. With
/// std::mutex both sides pay system calls, and a change of threads, for a wait that is over before
/// the first of them.
class AdaptiveMutex {
 public:
  AdaptiveMutex() = default;
  ~AdaptiveMutex() { pthread_mutex_destroy(&mutex_); }
  AdaptiveMutex(const AdaptiveMutex&) = delete;
  AdaptiveMutex& operator=(const AdaptiveMutex&) = delete;

  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }
  bool try_lock() { return pthread_mutex_trylock(&mutex_) == 0; }

 private:
  pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

}  // namespace dyad
