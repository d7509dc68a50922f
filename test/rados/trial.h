#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "runtime/task.h"
#include "store/rados/cluster.h"
#include "store/store.h"

namespace dyad::trial {

/// A server's worth of engine: its own client of the cluster, its own threads.
struct Server {
  std::unique_ptr<Runtime> runtime;
  std::vector<std::unique_ptr<Executor>> executors;
  std::shared_ptr<store::rados::Cluster> cluster;
  std::unique_ptr<store::Store> store;

  Server();
  ~Server();
  /// Connects anew and takes the store `name` over.
  Result<> open(const std::string& name);
  /// Runs the tasks that `make(0..count-1)` gives, all at once.
  void all_at_once(int count, const std::function<Task<void>(int)>& make);
};

/// What a task ends the program with: the trial has failed.
[[noreturn]] void give_up(const std::string& why);
template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::string row(const std::string& rest);

/// Writes for so many seconds; each acknowledgement is a line of `acknowledged`.
int write_load(const std::string& acknowledged, int seconds);
/// Nothing of what the file tells is missing, and no transaction is there in part.
int check_load(const std::string& acknowledged);
/// Two servers on one store, each taking it over again and again: every name has one winner.
int race(int names);
int bench();

}  // namespace dyad::trial
