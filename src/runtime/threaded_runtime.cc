#include "runtime/threaded_runtime.h"

#include "base/check.h"
#include "runtime/dedicated_thread.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"

namespace dyad {
namespace {

class ThreadedRuntime final : public Runtime {
 public:
  ThreadedRuntime(WorkerPoolOptions workers, std::unique_ptr<Files> files)
      : files_(std::move(files)), workers_("worker", workers) {
    DYAD_CHECK(files_ != nullptr);
  }

  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  Files& files() override { return *files_; }
  WorkerPool& workers() override { return workers_; }
  std::unique_ptr<Executor> make_dedicated(std::string_view name) override {
    return std::make_unique<DedicatedThread>(clock_, name);
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Files> files_;
  ThreadWorkerPool workers_;  // Last, so that its threads end before what they use.
};

}  // namespace

std::unique_ptr<Runtime> make_threaded_runtime(WorkerPoolOptions workers,
                                               std::unique_ptr<Files> files) {
  return std::make_unique<ThreadedRuntime>(workers, std::move(files));
}

}  // namespace dyad
