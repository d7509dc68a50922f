#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/worker_pool.h"

namespace dyad {

struct WorkerPoolOptions {
  std::size_t threads = 4;
  /// Jobs that wait for a thread; one more is refused.
  std::size_t max_queued_jobs = 4096;
};

class ThreadWorkerPool final : public WorkerPool {
 public:
  /// Threads are named "NAME-0", "NAME-1", ...
  ThreadWorkerPool(std::string_view name, WorkerPoolOptions options);
  /// Runs all jobs that were taken, since somebody awaits each.
  ~ThreadWorkerPool() override;

  [[nodiscard]] bool submit(std::function<void()> job) override;
  std::size_t queued() const;

 private:
  void run_jobs();

  const std::size_t max_queued_jobs_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dyad
