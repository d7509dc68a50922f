#pragma once

#include <memory>
#include <string>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "server/data_directory.h"
#include "server/verify.h"
#include "table/reaper.h"
#include "table/tables.h"

namespace dyad::proof {

/// A data directory, open as the server opens it: store, blobs, tables, one thread for coroutines.
class GoldenData {
 public:
  /// Also decides about the blobs that the former process left pending.
  static Result<std::unique_ptr<GoldenData>> open(const std::string& directory,
                                                  store::EmbeddedOptions options);
  ~GoldenData();

  template <class T>
  T run(Task<T> task) {
    return sync_wait(*executor_, std::move(task));
  }
  /// Closes in good order; without it the destructor does.
  Result<> close();

  table::Tables& tables() { return *tables_; }
  store::Store& store() { return *data_.store; }
  blob::BlobStore& blobs() { return *data_.blobs; }
  table::PendingOutcome pending() const { return pending_; }

 private:
  GoldenData() = default;

  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Executor> executor_;
  server::OpenData data_;
  std::unique_ptr<table::Tables> tables_;
  table::PendingOutcome pending_;
  bool closed_ = false;
};

/// Of the golden directories: segments so small that a few hundred writes fill several.
store::EmbeddedOptions golden_options();

/// What `dyad verify --offline` does, without a word on the way.
Result<server::VerifyOutcome> verify(const std::string& directory);

}  // namespace dyad::proof
