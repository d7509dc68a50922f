#include "test/lost_writes/workload.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "auth/credentials.h"
#include "store/embedded/verify_embedded.h"
#include "table/index_backfill.h"
#include "table/reaper.h"
#include "table/verify.h"
#include "test/support/bodies.h"
#include "test/support/items.h"
#include "test/support/objects.h"
#include "test/support/s3_calls.h"

namespace dyad::proof {
namespace {

constexpr int kItems = 6;
constexpr int kObjects = 5;
constexpr int kStepsOfAProcess = 45;
constexpr std::size_t kInlineLimitBytes = 4096;
constexpr std::size_t kInlineBytes = 1500;
constexpr std::size_t kBlobBytes = 150'000;  ///< Two frames.
const char* const kItemTable = "items";
const char* const kDoomedTable = "doomed";
/// A follower that never moves needs its log, so that old segments are rewritten rather than let
/// go.
const char* const kWatchedTable = "watched";
const char* const kBucket = "bucket";
/// Comes and goes.
const char* const kLateIndex = "late";
constexpr std::uint64_t kMinPartBytes = 1000;
constexpr std::uint64_t kCellSeed = 7;

std::string body_state(std::uint64_t version) {
  return std::to_string(version);
}

/// One process: everything open, and the steps it takes.
class Process {
 public:
  Process(Machine& machine, Simulation& runtime, Told& told)
      : machine_(machine), runtime_(runtime), told_(told), oracle_(told.oracle) {}

  Task<Result<>> open() {
    DYAD_CO_TRY_ASSIGN(
        data_, co_await server::open_data_here(runtime_, kDataDirectory, machine_.options()));
    tables_.emplace(*data_.store, runtime_, server::make_row_codecs());
    pins_.emplace(*data_.store);
    reaper_.emplace(*data_.store, *data_.blobs, *pins_);
    s3::S3Options s3;
    s3.inline_limit_bytes = kInlineLimitBytes;
    s3.min_part_bytes = kMinPartBytes;
    service_.emplace(*tables_, *data_.blobs, *pins_, s3);
    calls_.emplace(*service_, runtime_.clock(), kBucket);
    table::BackfillOptions backfill;
    backfill.rows_per_transaction = backfill.rows_per_turn = backfill.rows_per_pass = 2;
    backfill_.emplace(*tables_, backfill);
    DYAD_CO_TRY(load_root());
    DYAD_CO_TRY(co_await table::settle_pending_blobs(*tables_, *data_.blobs, Deadline::never()));
    co_return Result<>();
  }
  Task<Result<>> close() {
    if (!data_.store) co_return Result<>();
    co_return co_await data_.store->close();
  }

  Task<void> first_half() {
    random_ = SeededRandom(kCellSeed);
    co_await make_table(item_table_spec(kItemTable));
    co_await make_table(bucket_spec(kBucket));
    co_await make_table(item_table_spec(kDoomedTable));
    co_await make_table(item_table_spec(kWatchedTable));
    co_await watch();
    co_await put_item(kDoomedTable, "d1", 1);
    co_await put_item(kDoomedTable, "d2", 2);
    for (int step = 0; step < kStepsOfAProcess; ++step) co_await take_step(step);
  }
  Task<void> second_half() {
    random_ = SeededRandom(kCellSeed + 1);
    co_await drop_table(kDoomedTable);
    for (int step = 0; step < kStepsOfAProcess; ++step) {
      co_await take_step(kStepsOfAProcess + step);
      if (step == kStepsOfAProcess / 3) co_await split();
    }
  }

  Task<std::string> check();

  bool all_well() const { return all_well_; }
  const std::string& wrong() const { return wrong_; }

 private:
  Result<> load_root() {
    Result<auth::RootCredential> root = auth::load_root_credential(
        runtime_.files(), runtime_.random(), server::root_credentials_path(kDataDirectory),
        "000000000000", std::nullopt, std::nullopt);
    if (!root) return fail(std::move(root).error());
    const std::string found = root->credential.secret_access_key;
    // Nobody has seen one yet (power may have gone before it was shown): from here on it must stay.
    if (oracle_.state("root").empty()) {
      oracle_.begin("root", found);
      oracle_.acknowledged("root");
    } else if (const std::string wrong = oracle_.settle("root", found); !wrong.empty()) {
      return fail(ErrorCode::internal, wrong);
    }
    return {};
  }

  /// What an answer means for the names that the request was about.
  bool note(const std::vector<std::string>& names, bool done) {
    all_well_ = all_well_ && done;
    for (const std::string& name : names) {
      if (done)
        oracle_.acknowledged(name);
      else
        unsure_.insert(name);
    }
    return done;
  }
  bool is_unsure(const std::string& name) const { return unsure_.contains(name); }

  Task<void> make_table(table::TableSpec spec) {
    const std::string name = "table/" + spec.name;
    oracle_.begin(name, "there");
    const auto made = co_await tables_->create(std::move(spec), Deadline::never());
    note({name}, made.has_value());
  }
  Task<void> drop_table(std::string table) {
    const std::string name = "table/" + table;
    if (oracle_.state(name) != "there") co_return;
    oracle_.begin(name, "");
    const auto dropped = co_await tables_->drop(table, {}, Deadline::never());
    note({name}, dropped.has_value());
  }

  Task<table::TableRef> table(std::string name) {
    const auto found = co_await tables_->find(name, Deadline::never());
    co_return found ? *found : nullptr;
  }

  Task<void> put_item(std::string table_name, std::string id, std::uint64_t version) {
    const table::TableRef in = co_await table(table_name);
    if (!in) co_return;
    ItemState state;
    state.version = version;
    state.group = static_cast<int>(version % 2);
    const std::string name = table_name + "/" + id;
    if (is_unsure(name)) co_return;
    oracle_.begin(name, state.to_string());
    std::vector<table::RowWrite> writes;
    writes.push_back(item_write(in, id, state));
    const auto commit = co_await tables_->write(std::move(writes), Deadline::never());
    note({name}, commit.has_value());
  }

  Task<void> watch() {
    const table::TableRef in = co_await table(kWatchedTable);
    if (!in) co_return;
    const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.set_cursor("slow", in->partitions[0].partition, Timestamp());
    };
    std::vector<store::DeclaredKey> declared;
    const auto set = co_await data_.store->transact(declared, body, Deadline::never());
    note({}, set.has_value());
  }

  Task<void> take_step(int step);
  Task<void> item_step(int step);
  Task<void> object_step(int step);
  Task<void> pair_step(int step);
  Task<void> key_step();
  Task<void> index_step(int step);
  Task<void> split();
  Task<void> trim();
  Task<std::string> check_item(std::string table_name, std::string id,
                               std::vector<std::string>& index);
  Task<std::string> check_object(std::string key);
  Task<std::string> check_cells();
  Task<std::string> check_late_index(const std::vector<std::string>& expected);
  Task<std::string> check_verify();

  Machine& machine_;
  Simulation& runtime_;
  Told& told_;
  Oracle& oracle_;
  server::OpenData data_;
  std::optional<table::Tables> tables_;
  std::optional<table::ReadPins> pins_;
  std::optional<table::Reaper> reaper_;
  std::optional<s3::S3Service> service_;
  std::optional<S3Calls> calls_;
  std::optional<table::IndexBackfill> backfill_;
  SeededRandom random_{kCellSeed};
  std::set<std::string> unsure_;
  bool all_well_ = true;
  std::string wrong_;  ///< An answer that should not have been given.
};

Task<void> Process::take_step(int step) {
  switch (step % 5) {
    case 0:
    case 2:
      co_await item_step(step);
      break;
    case 1:
    case 3:
      co_await object_step(step);
      break;
    default:
      co_await pair_step(step);
  }
  if (step % 15 == 3) co_await put_item(kWatchedTable, "v", static_cast<std::uint64_t>(step + 1));
  if (step % 11 == 10) {
    const auto reaped = co_await reaper_->pass(Deadline::never());
    note({}, reaped.has_value());
  }
  if (step % 13 == 12) co_await trim();
  if (step % 2 == 1) co_await key_step();
  if (step % 6 == 0) co_await index_step(step);
}

Task<void> Process::key_step() {
  KeyCell& cell = *told_.cells[random_.below(told_.cells.size())];
  if (cell.unsure() || !co_await table(std::string("s3.") + kBucket)) co_return;
  const Outcome outcome = co_await cell.write(*calls_, random_);
  if (outcome == Outcome::wrong) wrong_ = cell.complaint();
  note({}, outcome == Outcome::acknowledged || outcome == Outcome::refused);
}

/// A few rows of an index are built; now and then one comes or goes.
Task<void> Process::index_step(int step) {
  const bool comes = step == 12 || step == 72;
  if (!comes && step != 60) {
    const auto pass = co_await backfill_->pass(Deadline::never());
    note({}, pass.has_value());
    co_return;
  }
  const std::string name = kLateIndex;
  if (!co_await table(kItemTable) || is_unsure(name)) co_return;
  oracle_.begin(name, comes ? "there" : "");
  const auto change = [comes](table::TableDescriptor& table) -> Result<> {
    std::erase_if(table.indexes, [](const auto& index) { return index.name == kLateIndex; });
    if (!comes) return {};
    table::IndexDescriptor index;
    index.name = kLateIndex;
    index.keys.hash = {"group", table::Type::string};
    table.indexes.push_back(std::move(index));
    return {};
  };
  const auto altered = co_await tables_->alter(kItemTable, change, Deadline::never());
  note({name}, altered.has_value());
}

/// Puts with and without the indexed attribute, and deletes.
Task<void> Process::item_step(int step) {
  const table::TableRef in = co_await table(kItemTable);
  const std::string id = "i" + std::to_string(step % kItems);
  const std::string name = std::string(kItemTable) + "/" + id;
  if (!in || is_unsure(name)) co_return;
  ItemState state;
  if (step % 7 != 5) state.version = static_cast<std::uint64_t>(step + 1);
  if (state.version != 0 && step % 4 != 2) state.group = step % 3;
  oracle_.begin(name, state.to_string());
  std::vector<table::RowWrite> writes;
  writes.push_back(item_write(in, id, state));
  const auto commit = co_await tables_->write(std::move(writes), Deadline::never());
  note({name}, commit.has_value());
}

Task<void> Process::object_step(int step) {
  const table::TableRef bucket = co_await table(std::string("s3.") + kBucket);
  const std::string key = "k" + std::to_string(step % kObjects);
  const std::string name = "object/" + key;
  if (!bucket || is_unsure(name)) co_return;
  if (step % 8 == 3) {
    oracle_.begin(name, "");
    std::vector<table::RowWrite> writes;
    writes.push_back(erase_object(bucket, key));
    const auto commit = co_await tables_->write(std::move(writes), Deadline::never());
    note({name}, commit.has_value());
    co_return;
  }
  PutObject put;
  put.bucket = bucket;
  put.key = key;
  put.inline_limit_bytes = kInlineLimitBytes;
  const auto version = static_cast<std::uint64_t>(step + 1);
  put.body = make_body(key, version, step % 4 == 1 ? kBlobBytes : kInlineBytes);
  oracle_.begin(name, body_state(version));
  const auto commit = co_await put_object(*tables_, *data_.blobs, std::move(put));
  note({name}, commit.has_value());
}

/// An object and an item in one transaction: both written, or both gone.
Task<void> Process::pair_step(int step) {
  const table::TableRef items = co_await table(kItemTable);
  const table::TableRef bucket = co_await table(std::string("s3.") + kBucket);
  const std::string object_name = "object/pair";
  const std::string item_name = std::string(kItemTable) + "/pair";
  if (!items || !bucket || is_unsure(item_name)) co_return;
  ItemState state;
  if (step % 3 != 0) state.version = static_cast<std::uint64_t>(step + 1);
  oracle_.begin(item_name, state.to_string());
  oracle_.begin(object_name, state.to_string());
  std::vector<table::RowWrite> writes;
  writes.push_back(item_write(items, "pair", state));
  if (state.version == 0) {
    writes.push_back(erase_object(bucket, "pair"));
    const auto commit = co_await tables_->write(std::move(writes), Deadline::never());
    note({item_name, object_name}, commit.has_value());
    co_return;
  }
  PutObject put;
  put.bucket = bucket;
  put.key = "pair";
  put.inline_limit_bytes = kInlineLimitBytes;
  put.body = make_body("pair", state.version, step % 2 == 0 ? kBlobBytes : kInlineBytes);
  const auto commit =
      co_await put_object(*tables_, *data_.blobs, std::move(put), std::move(writes));
  note({item_name, object_name}, commit.has_value());
}

Task<void> Process::split() {
  const table::TableRef items = co_await table(kItemTable);
  const table::TableRef bucket = co_await table(std::string("s3.") + kBucket);
  if (!items || !bucket) co_return;
  ItemState state;
  state.version = 1;
  const auto at = table::position_of(*items, "", make_item("i3", state).view());
  const auto cut = co_await tables_->split(kItemTable, "", *at, Deadline::never());
  note({}, cut.has_value());
  const auto cut_bucket = co_await tables_->split(bucket->name, "", "k2", Deadline::never());
  note({}, cut_bucket.has_value());
}

Task<void> Process::trim() {
  store::Store& store = *data_.store;
  for (const store::PartitionInfo& partition : store.partitions()) {
    const auto trimmed = co_await store.trim_log(partition.id, store.durable_upto());
    note({}, trimmed.has_value());
  }
}

Task<std::string> Process::check_item(std::string table_name, std::string id,
                                      std::vector<std::string>& index) {
  const table::TableRef in = co_await table(table_name);
  if (!in) co_return oracle_.settle(table_name + "/" + id, "");
  const Result<ItemState> found = co_await read_item(*tables_, in, id);
  if (!found) co_return found.error().to_string();
  if (found->group) index.push_back(id + ":" + found->to_string());
  co_return oracle_.settle(table_name + "/" + id, found->to_string());
}

Task<std::string> Process::check_object(std::string key) {
  const table::TableRef bucket = co_await table(std::string("s3.") + kBucket);
  if (!bucket) co_return oracle_.settle("object/" + key, "");
  const auto body = co_await read_object(*tables_, *data_.blobs, bucket, key);
  if (!body) co_return body.error().to_string();
  if (!*body) co_return oracle_.settle("object/" + key, "");
  const std::uint64_t version = version_of_body(key, **body);
  if (version == 0) co_return "object " + key + " is not what anybody wrote";
  co_return oracle_.settle("object/" + key, body_state(version));
}

Task<std::string> Process::check_cells() {
  if (!told_.wrong.empty()) co_return told_.wrong;
  if (!co_await table(std::string("s3.") + kBucket)) co_return "";
  for (const auto& cell : told_.cells) {
    std::string wrong = co_await cell->check(*calls_);
    if (!wrong.empty()) co_return wrong;
  }
  co_return "";
}

/// Where it was half built, it is built on from where its cursor stands.
Task<std::string> Process::check_late_index(const std::vector<std::string>& expected) {
  table::TableRef items = co_await table(kItemTable);
  const bool there = items && items->find_index(kLateIndex) != nullptr;
  std::string wrong = oracle_.settle(kLateIndex, there ? "there" : "");
  if (!wrong.empty() || !there) co_return wrong;
  for (bool more = true; more;) {
    const auto pass = co_await backfill_->pass(Deadline::never());
    if (!pass) co_return "building the index: " + pass.error().to_string();
    more = pass->more;
  }
  items = co_await table(kItemTable);
  if (items->find_index(kLateIndex)->building()) co_return "the index is never whole";
  const auto index = co_await read_index(*tables_, items, kLateIndex);
  if (!index) co_return index.error().to_string();
  co_return *index == expected ? "" : "the index that was added is not what the items say";
}

Task<std::string> Process::check_verify() {
  table::VerifyReport report;
  const Result<> verified = co_await table::verify_tables(*tables_, *data_.blobs, report);
  if (!verified) co_return verified.error().to_string();
  co_return report.damages.empty() ? std::string() : report.damages.front();
}

Task<std::string> Process::check() {
  for (const std::string name : {kItemTable, "s3.bucket", kDoomedTable, kWatchedTable}) {
    const table::TableRef found = co_await table(name);
    const std::string wrong = oracle_.settle("table/" + name, found ? "there" : "");
    if (!wrong.empty()) co_return wrong;
  }
  std::vector<std::string> expected;
  std::vector<std::string> ids = {"pair", "after"};
  for (int i = 0; i < kItems; ++i) ids.push_back("i" + std::to_string(i));
  for (const std::string& id : ids) {
    const std::string wrong = co_await check_item(kItemTable, id, expected);
    if (!wrong.empty()) co_return wrong;
  }
  std::vector<std::string> not_of_this_index;
  const std::string watched = co_await check_item(kWatchedTable, "v", not_of_this_index);
  if (!watched.empty()) co_return watched;
  // A dropped table takes its items with it.
  if (oracle_.state(std::string("table/") + kDoomedTable) == "there") {
    std::vector<std::string> ignored;
    for (const char* id : {"d1", "d2"}) {
      const std::string wrong = co_await check_item(kDoomedTable, id, ignored);
      if (!wrong.empty()) co_return wrong;
    }
  }
  std::vector<std::string> keys = {"pair"};
  for (int i = 0; i < kObjects; ++i) keys.push_back("k" + std::to_string(i));
  for (const std::string& key : keys) {
    const std::string wrong = co_await check_object(key);
    if (!wrong.empty()) co_return wrong;
  }
  if (oracle_.state("object/pair") != oracle_.state("items/pair")) co_return "half a transaction";

  if (const table::TableRef items = co_await table(kItemTable)) {
    std::sort(expected.begin(), expected.end());
    const auto index = co_await read_index(*tables_, items);
    if (!index) co_return index.error().to_string();
    if (*index != expected) co_return "the index is not what the items say";
  }
  const std::string cells = co_await check_cells();
  if (!cells.empty()) co_return cells;
  const std::string damage = co_await check_verify();
  if (!damage.empty()) co_return damage;
  const std::string late = co_await check_late_index(expected);
  if (!late.empty()) co_return late;

  // It goes on working.
  if (!co_await table(kItemTable)) co_await make_table(item_table_spec(kItemTable));
  co_await put_item(kItemTable, "after", 1);
  std::vector<std::string> ignored;
  const std::string after = co_await check_item(kItemTable, "after", ignored);
  if (!after.empty()) co_return after;
  co_return all_well_ ? "" : "it takes no more writes";
}

}  // namespace

Told::Told() {
  KeyCell::Options options;
  options.min_part_bytes = kMinPartBytes;
  options.sizes = {300, 3000};
  options.large_bytes = kBlobBytes;
  for (const char* key : {"u0", "u1"})
    cells.push_back(std::make_unique<KeyCell>(key, options, keys));
  cells[1]->copy_from(*cells[0]);
}

void run_workload(Machine& machine, Told& told) {
  told.whole = true;
  for (const bool first : {true, false}) {
    Simulation& runtime = machine.start_process();
    Process process(machine, runtime, told);
    const Result<> opened = runtime.run_until(process.open());
    if (opened) runtime.run_until(first ? process.first_half() : process.second_half());
    const Result<> closed = runtime.run_until(process.close());
    told.whole = told.whole && opened && closed && process.all_well();
    if (!process.wrong().empty()) told.wrong = process.wrong();
    // Another process would meet what this one was unsure of; only power may come between.
    if (!told.whole) return;
  }
}

std::string recover_twice_and_check(Machine& machine, Told& told) {
  {
    Simulation& runtime = machine.start_process();
    Process process(machine, runtime, told);
    const Result<> opened = runtime.run_until(process.open());
    std::string wrong;
    if (opened) wrong = runtime.run_until(process.check());
    machine.files().crash();
    // It cannot close in order any more.
    (void)runtime.run_until(process.close());
    if (!opened) return "it does not open: " + opened.error().to_string();
    if (!wrong.empty()) return wrong;
  }
  machine.power_cycle();
  return recover_and_check(machine, told);
}

std::string recover_and_check(Machine& machine, Told& told) {
  {
    Simulation& runtime = machine.start_process();
    Process process(machine, runtime, told);
    const Result<> opened = runtime.run_until(process.open());
    std::string wrong;
    if (opened) wrong = runtime.run_until(process.check());
    const Result<> closed = runtime.run_until(process.close());
    if (!opened) return "it does not open: " + opened.error().to_string();
    if (!wrong.empty()) return wrong;
    if (!closed) return "it does not close: " + closed.error().to_string();
  }
  Simulation& runtime = machine.start_process();
  const auto report = runtime.run_until(
      store::verify_embedded(runtime, server::store_directory(kDataDirectory), machine.options()));
  if (!report) return report.error().to_string();
  return report->damages.empty() ? std::string() : report->damages.front();
}

}  // namespace dyad::proof
