#include "engine.h"

#include "engine_drivers.h"
#include "store/embedded/embedded_store.h"
#include "store/memory/memory_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/object_row.h"

namespace dyad::bench {
namespace {

table::RowCodecs make_codecs() {
  table::RowCodecs codecs;
  codecs.item = std::make_shared<table::ItemCodec>();
  codecs.object = std::make_shared<table::ObjectCodec>();
  return codecs;
}

table::TableSpec object_table() {
  table::TableSpec spec;
  spec.name = "s3." + std::string(kBucketName);
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {std::string(table::object_attribute::kBucket), table::Type::string};
  spec.keys.range =
      table::KeyAttribute{std::string(table::object_attribute::kKey), table::Type::string};
  spec.ordered_hash = std::string(kBucketName);
  return spec;
}

table::TableSpec logged_item_table() {
  table::TableSpec spec = item_table(false);
  spec.name = std::string(kStreamedTableName);
  spec.log_images = table::LogImages::new_and_old;
  return spec;
}

}  // namespace

Engine::Engine(Runtime& runtime, std::unique_ptr<store::Store> store)
    : store_(std::move(store)), tables_(*store_, runtime, make_codecs()) {}
Engine::~Engine() = default;

Task<Result<std::unique_ptr<Engine>>> Engine::open(Runtime& runtime,
                                                   std::optional<std::string> directory) {
  std::unique_ptr<store::Store> store;
  if (directory) {
    DYAD_CO_TRY_ASSIGN(
        store, co_await store::open_embedded_store(runtime, *directory, store::EmbeddedOptions()));
  } else {
    store = store::make_memory_store(runtime);
  }
  std::unique_ptr<Engine> engine(new Engine(runtime, std::move(store)));
  DYAD_CO_TRY(co_await engine->make_tables());
  DYAD_CO_TRY(co_await engine->make_raw_partition());
  co_return engine;
}

Task<Result<>> Engine::make_tables() {
  DYAD_CO_TRY_ASSIGN(items_, co_await tables_.create(item_table(false), Deadline::never()));
  DYAD_CO_TRY_ASSIGN(indexed_items_, co_await tables_.create(item_table(true), Deadline::never()));
  DYAD_CO_TRY_ASSIGN(logged_items_,
                     co_await tables_.create(logged_item_table(), Deadline::never()));
  DYAD_CO_TRY_ASSIGN(objects_, co_await tables_.create(object_table(), Deadline::never()));
  co_return Result<>();
}

Task<Result<>> Engine::make_raw_partition() {
  const store::Body body = [this](store::Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(raw_, tx.create_partition());
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await store_->transact({}, body, Deadline::never()));
  co_return Result<>();
}

std::unique_ptr<Driver> Engine::make_driver(Operation operation, const TextPool& pool,
                                            KeyChoice& keys) {
  switch (operation) {
    case Operation::transact:
      return std::make_unique<BareTransaction>(*store_, raw_, pool, keys);
    case Operation::get_item:
      return std::make_unique<EngineGetItem>(tables_, items_, pool, keys);
    case Operation::put_item:
      return std::make_unique<EnginePutItem>(tables_, items_, pool, keys);
    case Operation::put_item_indexed:
      return std::make_unique<EnginePutItem>(tables_, indexed_items_, pool, keys);
    case Operation::put_item_logged:
      return std::make_unique<EnginePutItem>(tables_, logged_items_, pool, keys);
    case Operation::put_object:
      return std::make_unique<EnginePutObject>(tables_, objects_, pool, keys);
    case Operation::get_object:
      return std::make_unique<EngineGetObject>(tables_, objects_, pool, keys);
  }
  DYAD_CHECK(false);
}

Task<Result<>> Engine::trim() {
  const std::vector<store::PartitionInfo> all = store_->partitions();
  for (const store::PartitionInfo& partition : all) {
    DYAD_CO_TRY(co_await store_->trim_log(partition.id, store_->durable_upto()));
  }
  co_return Result<>();
}

Task<Result<>> Engine::close() {
  return store_->close();
}

}  // namespace dyad::bench
