#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/simulation.h"
#include "server/data_directory.h"

namespace dyad::proof {

constexpr const char* kDataDirectory = "/data";

/// A disk that outlives processes, and the process that runs on it now: a simulation of one thread.
/// RocksDB's threads run beside it.
class Machine {
 public:
  explicit Machine(std::uint64_t seed) : seed_(seed), files_(SimFiles::Options{.seed = seed}) {
    options_.segment_bytes = 64u << 10;
    options_.cache_bytes = 1u << 20;
    options_.write_buffer_bytes = 256u << 10;
    options_.reserve_bytes = 0;
    options_.max_replay_bytes = 96u << 10;
    options_.max_background_sleep_us = 1000;
    options_.fatal = [this](const Error& error) {
      const std::lock_guard lock(mutex_);
      fatal_ = error.to_string();
    };
  }

  SimFiles& files() { return files_; }
  const store::EmbeddedOptions& options() const { return options_; }
  /// Why a process would have ended itself; empty: none did.
  std::string fatal() {
    const std::lock_guard lock(mutex_);
    return fatal_;
  }

  /// A new process. Whatever the former one had open is gone by now.
  Simulation& start_process() {
    Simulation::Options options;
    options.seed = ++seed_;
    options.files = &files_;
    process_ = std::make_unique<Simulation>(options);
    return *process_;
  }
  /// Power goes, where it has not yet, and comes back. The disk is sound from now on.
  void power_cycle() {
    files_.clear_faults();
    if (!files_.is_down()) files_.crash();
    files_.restart();
  }

 private:
  std::uint64_t seed_;
  SimFiles files_;
  store::EmbeddedOptions options_;
  std::mutex mutex_;
  std::string fatal_;
  std::unique_ptr<Simulation> process_;
};

}  // namespace dyad::proof
