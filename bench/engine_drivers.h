#pragma once

#include <string>
#include <utility>

#include "key_choice.h"
#include "phase.h"
#include "sample_data.h"
#include "store/store.h"
#include "table/tables.h"

namespace dyad::bench {

/// What all drivers over the engine have.
class EngineDriver : public Driver {
 public:
  EngineDriver(table::Tables& tables, table::TableRef table, const TextPool& pool, KeyChoice& keys)
      : tables_(tables), table_(std::move(table)), pool_(pool), keys_(keys) {}

 protected:
  table::Tables& tables_;
  const table::TableRef table_;
  const TextPool& pool_;
  KeyChoice& keys_;
};

class EngineGetItem final : public EngineDriver {
 public:
  using EngineDriver::EngineDriver;
  Task<Result<>> operate() override;
};

class EnginePutItem final : public EngineDriver {
 public:
  using EngineDriver::EngineDriver;
  Task<Result<>> operate() override;
};

class EnginePutObject final : public EngineDriver {
 public:
  using EngineDriver::EngineDriver;
  Task<Result<>> operate() override;
};

class EngineGetObject final : public EngineDriver {
 public:
  using EngineDriver::EngineDriver;
  Task<Result<>> operate() override;
};

/// Two rows read, one of 1 KiB put, a small log entry appended: what a PutItem asks of the store.
class BareTransaction final : public Driver {
 public:
  BareTransaction(store::Store& store, store::PartitionId partition, const TextPool& pool,
                  KeyChoice& keys)
      : store_(store), partition_(partition), pool_(pool), keys_(keys) {}
  Task<Result<>> operate() override;

 private:
  store::Store& store_;
  const store::PartitionId partition_;
  const TextPool& pool_;
  KeyChoice& keys_;
};

}  // namespace dyad::bench
