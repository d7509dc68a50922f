#include "test/simulation/world.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "blob/file_blob_store.h"
#include "server/data_directory.h"
#include "services/s3/service.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/index_backfill.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/reaper.h"
#include "table/verify.h"
#include "test/support/bodies.h"
#include "test/support/crowd.h"
#include "test/support/items.h"
#include "test/support/key_cell.h"
#include "test/support/objects.h"
#include "test/support/s3_calls.h"

namespace dyad::proof {
namespace {

constexpr int kWriters = 5;
constexpr int kStepsOfAWriter = 40;
constexpr std::uint64_t kMinPartBytes = 1000;
constexpr const char* kItemTable = "items";
constexpr const char* kBucket = "bucket";
constexpr const char* kCounter = "counter";
constexpr const char* kDirectory = "/data";
/// Comes and goes.
constexpr const char* kLateIndex = "late";

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

class World {
 public:
  explicit World(WorldOptions options)
      : options_(std::move(options)), simulation_(options_.seed), random_(options_.seed ^ 0xd1ce) {
    KeyCell::Options cell;
    cell.min_part_bytes = kMinPartBytes;
    cell.sizes = {100, 3000};
    cell.large_bytes = 140'000;
    for (int i = 0; i < 2 * kWriters; ++i)
      cells_.push_back(std::make_unique<KeyCell>("u" + std::to_string(i), cell, outcome_.keys));
    // The second one of a writer copies from the first one of another writer.
    for (int i = 0; i < kWriters; ++i)
      cells_[2 * i + 1]->copy_from(*cells_[2 * ((i + 1) % kWriters)]);
  }

  WorldOutcome run() {
    for (int process = 0; process < options_.processes && outcome_.wrong.empty(); ++process)
      live(process + 1 == options_.processes);
    outcome_.trace_hash = simulation_.trace_hash();
    outcome_.counts = oracle_.counts();
    return outcome_;
  }

 private:
  SimFiles& disk() { return simulation_.sim_files(); }
  Deadline never() const { return Deadline::never(); }
  bool failed() const { return !outcome_.wrong.empty(); }
  void complain(std::string what) {
    if (outcome_.wrong.empty()) outcome_.wrong = std::move(what);
  }

  /// One process: recovers, checks, works, and dies or ends.
  void live(bool last) {
    last_ = last;
    const bool crashes = !last && random_.below(5) > 0;
    if (!open()) return;
    simulation_.run_until(check());
    if (!failed() && !last) {
      if (crashes) arrange_crash();
      simulation_.run_until(work());
    }
    crash_behind_.reset();
    disk().clear_faults();
    const bool went_down = disk().is_down();
    if (crashes && !went_down) disk().crash(Survival::some);
    const Result<> closed = simulation_.run_until(store_->close());
    if (!crashes && !went_down && !closed) complain("close: " + closed.error().to_string());
    backfill_.reset();
    calls_.reset();
    service_.reset();
    reaper_.reset();
    pins_.reset();
    tables_.reset();
    blobs_.reset();
    store_.reset();
    if (disk().is_down()) {
      ++outcome_.crashes;
      disk().restart();
    }
    simulation_.note(hash_of(outcome_.wrong) + oracle_.counts().acknowledged);
  }

  bool open() {
    const Result<> opened = simulation_.run_until(open_all());
    if (!opened) complain("it does not open: " + opened.error().to_string());
    if (!opened && store_) (void)simulation_.run_until(store_->close());
    return opened.has_value();
  }
  Task<Result<>> open_all() {
    if (options_.engine == Engine::embedded) {
      DYAD_CO_TRY_ASSIGN(server::OpenData data,
                         co_await server::open_data_here(simulation_, kDirectory, embedded()));
      store_ = std::move(data.store);
      truthful_ = store_.get();
      blobs_ = std::move(data.blobs);
    } else {
      DYAD_CO_TRY(disk().make_directory(kDirectory));
      DYAD_CO_TRY(disk().sync_directory("/"));
      store::MemoryOptions memory;
      memory.state = memory_;
      memory.commit_delay_us = static_cast<std::int64_t>(random_.below(500));
      memory.flush = [this] { return flush_memory(); };
      store_ = store::make_memory_store(simulation_, std::move(memory));
      truthful_ = store_.get();
      if (options_.engine == Engine::hostile)
        store_ = store::make_hostile_store(std::move(store_), simulation_, random_.next_u64());
      DYAD_CO_TRY_ASSIGN(blobs_, blob::open_file_blob_store(simulation_, "/data/blobs"));
      // What the store's own open does for the embedded engine.
      DYAD_CO_TRY(disk().sync_directory(kDirectory));
    }
    table::RowCodecs codecs;
    codecs.item = std::make_shared<table::ItemCodec>();
    codecs.object = options_.object_codec;
    if (!codecs.object) codecs.object = std::make_shared<table::ObjectCodec>();
    tables_.emplace(*store_, simulation_, std::move(codecs));
    pins_.emplace(*store_);
    reaper_.emplace(*store_, *blobs_, *pins_);
    s3::S3Options s3;
    s3.inline_limit_bytes = 2048;
    s3.min_part_bytes = kMinPartBytes;
    service_.emplace(*tables_, *blobs_, *pins_, s3);
    calls_.emplace(*service_, simulation_.clock(), kBucket);
    table::BackfillOptions backfill;
    backfill.rows_per_transaction = 3;
    backfill.rows_per_turn = 6;
    backfill.rows_per_pass = 6;
    backfill_.emplace(*tables_, backfill);
    DYAD_CO_TRY(co_await table::settle_pending_blobs(*tables_, *blobs_, never()));
    co_return Result<>();
  }
  store::EmbeddedOptions embedded() const {
    store::EmbeddedOptions options;
    options.segment_bytes = 64u << 10;
    options.cache_bytes = 1u << 20;
    options.write_buffer_bytes = 256u << 10;
    options.reserve_bytes = 0;
    options.max_replay_bytes = 96u << 10;
    options.max_background_sleep_us = 1000;
    options.fatal = [](const Error&) {};
    return options;
  }

  /// The memory engine's power goes with the disk's.
  Result<> flush_memory() {
    if (crash_behind_ && (*crash_behind_)-- == 0) disk().crash(Survival::some);
    if (disk().is_down()) return fail(ErrorCode::io_error, "the power is gone");
    return {};
  }
  void arrange_crash() {
    if (options_.engine == Engine::embedded) {
      const std::uint64_t at = disk().operation_count() + random_.below(250);
      disk().fail_at(at, random_.below(2) == 0 ? FileFault::crash : FileFault::torn_crash);
    } else {
      crash_behind_ = random_.below(120);
    }
  }

  Task<void> work() {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < kWriters; ++i) tasks.push_back(write(i, random_.next_u64()));
    tasks.push_back(maintain(random_.next_u64()));
    over_ = 0;
    co_await run_together(std::move(tasks));
  }

  Task<table::TableRef> table(const char* name) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const auto found = co_await tables_->find(name, never());
      if (found) co_return *found;
      if (found.error().code == ErrorCode::not_found) break;
    }
    co_return nullptr;
  }

  /// Each writer has names of its own; it ends at its first error, which leaves open what happened.
  Task<void> write(int writer, std::uint64_t seed) {
    SeededRandom random(seed);
    const table::TableRef items = co_await table(kItemTable);
    const table::TableRef bucket = co_await table("s3.bucket");
    bool going = items && bucket;
    for (int step = 0; step < kStepsOfAWriter && going; ++step) {
      const std::string name = "w" + std::to_string(writer) + "-" + std::to_string(random.below(3));
      switch (random.below(10)) {
        case 0:
        case 1:
          going = co_await write_item(items, name, random);
          break;
        case 2:
        case 3:
          going = co_await write_object(bucket, name, random);
          break;
        case 4:
          going = co_await write_pair(items, bucket, "p" + std::to_string(writer), random);
          break;
        case 5:
        case 6:
        case 7:
        case 8:
          going = co_await write_key(*cells_[2 * writer + random.below(2)], random);
          break;
        default:
          going = co_await increment(items);
      }
      simulation_.note(going ? 1 : 0);
    }
    ++over_;
  }

  Task<bool> write_key(KeyCell& cell, Random& random) {
    const Outcome outcome = co_await cell.write(*calls_, random);
    if (outcome == Outcome::wrong) complain(cell.complaint());
    co_return outcome == Outcome::acknowledged || outcome == Outcome::refused;
  }

  bool note(const std::vector<std::string>& names, const Result<store::Commit>& commit) {
    if (!commit) return false;
    for (const std::string& name : names) oracle_.acknowledged(name);
    return true;
  }

  Task<bool> write_item(table::TableRef items, std::string id, Random& random) {
    ItemState state;
    if (random.below(5) > 0) state.version = ++version_;
    if (state.version != 0 && random.below(3) > 0) state.group = static_cast<int>(random.below(3));
    oracle_.begin("item/" + id, state.to_string());
    std::vector<table::RowWrite> writes;
    writes.push_back(item_write(items, id, state));
    const auto commit = co_await tables_->write(std::move(writes), never());
    co_return note({"item/" + id}, commit);
  }

  Task<bool> write_object(table::TableRef bucket, std::string key, Random& random) {
    const std::string name = "object/" + key;
    if (random.below(4) == 0) {
      oracle_.begin(name, "");
      std::vector<table::RowWrite> writes;
      writes.push_back(erase_object(bucket, key));
      const auto commit = co_await tables_->write(std::move(writes), never());
      co_return note({name}, commit);
    }
    const std::uint64_t version = ++version_;
    PutObject put = object_of(bucket, key, version, random);
    put.if_none_match = random.below(3) == 0;
    const bool refused = put.if_none_match && !oracle_.state(name).empty();
    oracle_.begin(name, std::to_string(version));
    const auto commit = co_await put_object(*tables_, *blobs_, std::move(put));
    if (!commit && commit.error().code == ErrorCode::failed_condition) {
      oracle_.refused(name);
      if (!refused) complain(name + ": it was said to be there");
      co_return refused;
    }
    if (commit && refused) complain(name + ": made though it was there");
    co_return note({name}, commit);
  }
  PutObject object_of(table::TableRef bucket, const std::string& key, std::uint64_t version,
                      Random& random) const {
    PutObject put;
    put.bucket = std::move(bucket);
    put.key = key;
    put.inline_limit_bytes = 2048;
    put.body = make_body(key, version, random.below(3) == 0 ? 140'000 : 100 + random.below(4000));
    return put;
  }

  Task<bool> write_pair(table::TableRef items, table::TableRef bucket, std::string id,
                        Random& random) {
    ItemState state;
    if (random.below(3) > 0) state.version = ++version_;
    const std::vector<std::string> names = {"item/" + id, "object/" + id};
    for (const std::string& name : names) oracle_.begin(name, state.to_string());
    std::vector<table::RowWrite> writes;
    writes.push_back(item_write(items, id, state));
    if (state.version == 0) {
      writes.push_back(erase_object(bucket, id));
      const auto commit = co_await tables_->write(std::move(writes), never());
      co_return note(names, commit);
    }
    PutObject put = object_of(bucket, id, state.version, random);
    const auto commit = co_await put_object(*tables_, *blobs_, std::move(put), std::move(writes));
    co_return note(names, commit);
  }

  static std::int64_t count_in(table::ItemView item) {
    const auto value = item.empty() ? std::nullopt : item.find("count");
    return value ? std::stoll(value->as_number().to_string()) : 0;
  }
  Task<bool> increment(table::TableRef items) {
    table::RowWrite write;
    write.table = std::move(items);
    write.key = item_key(kCounter);
    write.decide = [](const table::RowView& old) -> Result<table::Decision> {
      table::Item next = table::ItemBuilder()
                             .string("id", kCounter)
                             .number("count", Decimal(count_in(old.item) + 1))
                             .build();
      return table::Decision::put(table::NewRow{std::move(next), {}});
    };
    std::vector<table::RowWrite> writes;
    writes.push_back(std::move(write));
    ++increments_begun_;
    const auto commit = co_await tables_->write(std::move(writes), never());
    if (commit) ++increments_acknowledged_;
    co_return commit.has_value();
  }

  /// The reaper, splits, trims and indexes that come and go, as long as somebody writes. Their
  /// errors are the disk's.
  Task<void> maintain(std::uint64_t seed) {
    SeededRandom random(seed);
    while (over_ < kWriters && !disk().is_down()) {
      switch (random.below(7)) {
        case 0:
          (void)co_await reaper_->pass(never());
          break;
        case 3:
          co_await change_index(random);
          break;
        case 4:
        case 5:
          if (const auto pass = co_await backfill_->pass(never()))
            outcome_.indexes_built += static_cast<int>(pass->finished);
          break;
        case 1:
          co_await split(random);
          break;
        case 2:
          for (const store::PartitionInfo& partition : store_->partitions())
            (void)co_await store_->trim_log(partition.id, store_->durable_upto());
          break;
        default:
          break;
      }
      co_await SleepUntil(simulation_.clock().steady_us() +
                          static_cast<std::int64_t>(random.below(3000)));
    }
  }
  /// An index that is not there is added, one that is whole goes; of one that is being built it
  /// depends.
  Task<void> change_index(Random& random) {
    const bool bucket = random.below(2) == 0;
    const bool impatient = random.below(4) == 0;
    const auto change = [bucket, impatient](table::TableDescriptor& table) -> Result<> {
      const table::IndexDescriptor* late = table.find_index(kLateIndex);
      if (late == nullptr) {
        table::IndexDescriptor index;
        index.name = kLateIndex;
        if (bucket) {
          index.keys.hash = {"size", table::Type::number};
          index.projection.kind = table::Projection::Kind::keys_only;
        } else {
          index.keys.hash = {"group", table::Type::string};
        }
        table.indexes.push_back(std::move(index));
      } else if (!late->building() || impatient) {
        std::erase_if(table.indexes, [](const auto& index) { return index.name == kLateIndex; });
      }
      return {};
    };
    (void)co_await tables_->alter(bucket ? "s3.bucket" : kItemTable, change, never());
  }
  Task<void> split(Random& random) {
    const bool bucket = random.below(2) == 0;
    const std::string name = "w" + std::to_string(random.below(kWriters)) + "-1";
    const table::TableRef table = co_await this->table(bucket ? "s3.bucket" : kItemTable);
    if (!table || table->partitions.size() > 6) co_return;
    ItemState state;
    state.version = 1;
    const auto at = bucket ? Result<std::string>(name)
                           : table::position_of(*table, "", make_item(name, state).view());
    const auto cut = co_await tables_->split(table->name, "", *at, never());
    if (cut) ++outcome_.splits;
  }

  Task<void> check() {
    if (!co_await make_tables()) co_return;
    const table::TableRef items = co_await table(kItemTable);
    const table::TableRef bucket = co_await table("s3.bucket");
    if (!items || !bucket) co_return complain("a table is gone");
    std::vector<std::string> expected;
    for (const std::string& name : oracle_.names()) {
      const std::string id = name.substr(name.find('/') + 1);
      if (name.starts_with("item/"))
        co_await check_item(items, id, expected);
      else
        co_await check_object(bucket, id);
      if (failed()) co_return;
    }
    for (int i = 0; i < kWriters; ++i) {
      const std::string id = "p" + std::to_string(i);
      if (oracle_.state("item/" + id) != oracle_.state("object/" + id))
        co_return complain(id + ": half a transaction");
    }
    co_await check_counter(items);
    for (const auto& cell : cells_) {
      if (failed()) co_return;
      std::string wrong = co_await cell->check(*calls_);
      if (wrong.empty() && last_) wrong = co_await cell->finish(*calls_);
      if (!wrong.empty()) complain(wrong);
    }
    if (failed()) co_return;
    std::sort(expected.begin(), expected.end());
    const auto index = co_await read_index(*tables_, items);
    if (!index) co_return complain("the index: " + index.error().to_string());
    if (*index != expected) co_return complain("the index is not what the items say");
    co_await verify();
  }
  /// Past the hostile engine: who checks everything has nobody to ask again.
  Task<void> verify() {
    table::Tables tables(*truthful_, simulation_, server::make_row_codecs());
    table::VerifyReport report;
    const auto verified = co_await table::verify_tables(tables, *blobs_, report);
    if (!verified) co_return complain("verify: " + verified.error().to_string());
    if (!report.damages.empty()) complain(report.damages.front());
  }
  Task<bool> make_tables() {
    for (const table::TableSpec& spec : {item_table_spec(kItemTable), bucket_spec(kBucket)}) {
      const auto made = co_await tables_->create(spec, never());
      if (made || made.error().code == ErrorCode::already_exists) continue;
      complain("create: " + made.error().to_string());
      co_return false;
    }
    co_return true;
  }
  Task<void> check_item(table::TableRef items, std::string id, std::vector<std::string>& index) {
    const auto found = co_await read_item(*tables_, items, id);
    if (!found) co_return complain(id + ": " + found.error().to_string());
    simulation_.note(found->version);
    if (found->group) index.push_back(id + ":" + found->to_string());
    const std::string wrong = oracle_.settle("item/" + id, found->to_string());
    if (!wrong.empty()) complain(wrong);
  }
  Task<void> check_object(table::TableRef bucket, std::string key) {
    const auto body = co_await read_object(*tables_, *blobs_, bucket, key);
    if (!body) co_return complain(key + ": " + body.error().to_string());
    std::uint64_t version = 0;
    if (*body) {
      version = version_of_body(key, **body);
      if (version == 0) co_return complain(key + ": not what anybody wrote");
    }
    simulation_.note(version);
    const std::string wrong =
        oracle_.settle("object/" + key, version == 0 ? "" : std::to_string(version));
    if (!wrong.empty()) complain(wrong);
  }
  Task<void> check_counter(table::TableRef items) {
    const auto row = co_await tables_->get(items, item_key(kCounter), never());
    if (!row) co_return complain("the counter: " + row.error().to_string());
    const auto found = static_cast<std::uint64_t>(*row ? count_in((*row)->view().item) : 0);
    if (found < increments_acknowledged_ || found > increments_begun_)
      co_return complain("the counter stands at " + std::to_string(found) + ", acknowledged " +
                         std::to_string(increments_acknowledged_));
    increments_acknowledged_ = increments_begun_ = outcome_.increments = found;
  }

  const WorldOptions options_;
  Simulation simulation_;
  SeededRandom random_;
  Oracle oracle_;
  WorldOutcome outcome_;
  const std::shared_ptr<store::MemoryState> memory_ = store::make_memory_state();
  std::optional<std::uint64_t> crash_behind_;  ///< So many more batches of the memory engine.
  std::unique_ptr<store::Store> store_;
  store::Store* truthful_ = nullptr;  ///< The same, or the one behind the hostile store.
  std::unique_ptr<blob::BlobStore> blobs_;
  std::optional<table::Tables> tables_;
  std::optional<table::ReadPins> pins_;
  std::optional<table::Reaper> reaper_;
  std::optional<table::IndexBackfill> backfill_;
  std::optional<s3::S3Service> service_;
  std::optional<S3Calls> calls_;
  std::vector<std::unique_ptr<KeyCell>> cells_;
  bool last_ = false;  ///< The process that only checks.
  std::uint64_t version_ = 0;
  std::uint64_t increments_begun_ = 0;
  std::uint64_t increments_acknowledged_ = 0;
  int over_ = 0;
};

}  // namespace

WorldOutcome run_world(WorldOptions options) {
  return World(std::move(options)).run();
}

}  // namespace dyad::proof
