#pragma once

#include <memory>
#include <optional>
#include <string>

#include "key_choice.h"
#include "phase.h"
#include "runtime/runtime.h"
#include "sample_data.h"
#include "store/store.h"
#include "table/tables.h"

namespace dyad::bench {

/// The engine in this process, without HTTP, signatures and JSON: what the figures over HTTP stand
/// beside.
class Engine {
 public:
  /// The embedded engine in `directory`, which must be there; none: the memory engine. `runtime`
  /// outlives it.
  static Task<Result<std::unique_ptr<Engine>>> open(Runtime& runtime,
                                                    std::optional<std::string> directory);
  ~Engine();

  enum class Operation : std::uint8_t {
    transact,  ///< A bare transaction: two rows read, one row of 1 KiB and a log entry written.
    get_item,
    put_item,
    put_item_indexed,  ///< With the global index.
    put_item_logged,   ///< The log has both images: what a stream asks of a write.
    put_object,        ///< The row and its inline bytes.
    get_object,
  };
  /// `pool` and `keys` outlive it.
  std::unique_ptr<Driver> make_driver(Operation operation, const TextPool& pool, KeyChoice& keys);

  /// Lets go of the log entries so far, as the server does all the time.
  Task<Result<>> trim();
  Task<Result<>> close();

 private:
  Engine(Runtime& runtime, std::unique_ptr<store::Store> store);
  Task<Result<>> make_tables();
  Task<Result<>> make_raw_partition();

  std::unique_ptr<store::Store> store_;
  table::Tables tables_;
  table::TableRef items_;
  table::TableRef indexed_items_;
  table::TableRef logged_items_;
  table::TableRef objects_;
  store::PartitionId raw_;  ///< For bare transactions.
};

}  // namespace dyad::bench
