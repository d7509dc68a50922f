#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "store/rados/rados_store.h"
#include "trial.h"

// What the contract suite does not ask of the engine on RADOS: that it holds when machines and
// servers go, and what it costs.

namespace dyad::trial {

constexpr int kExecutors = 2;

namespace {

Task<void> wait_for(Completion<bool>& over) {
  co_await over;
}

}  // namespace

Server::Server() {
  WorkerPoolOptions workers;
  runtime = make_threaded_runtime(workers, make_posix_files());
  for (int i = 0; i < kExecutors; ++i) executors.push_back(runtime->make_dedicated("trial"));
}

Server::~Server() {
  // A store that lost its cluster's trust cannot say so in peace: what close() answers is no news.
  if (store) (void)sync_wait(*executors.front(), store->close());
  store.reset();
}

Result<> Server::open(const std::string& name) {
  if (store) (void)sync_wait(*executors.front(), store->close());
  store.reset();
  store::rados::ClusterOptions where;
  const char* configuration = std::getenv("CEPH_CONF");
  where.configuration = configuration == nullptr ? "" : configuration;
  where.pool = "r3";
  DYAD_TRY_ASSIGN(cluster, store::rados::Cluster::connect(where));
  store::RadosOptions options;
  options.name = name;
  options.take_over = true;
  auto opened = sync_wait(*executors.front(), store::open_rados_store(*runtime, cluster, options));
  if (!opened) return fail(opened.error());
  store = std::move(*opened);
  return {};
}

void Server::all_at_once(int count, const std::function<Task<void>(int)>& make) {
  std::atomic<int> left = count;
  Completion<bool> over;
  const auto counted = [&](int i) -> Task<void> {
    co_await make(i);
    if (left.fetch_sub(1) == 1) over.set(true);
  };
  for (int i = 0; i < count; ++i) executors[i % kExecutors]->spawn(counted(i));
  sync_wait(*executors.front(), wait_for(over));
}

void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::_Exit(1);
}

std::string row(const std::string& rest) {
  return '\x01' + rest;
}

}  // namespace dyad::trial

int main(int argc, char** argv) {
  using namespace dyad::trial;
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "write" && argc == 4) return write_load(argv[2], std::atoi(argv[3]));
  if (command == "check" && argc == 3) return check_load(argv[2]);
  if (command == "race" && argc == 3) return race(std::atoi(argv[2]));
  if (command == "bench" && argc == 2) return bench();
  fmt::print(stderr,
             "usage: rados_trial write FILE SECONDS | check FILE | race NAMES | bench\n"
             "CEPH_CONF names the cluster; its pool r3 is used.\n");
  return 2;
}
