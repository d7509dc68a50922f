#include "runtime/thread_worker_pool.h"

#include <string>

#include "base/check.h"
#include "runtime/thread_name.h"

namespace dyad {

ThreadWorkerPool::ThreadWorkerPool(std::string_view name, WorkerPoolOptions options)
    : max_queued_jobs_(options.max_queued_jobs) {
  DYAD_CHECK(options.threads > 0);
  for (std::size_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this, thread_name = std::string(name) + "-" + std::to_string(i)] {
      set_thread_name(thread_name);
      run_jobs();
    });
  }
}

ThreadWorkerPool::~ThreadWorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool ThreadWorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (jobs_.size() >= max_queued_jobs_) return false;
  jobs_.push_back(std::move(job));
  if (idle_ > 0) filled_.notify_one();
  return true;
}

std::size_t ThreadWorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void ThreadWorkerPool::run_jobs() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (jobs_.empty()) {
      if (stopping_) return;
      ++idle_;
      filled_.wait(lock);
      --idle_;
    }
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // What it captured is destroyed without the lock.
    lock.lock();
  }
}

}  // namespace dyad
