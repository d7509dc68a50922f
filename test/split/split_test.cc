// A table, and a bucket, that split again and again while they are written, and a follower of their
// logs that misses nothing and sees each key in order; uploads in parts go on across the cuts.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "base/log.h"
#include "blob/memory_blob_store.h"
#include "runtime/reactor.h"
#include "runtime/seed_scope.h"
#include "runtime/seeds.h"
#include "runtime/simulation.h"
#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "server/data_directory.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/change.h"
#include "table/item_builder.h"
#include "table/object_row.h"
#include "table/read_pins.h"
#include "table/split_policy.h"
#include "table/verify.h"
#include "test/support/crowd.h"
#include "test/support/items.h"
#include "test/support/key_cell.h"
#include "test/support/objects.h"
#include "test/support/s3_calls.h"
#include "test/support/temporary_directory.h"

namespace dyad::proof {
namespace {

constexpr const char* kFollower = "reader";
constexpr std::size_t kSplits = 8;
/// So few make a partition hot.
constexpr std::uint64_t kHotWrites = 20;
constexpr const char* kBucket = "load";
constexpr std::uint64_t kMinPartBytes = 1000;
/// In the names of keys that S3's handlers write; nobody follows those.
constexpr const char* kUploaded = "-upload-";

struct Load {
  bool bucket = false;
  std::size_t writers = 8;
  std::size_t keys_per_writer = 40;
  std::uint64_t look_every_writes = 256;
  std::uint64_t max_writes = 60'000;  ///< Of all writers: a run that does not split ends.
  /// Of a bucket: as many write keys among the writers' by S3's handlers.
  std::size_t uploaders = 4;
};

/// What is shared by those who write, split, trim and follow. Its counters are for any thread.
class Scene {
 public:
  Scene(table::Tables& tables, blob::BlobStore& blobs, table::TableRef table, Load load)
      : tables_(tables),
        table_(std::move(table)),
        load_(load),
        policy_(tables, options_of()),
        pins_(tables.store()),
        service_(tables, blobs, pins_, s3_options()),
        calls_(service_, tables.runtime().clock(), kBucket) {
    KeyCell::Options options;
    options.min_part_bytes = kMinPartBytes;
    options.sizes = {100, 2000};
    for (std::size_t i = 0; load_.bucket && i < load_.uploaders; ++i) {
      Uploader& one = uploaders_.emplace_back();
      for (std::size_t k = 0; k < 6; ++k)
        one.cells.push_back(std::make_unique<KeyCell>(fmt::format("w{}{}{}", i * 2, kUploaded, k),
                                                      options, one.counts));
      one.cells[1]->copy_from(*one.cells[0]);
    }
  }

  /// Everything at once, on the current executor; `others` gets a share of the writers.
  Task<void> run(Executor& others) {
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < load_.writers; ++i)
      tasks.push_back(write(i, i % 2 == 0 ? *Executor::current() : others));
    for (std::size_t i = 0; i < uploaders_.size(); ++i)
      tasks.push_back(upload(uploaders_[i], i, i % 2 == 0 ? *Executor::current() : others));
    tasks.push_back(split());
    tasks.push_back(follow());
    co_await run_together(std::move(tasks));
    co_await check_uploads();
  }

  std::uint64_t written() const { return written_; }
  std::uint64_t entries() const { return entries_; }
  std::size_t splits() const { return splits_; }
  std::size_t logs() const { return logs_; }
  const std::string& wrong() const { return wrong_; }
  KeyCounts keys() const {
    KeyCounts sum;
    for (const Uploader& one : uploaders_) {
      sum.acknowledged += one.counts.acknowledged;
      sum.parts += one.counts.parts;
      sum.completed += one.counts.completed;
      sum.aborted += one.counts.aborted;
    }
    return sum;
  }

 private:
  /// Writes its own keys alone.
  struct Uploader {
    KeyCounts counts;
    std::vector<std::unique_ptr<KeyCell>> cells;
  };

  static s3::S3Options s3_options() {
    s3::S3Options options;
    options.inline_limit_bytes = 500;
    options.min_part_bytes = kMinPartBytes;
    return options;
  }
  /// Parts, completions and aborts, from before the first cut to after the last.
  Task<void> upload(Uploader& one, std::size_t number, Executor& on) {
    co_await resume_on(on);
    SeededRandom random(number + 1000);
    while (!enough_) {
      KeyCell& cell = *one.cells[random.below(one.cells.size())];
      const Outcome outcome = co_await cell.write(calls_, random);
      if (outcome == Outcome::wrong) complain(cell.complaint());
      if (outcome == Outcome::unknown) complain(cell.key() + ": a step failed");
    }
  }
  Task<void> check_uploads() {
    for (Uploader& one : uploaders_)
      for (const auto& cell : one.cells) {
        std::string wrong = co_await cell->check(calls_);
        if (wrong.empty()) wrong = co_await cell->finish(calls_);
        if (!wrong.empty()) complain(wrong);
      }
  }

  static table::SplitOptions options_of() {
    table::SplitOptions options;
    options.writes_per_look = kHotWrites;
    return options;
  }
  std::string name_of(std::size_t writer, std::size_t key) const {
    return fmt::format("w{}-{}", writer, key);
  }

  /// Each key belongs to one writer, and its versions count from one.
  Task<void> write(std::size_t writer, Executor& on) {
    co_await resume_on(on);
    SeededRandom random(writer + 1);
    std::vector<std::uint64_t> versions(load_.keys_per_writer);
    while (!enough_) {
      const std::size_t key = random.below(load_.keys_per_writer);
      const std::string name = name_of(writer, key);
      const std::uint64_t version = ++versions[key];
      std::vector<table::RowWrite> writes;
      writes.push_back(load_.bucket ? object_version(name, version) : item_version(name, version));
      const auto commit = co_await tables_.write(std::move(writes), Deadline::never());
      if (!commit) {
        complain("a write: " + commit.error().to_string());
        break;
      }
      if (written_.fetch_add(1) > load_.max_writes) enough_ = true;
    }
    writers_over_.fetch_add(1);
  }
  table::RowWrite item_version(const std::string& name, std::uint64_t version) const {
    ItemState state;
    state.version = version;
    return item_write(table_, name, state);
  }
  table::RowWrite object_version(const std::string& name, std::uint64_t version) const {
    table::RowWrite write;
    write.table = table_;
    write.key = object_key(*table_, name);
    write.by_owner = true;
    write.decide = [item = object_of_version(*table_, name, version)](
                       const table::RowView&) -> Result<table::Decision> {
      return table::Decision::put(table::NewRow{item, empty_object()});
    };
    return write;
  }

  /// Until there were enough splits; then the writers may stop.
  Task<void> split() {
    std::uint64_t looked_at = 0;
    while (!enough_) {
      co_await SleepUntil(tables_.runtime().clock().steady_us() + 1000);
      if (written_ < looked_at + load_.look_every_writes) continue;
      looked_at = written_;
      const auto split = co_await policy_.look(Deadline::never());
      if (!split) {
        complain("a split: " + split.error().to_string());
        break;
      }
      splits_ += *split;
      if (splits_ >= kSplits) break;
    }
    enough_ = true;
  }

  /// Reads every log to its end, children after their parent, keeping a durable cursor in each and
  /// trimming behind it, until all that was written was seen.
  Task<void> follow() {
    std::map<store::PartitionId, Timestamp> open;
    for (std::size_t i = 0; i < table_->partitions.size(); ++i) {
      co_await set_cursor(table_->partitions[i].partition, Timestamp());
      open.emplace(table_->partitions[i].partition, Timestamp());
    }
    while (wrong_.empty()) {
      // Looked at before the logs are: what is written later is seen in the next turn.
      const bool last_turn = writers_over_ == load_.writers;
      bool moved = false;
      const auto logs = open;
      for (const auto& [partition, after] : logs) {
        store::LogLimits limits;
        limits.entries = 500;
        auto page = co_await tables_.store().read_log(partition, after, limits);
        // The hostile engine says so now and then of a partition that is there.
        if (!page && page.error().code == ErrorCode::not_owner) {
          moved = true;
          continue;
        }
        if (!page) {
          complain("a log: " + page.error().to_string());
          co_return;
        }
        for (const store::LogEntry& entry : page->entries) take(entry);
        moved = moved || page->complete_upto > after || page->ended;
        open[partition] = page->complete_upto;
        if (page->ended) {
          ++logs_;
          for (const store::PartitionId child : page->children) {
            co_await set_cursor(child, Timestamp());
            open.emplace(child, Timestamp());
          }
          open.erase(partition);
        } else if (!page->entries.empty()) {
          co_await set_cursor(partition, page->complete_upto);
          (void)co_await tables_.store().trim_log(partition, tables_.store().durable_upto());
        }
      }
      if (last_turn && entries_ == written_) break;
      if (last_turn && !moved && ++idle_turns_ > 200) {
        complain("the logs end before all was seen");
        break;
      }
      co_await SleepUntil(tables_.runtime().clock().steady_us() + 1000);
    }
    logs_ += open.size();
  }
  Task<void> set_cursor(store::PartitionId partition, Timestamp upto) {
    const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.set_cursor(kFollower, partition, upto);
    };
    std::vector<store::DeclaredKey> declared;
    const auto moved = co_await tables_.store().transact(declared, body, Deadline::never());
    // A partition that was split needs no cursor for what its children hold.
    if (!moved && moved.error().code != ErrorCode::not_owner &&
        moved.error().code != ErrorCode::not_found)
      complain("a cursor: " + moved.error().to_string());
  }
  void take(const store::LogEntry& entry) {
    const auto change = table::decode_change(entry.payload);
    if (!change) return complain(change.error().to_string());
    if (change->key.find(kUploaded) != std::string_view::npos) return;
    const auto number = change->new_item.find("version");
    if (!number) return complain("an entry without its image");
    const std::uint64_t version = std::stoull(number->as_number().to_string());
    std::uint64_t& seen = seen_[std::string(change->key)];
    if (version != seen + 1)
      return complain(fmt::format("version {} of a key comes after {}", version, seen));
    seen = version;
    ++entries_;
  }

  static table::Item object_of_version(const table::TableDescriptor& bucket,
                                       const std::string& name, std::uint64_t version);
  static std::string empty_object();
  void complain(std::string what) {
    const std::lock_guard lock(wrong_mutex_);
    if (wrong_.empty()) wrong_ = std::move(what);
    enough_ = true;
  }

  table::Tables& tables_;
  const table::TableRef table_;
  const Load load_;
  table::SplitPolicy policy_;
  table::ReadPins pins_;
  s3::S3Service service_;
  S3Calls calls_;
  std::deque<Uploader> uploaders_;
  std::atomic<bool> enough_{false};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::size_t> writers_over_{0};
  std::uint64_t entries_ = 0;
  std::map<std::string, std::uint64_t> seen_;
  std::size_t splits_ = 0;
  std::size_t logs_ = 0;
  int idle_turns_ = 0;
  std::mutex wrong_mutex_;
  std::string wrong_;
};

table::Item Scene::object_of_version(const table::TableDescriptor& bucket, const std::string& name,
                                     std::uint64_t version) {
  return table::ItemBuilder()
      .string("bucket", bucket.ordered_hash)
      .string("key", name)
      .number("version", Decimal(static_cast<std::int64_t>(version)))
      .build();
}
std::string Scene::empty_object() {
  table::ObjectBytes bytes;
  bytes.place = table::ObjectBytes::Place::none;
  return table::encode_object_bytes(bytes);
}

table::TableSpec spec_of(bool bucket) {
  table::TableSpec spec = bucket ? bucket_spec(kBucket) : item_table_spec("load");
  spec.indexes.clear();
  spec.log_images = table::LogImages::new_image;
  return spec;
}

void expect_nothing_missed(const Scene& scene, const std::string& where, const Load& load) {
  EXPECT_EQ(scene.wrong(), "");
  EXPECT_EQ(scene.entries(), scene.written());
  EXPECT_GE(scene.splits(), kSplits) << scene.written() << " writes";
  fmt::print("split: {}, {}: {} splits, {} writes, {} log entries in {} logs, each key in order\n",
             where, load.bucket ? "a bucket" : "a table", scene.splits(), scene.written(),
             scene.entries(), scene.logs());
  if (!load.bucket) return;
  const KeyCounts keys = scene.keys();
  EXPECT_GT(keys.completed, 0u);
  fmt::print("split: {}, a bucket: {} steps of S3, {} parts, {} uploads completed, {} aborted\n",
             where, keys.acknowledged, keys.parts, keys.completed, keys.aborted);
}

Task<std::string> damage_of(table::Tables& tables, blob::BlobStore& blobs) {
  table::VerifyReport report;
  const Result<> verified = co_await table::verify_tables(tables, blobs, report);
  if (!verified) co_return verified.error().to_string();
  co_return report.damages.empty() ? std::string() : report.damages.front();
}

class SplitUnderLoad : public testing::TestWithParam<bool> {};

TEST_P(SplitUnderLoad, OnThreadsWithTheEmbeddedEngine) {
  log::set_level(log::Level::warning);
  TemporaryDirectory directory;
  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  Reactors reactors(runtime->clock(), 2);
  store::EmbeddedOptions options;
  options.segment_bytes = 8u << 20;
  options.reserve_bytes = 0;
  auto data = server::open_data(*runtime, directory.path() + "/data", options);
  ASSERT_TRUE(data) << data.error().to_string();
  {
    table::Tables tables(*data->store, *runtime, server::make_row_codecs());
    Load load;
    load.bucket = GetParam();
    const auto table =
        sync_wait(reactors[0], tables.create(spec_of(load.bucket), Deadline::never()));
    ASSERT_TRUE(table);
    Scene scene(tables, *data->blobs, *table, load);
    sync_wait(reactors[0], scene.run(reactors[1]));
    expect_nothing_missed(scene, "embedded engine on threads", load);
    EXPECT_EQ(sync_wait(reactors[0], damage_of(tables, *data->blobs)), "");
  }
  EXPECT_TRUE(server::close_data(*runtime, *data));
  reactors.stop();
}

void simulate(std::uint64_t seed, bool hostile, bool bucket) {
  const SeedScope scope(seed);
  Simulation simulation(seed);
  store::MemoryOptions memory;
  memory.commit_delay_us = 200;  // Time stands still as long as anything else is runnable.
  std::unique_ptr<store::Store> store = store::make_memory_store(simulation, std::move(memory));
  store::Store& truthful = *store;
  if (hostile) store = store::make_hostile_store(std::move(store), simulation, seed);
  const std::unique_ptr<blob::BlobStore> blobs = blob::make_memory_blob_store();
  {
    table::Tables tables(*store, simulation, server::make_row_codecs());
    Load load;
    load.bucket = bucket;
    load.writers = 4;
    load.max_writes = 20'000;
    const auto table = simulation.run_until(tables.create(spec_of(bucket), Deadline::never()));
    ASSERT_TRUE(table);
    Scene scene(tables, *blobs, *table, load);
    const std::unique_ptr<Executor> other = simulation.make_dedicated("writers");
    simulation.run_until(scene.run(*other));
    expect_nothing_missed(scene, hostile ? "hostile engine" : "memory engine", load);
    table::Tables seen(truthful, simulation, server::make_row_codecs());
    EXPECT_EQ(simulation.run_until(damage_of(seen, *blobs)), "");
  }
  EXPECT_TRUE(simulation.run_until(store->close()));
}

TEST_P(SplitUnderLoad, InSimulation) {
  for (const std::uint64_t seed : test_seeds(5)) {
    simulate(seed, false, GetParam());
    simulate(seed, true, GetParam());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Placements, SplitUnderLoad, testing::Values(false, true),
                         [](const auto& param) { return param.param ? "Bucket" : "Table"; });

}  // namespace
}  // namespace dyad::proof
