#pragma once

#include <functional>
#include <memory>

#include "client/aws_client.h"
#include "runtime/reactor.h"
#include "runtime/runtime.h"
#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"

namespace dyad::cli {

/// What a command needs of the machine to be a client: files, a clock, and one thread for sockets.
class Session {
 public:
  Session()
      : runtime_(make_threaded_runtime(WorkerPoolOptions(), make_posix_files())),
        reactor_(runtime_->clock(), "client") {}

  Files& files() { return runtime_->files(); }
  const Clock& clock() { return runtime_->clock(); }

  /// Runs `body` with a client of that server to its end. Blocks.
  template <class T>
  Result<T> call(client::ClientOptions options,
                 std::function<Task<Result<T>>(client::AwsClient&)> body) {
    return sync_wait(reactor_, run<T>(reactor_, *runtime_, std::move(options), std::move(body)));
  }

 private:
  template <class T>
  static Task<Result<T>> run(Reactor& reactor, Runtime& runtime, client::ClientOptions options,
                             std::function<Task<Result<T>>(client::AwsClient&)> body) {
    client::AwsClient client(reactor, runtime.clock(), &runtime.workers(), std::move(options));
    co_return co_await body(client);
  }

  std::unique_ptr<Runtime> runtime_;
  Reactor reactor_;
};

}  // namespace dyad::cli
