// A server that is backed up while it is written to: each restored directory passes `dyad verify`,
// starts, and is one moment: of every connection a prefix of what it wrote, with everything that
// was acknowledged before the backup began and nothing that began after it was made, transactions
// over items and objects whole, and what they move between them of one sum. Bytes
// that were overwritten during the copy are in it. A server that is killed in the middle leaves no
// backup, and a flipped bit is found by the restore.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/support/answers.h"
#include "test/support/aws_client.h"
#include "test/support/bodies.h"
#include "test/support/crowd.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"
#include "test/support/wire_objects.h"

namespace dyad::proof {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWriters = 8;
constexpr std::int64_t kTimeoutMs = 60'000;
/// Beyond what rides with its row: these have files.
constexpr std::size_t kBlobBytes = 150'000;
constexpr std::size_t kPartBytes = 5u << 20;
constexpr const char* kBucket = "photos";
constexpr const char* kTable = "steps";
constexpr std::int64_t kMinStepsBefore = 6;
/// Every so many steps the first writer puts its large object anew, in parts.
constexpr std::int64_t kStepsALarge = 25;
constexpr std::int64_t kFirstLarge = 3;

std::string body_of(std::size_t writer, std::int64_t step, std::size_t bytes) {
  std::string body = fmt::format("{}:{} ", writer, step);
  body.resize(bytes, static_cast<char>('a' + (step + static_cast<std::int64_t>(writer)) % 26));
  return body;
}
std::size_t object_bytes(std::int64_t step) {
  return step % 3 == 0 ? kBlobBytes : 900;
}
std::string step_id(std::size_t writer, std::int64_t step) {
  return fmt::format("w{}-{:06}", writer, step);
}

/// The last step up to this one that put the large object; negative: none did.
std::int64_t large_step(std::int64_t step) {
  return step < kFirstLarge ? -1 : step - (step - kFirstLarge) % kStepsALarge;
}
std::string large_body(std::int64_t step) {
  return body_of(0, step, kPartBytes) + body_of(1, step, 70'000);
}

/// One connection. A step is a transaction (an item of the step's own, the writer's count in
/// another item and on its object's row, and an amount that goes from an item to another writer's
/// object), then an object of the step's own, then one that is overwritten.
struct Writer {
  std::atomic<std::int64_t> acknowledged = 0;  ///< Steps that are over.
  std::vector<std::int64_t> quiet_us;          ///< Of a transaction, while no backup is made.
  std::vector<std::int64_t> backup_us;
};

std::int64_t percentile(std::vector<std::int64_t>& sample, double share) {
  if (sample.empty()) return 0;
  std::ranges::sort(sample);
  return sample[std::min(sample.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sample.size())))];
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() : writers_(kWriters) {
    ::setenv("AWS_ACCESS_KEY_ID", kAccessKeyId, 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", kSecretAccessKey, 1);
  }

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

  std::unique_ptr<ServerProcess> start(const std::string& data, std::string& address) {
    auto started = ServerProcess::start(DYAD_PROGRAM, data, path("log"));
    EXPECT_TRUE(started) << started.error().to_string();
    if (!started) return nullptr;
    const auto found = (*started)->wait_for_address(kTimeoutMs);
    EXPECT_TRUE(found) << found.error().to_string();
    if (!found) return nullptr;
    address = *found;
    return std::move(*started);
  }

  static ProgramOutcome dyad(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), DYAD_PROGRAM);
    auto outcome = run_program(arguments, kTimeoutMs);
    EXPECT_TRUE(outcome) << outcome.error().to_string();
    return outcome ? *outcome : ProgramOutcome();
  }
  ProgramOutcome create(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "backup", "create", name, "--endpoint", "http://" + address_, "--region", "us-east-1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return dyad(std::move(arguments));
  }
  ProgramOutcome restore(const std::string& backup, const std::string& data) {
    return dyad({"backup", "restore", backup, "--data", data});
  }
  std::string backup_path(const std::string& name) const { return path("data-backups/" + name); }

  Task<std::string> make_bucket_and_table() {
    AwsClient client(reactor_, clock_, address_);
    AwsClient::Headers headers;
    const auto bucket = co_await client.s3("PUT", "/" + std::string(kBucket), headers, "");
    if (!bucket || !bucket->ok()) co_return "CreateBucket";
    const auto table = co_await client.dynamodb(
        "CreateTable",
        fmt::format(
            R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST","KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],"AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}},{{"AttributeName":"who","AttributeType":"S"}},{{"AttributeName":"n","AttributeType":"N"}}],"GlobalSecondaryIndexes":[{{"IndexName":"by-who","KeySchema":[{{"AttributeName":"who","KeyType":"HASH"}},{{"AttributeName":"n","KeyType":"RANGE"}}],"Projection":{{"ProjectionType":"KEYS_ONLY"}}}}]}})",
            kTable));
    if (!table || !table->ok()) co_return "CreateTable: " + (table ? table->body : "");
    WireObjects objects(client, kBucket);
    for (std::size_t w = 0; w < kWriters; ++w) {
      const auto put = co_await objects.put(fmt::format("marked-{}", w), "x");
      if (!put) co_return put.error().to_string();
    }
    co_return "";
  }

  static std::string transaction_of(std::size_t w, std::int64_t step) {
    const std::string own = fmt::format(
        R"({{"Put":{{"TableName":"{}","Item":{{"id":{{"S":"{}"}},"who":{{"S":"w{}"}},"n":{{"N":"{}"}}}}}}}})",
        kTable, step_id(w, step), w, step);
    const std::string count = fmt::format(
        R"({{"Put":{{"TableName":"{}","Item":{{"id":{{"S":"count-{}"}},"n":{{"N":"{}"}}}}}}}})",
        kTable, w, step);
    const std::string mark =
        update_of("s3." + std::string(kBucket), object_key(w), "SET marked = :n", step);
    const std::int64_t amount = 1 + step % 7;
    const std::string from = update_of(kTable, account_key(w), "ADD amount :n", -amount);
    const std::string to = update_of("s3." + std::string(kBucket), object_key((w + 1) % kWriters),
                                     "ADD amount :n", amount);
    return fmt::format(R"({{"TransactItems":[{},{},{},{},{}]}})", own, count, mark, from, to);
  }
  static std::string update_of(std::string_view table, std::string_view key,
                               std::string_view expression, std::int64_t n) {
    return fmt::format(
        R"({{"Update":{{"TableName":"{}","Key":{{{}}},"UpdateExpression":"{}","ExpressionAttributeValues":{{":n":{{"N":"{}"}}}}}}}})",
        table, key, expression, n);
  }
  static std::string object_key(std::size_t w) {
    return fmt::format(R"("bucket":{{"S":"{}"}},"key":{{"S":"marked-{}"}})", kBucket, w);
  }
  static std::string account_key(std::size_t w) {
    return fmt::format(R"("id":{{"S":"account-{}"}})", w);
  }

  Task<void> write_on(std::size_t w) {
    AwsClient client(reactor_, clock_, address_);
    WireObjects objects(client, kBucket);
    Writer& writer = writers_[w];
    for (std::int64_t step = writer.acknowledged + 1; !stopping_; ++step) {
      const std::int64_t began_us = clock_.steady_us();
      const bool during = backing_up_;
      const auto done = co_await client.dynamodb("TransactWriteItems", transaction_of(w, step));
      if (!done || !done->ok()) {
        complain(fmt::format("step {} of {}: {}", step, w,
                             done ? done->body : done.error().to_string()));
        co_return;
      }
      (during ? writer.backup_us : writer.quiet_us).push_back(clock_.steady_us() - began_us);
      std::string own = body_of(w, step, object_bytes(step));
      const auto put = co_await objects.put("own/" + step_id(w, step), std::move(own));
      if (put) {
        std::string hot = body_of(w, step, kBlobBytes);
        const auto over = co_await objects.put(fmt::format("hot-{}", w), std::move(hot));
        if (!over) complain("hot: " + over.error().to_string());
      } else {
        complain("own: " + put.error().to_string());
      }
      if (w == 0 && large_step(step) == step) co_await put_in_parts(objects, step);
      writer.acknowledged = step;
    }
  }

  Task<void> put_in_parts(WireObjects& objects, std::int64_t step) {
    const std::string whole = large_body(step);
    const auto upload = co_await objects.begin("large");
    if (!upload) co_return complain(upload.error().to_string());
    std::vector<ObjectCalls::Part> parts;
    for (int number = 1; number <= 2; ++number) {
      std::string body = number == 1 ? whole.substr(0, kPartBytes) : whole.substr(kPartBytes);
      const auto tag = co_await objects.put_part("large", *upload, number, std::move(body));
      if (!tag) co_return complain(tag.error().to_string());
      parts.push_back({number, *tag, 0});
    }
    const auto done = co_await objects.complete("large", *upload, std::move(parts), false);
    if (!done) complain(done.error().to_string());
  }

  void complain(std::string what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.empty()) wrong_ = std::move(what);
  }
  std::string wrong() {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }

  void write_in_background() {
    stopping_ = false;
    writing_ = std::thread([this] {
      const auto all = [this]() -> Task<void> {
        std::vector<Task<void>> tasks;
        for (std::size_t w = 0; w < kWriters; ++w) tasks.push_back(write_on(w));
        co_await run_together(std::move(tasks));
      };
      sync_wait(reactor_, all());
    });
  }
  void stop_writing() {
    stopping_ = true;
    if (writing_.joinable()) writing_.join();
  }
  void TearDown() override { stop_writing(); }

  std::vector<std::int64_t> steps_now() const {
    std::vector<std::int64_t> steps;
    for (const Writer& writer : writers_) steps.push_back(writer.acknowledged);
    return steps;
  }
  /// Which steps a backup may hold: all that were acknowledged before it began, none that began
  /// after it was made.
  struct Bounds {
    std::vector<std::int64_t> at_least;
    std::vector<std::int64_t> at_most;
  };
  std::vector<std::int64_t> steps_begun() const {
    std::vector<std::int64_t> steps = steps_now();
    for (std::int64_t& step : steps) ++step;
    return steps;
  }

  /// Until every writer has made `more` steps.
  void wait_for_steps(std::int64_t more) {
    const std::vector<std::int64_t> from = steps_now();
    const std::int64_t limit_us = clock_.steady_us() + kTimeoutMs * 1000;
    for (std::size_t w = 0; w < kWriters; ++w)
      while (writers_[w].acknowledged < from[w] + more && wrong().empty() &&
             clock_.steady_us() < limit_us)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (std::size_t w = 0; w < kWriters; ++w)
      EXPECT_GE(writers_[w].acknowledged, from[w] + more) << wrong();
  }

  /// What of a writer a restored server holds.
  Task<std::string> check_writer(AwsClient& client, std::size_t w, std::int64_t at_least,
                                 std::int64_t at_most, std::set<std::string>& indexed) {
    WireObjects objects(client, kBucket);
    const auto item = co_await get(client, kTable, fmt::format(R"("id":{{"S":"count-{}"}})", w));
    const auto row = co_await get(client, "s3." + std::string(kBucket), object_key(w));
    const auto account = co_await get(client, kTable, account_key(w));
    if (!item || !row || !account) co_return "a count is lost";
    sum_ += number_of(row, "amount") + number_of(account, "amount");
    const std::int64_t count = std::stoll(item->at("n"));
    const std::int64_t mark = number_of(row, "marked");
    if (count != mark) co_return fmt::format("half a transaction: {} and {}", count, mark);
    if (count < at_least)
      co_return fmt::format("{} steps were acknowledged, {} are there", at_least, count);
    if (count > at_most)
      co_return fmt::format("{} steps had begun when the backup was made, {} are there", at_most,
                            count);
    if (w == 0) {
      const std::string large = co_await check_large(objects, count);
      if (!large.empty()) co_return large;
    }
    for (std::int64_t step = 1; step <= count + 1; ++step) {
      const bool in_index = indexed.contains(step_id(w, step));
      if (in_index != (step <= count))
        co_return fmt::format("step {} of {}: {}", step, count, in_index ? "too many" : "a hole");
      const auto own = co_await objects.get("own/" + step_id(w, step));
      if (!own) co_return own.error().to_string();
      // That of the last step may have been on its way.
      if (!*own && (step < count || step <= at_least))
        co_return fmt::format("object {} of {} is lost", step, count);
      if (*own && step > count) co_return fmt::format("object {} is of later", step);
      if (*own && (*own)->body != body_of(w, step, object_bytes(step)))
        co_return fmt::format("object {} is not what was written", step);
    }
    const auto hot = co_await objects.get(fmt::format("hot-{}", w));
    if (!hot) co_return hot.error().to_string();
    if (!*hot) co_return "the overwritten object is lost";
    if ((*hot)->body != body_of(w, count, kBlobBytes) &&
        (*hot)->body != body_of(w, count - 1, kBlobBytes))
      co_return "the overwritten object is of another moment: " + (*hot)->body.substr(0, 20);
    steps_found_ += static_cast<std::uint64_t>(count);
    co_return "";
  }

  static std::int64_t number_of(const std::optional<FlatItem>& item, const std::string& name) {
    return item && item->contains(name) ? std::stoll(item->at(name)) : 0;
  }

  /// The large object, when its writer had made `count` steps.
  static Task<std::string> check_large(WireObjects& objects, std::int64_t count) {
    const auto large = co_await objects.get("large");
    if (!large) co_return large.error().to_string();
    const std::int64_t last = large_step(count);
    // That of the last step may have been on its way.
    const std::int64_t before = last == count ? large_step(count - 1) : last;
    if (!*large && before >= 0) co_return "the large object is lost";
    if (!*large) co_return "";
    const std::string& body = (*large)->body;
    if (last >= 0 && body == large_body(last)) co_return "";
    if (before >= 0 && body == large_body(before)) co_return "";
    co_return "the large object is of another moment: " + body.substr(0, 20);
  }

  static Task<std::optional<FlatItem>> get(AwsClient& client, std::string table, std::string key) {
    const auto answer = co_await client.dynamodb(
        "GetItem", fmt::format(R"({{"TableName":"{}","Key":{{{}}}}})", table, key));
    if (!answer || !answer->ok()) co_return std::nullopt;
    const auto item = item_of_answer(answer->body);
    if (!item) co_return std::nullopt;
    co_return *item;
  }

  static Task<std::set<std::string>> read_index(AwsClient& client) {
    std::set<std::string> ids;
    std::string from;
    do {
      if (!from.empty()) from.insert(0, ",\"ExclusiveStartKey\":");
      std::string scan =
          fmt::format(R"({{"TableName":"{}","IndexName":"by-who"{}}})", kTable, from);
      const auto answer = co_await client.dynamodb("Scan", std::move(scan));
      if (!answer || !answer->ok()) break;
      const auto page = items_of_answer(answer->body);
      if (!page) break;
      for (const FlatItem& item : page->items) ids.insert(item.at("id"));
      from = page->last_evaluated_key;
    } while (!from.empty());
    co_return ids;
  }

  /// A data directory that was restored: verified, started, one moment.
  void check_restored(const std::string& data, const Bounds& bounds) {
    const ProgramOutcome verified = dyad({"verify", "--offline", data});
    ASSERT_EQ(verified.exit_status, 0) << verified.output;
    std::string address;
    const auto server = start(data, address);
    ASSERT_TRUE(server);
    const auto check = [&]() -> Task<std::string> {
      AwsClient client(reactor_, clock_, address);
      std::set<std::string> indexed = co_await read_index(client);
      for (std::size_t w = 0; w < kWriters; ++w) {
        const std::string wrong =
            co_await check_writer(client, w, bounds.at_least[w], bounds.at_most[w], indexed);
        if (!wrong.empty()) co_return fmt::format("writer {}: {}", w, wrong);
      }
      if (sum_ != 0) co_return fmt::format("amounts were moved, and {} is their sum", sum_);
      WireObjects objects(client, kBucket);
      // It goes on.
      const auto put = co_await objects.put("after", std::string(kBlobBytes, 'z'));
      co_return put ? "" : put.error().to_string();
    };
    sum_ = 0;
    EXPECT_EQ(sync_wait(reactor_, check()), "");
    const auto stopped = server->stop(kTimeoutMs);
    ASSERT_TRUE(stopped);
    const ProgramOutcome again = dyad({"verify", "--offline", data});
    EXPECT_EQ(again.exit_status, 0) << again.output;
    ++restored_;
  }

  void flip(const std::string& file, std::uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(stream.good()) << file;
    char byte = 0;
    stream.seekg(static_cast<std::streamoff>(at));
    stream.get(byte);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 4));
    ASSERT_TRUE(stream.good()) << file;
  }

  /// One bit of each sort of file: the restore names it and leaves nothing.
  void find_damage(const std::string& backup) {
    std::vector<std::string> victims = {backup + "/dyad-backup"};
    std::set<std::string> sorts;
    for (const auto& entry : fs::recursive_directory_iterator(backup + "/data")) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      const fs::path& file = entry.path();
      const std::string sort = file.parent_path().filename().string().substr(0, 6) +
                               (file.has_extension() ? file.extension().string() : "");
      if (sorts.insert(sort).second) victims.push_back(file);
    }
    for (const std::string& victim : victims) {
      const std::uint64_t at = fs::file_size(victim) / 2;
      flip(victim, at);
      const ProgramOutcome refused = restore(backup, path("damaged"));
      EXPECT_EQ(refused.exit_status, 1) << victim << refused.output;
      EXPECT_NE(refused.output.find(fs::path(victim).filename()), std::string::npos)
          << refused.output;
      EXPECT_FALSE(fs::exists(path("damaged")));
      EXPECT_FALSE(fs::exists(path("damaged.restoring")));
      flip(victim, at);
      ++flips_;
    }
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "clients"};
  TemporaryDirectory directory_;
  std::vector<Writer> writers_;
  std::string address_;
  std::thread writing_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> backing_up_ = false;
  std::mutex mutex_;
  std::string wrong_;
  std::uint64_t steps_found_ = 0;
  std::int64_t sum_ = 0;  ///< Of what one restored server's accounts and objects hold.
  int restored_ = 0;
  int flips_ = 0;
};

TEST_F(BackupTest, IsOneMomentOfAServerThatIsWrittenTo) {
  auto server = start(path("data"), address_);
  ASSERT_TRUE(server);
  ASSERT_EQ(sync_wait(reactor_, make_bucket_and_table()), "");
  write_in_background();
  wait_for_steps(kMinStepsBefore);
  struct Made {
    std::string name;
    Bounds bounds;
  };
  std::vector<Made> made;
  // The second one is slow and shares nothing: what it has yet to copy is overwritten and let go of
  // meanwhile, and the reaper comes every second.
  for (const std::string name : {"first", "slow", "third"}) {
    made.push_back({name, {steps_now(), {}}});
    std::vector<std::string> more;
    if (name == "slow") more = {"--copy", "--rate-mib", "12"};
    backing_up_ = true;
    const ProgramOutcome outcome = create(name, std::move(more));
    backing_up_ = false;
    made.back().bounds.at_most = steps_begun();
    ASSERT_EQ(outcome.exit_status, 0) << outcome.output;
    ASSERT_EQ(wrong(), "");
    wait_for_steps(3);
  }
  // Not twice in one place, and not elsewhere.
  EXPECT_NE(create("first").output.find("not empty"), std::string::npos);
  EXPECT_NE(create(path("elsewhere")).output.find("--backup-directory"), std::string::npos);
  EXPECT_NE(create(path("data/inside")).output.find("--backup-directory"), std::string::npos);

  // Killed in the middle of one.
  auto killed = std::async(std::launch::async, [&] {
    return create("killed", {"--copy", "--rate-mib", "1"});
  });
  const std::int64_t limit_us = clock_.steady_us() + kTimeoutMs * 1000;
  while (!fs::exists(backup_path("killed/data/store")) && clock_.steady_us() < limit_us)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  Bounds killed_at{steps_now(), {}};
  stopping_ = true;
  server->kill();
  stop_writing();
  killed_at.at_most = steps_begun();
  EXPECT_EQ(killed.get().exit_status, 1);
  const ProgramOutcome listed = dyad({"backup", "list", path("data-backups")});
  EXPECT_NE(listed.output.find("unfinished"), std::string::npos) << listed.output;
  const ProgramOutcome refused = restore(backup_path("killed"), path("none"));
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_NE(refused.output.find("interrupted"), std::string::npos) << refused.output;
  EXPECT_TRUE(fs::exists(path("data/store/held")));

  for (const Made& one : made) {
    SCOPED_TRACE(one.name);
    const ProgramOutcome outcome = restore(backup_path(one.name), path("restored-" + one.name));
    ASSERT_EQ(outcome.exit_status, 0) << outcome.output;
    check_restored(path("restored-" + one.name), one.bounds);
    EXPECT_EQ(restore(backup_path(one.name), path("restored-" + one.name)).exit_status, 1);
  }
  // Told to end, a restore leaves nothing.
  const auto ended = run_program_told_to_end(
      {DYAD_PROGRAM, "backup", "restore", backup_path("first"), "--data", path("ended")},
      kTimeoutMs);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_status, 1) << ended->output;
  EXPECT_NE(ended->output.find("cancelled"), std::string::npos) << ended->output;
  EXPECT_FALSE(fs::exists(path("ended")));
  EXPECT_FALSE(fs::exists(path("ended.restoring")));
  // The backups stay what they were, though servers worked on what shares bytes with them.
  ASSERT_EQ(restore(backup_path("first"), path("again")).exit_status, 0);
  check_restored(path("again"), made[0].bounds);
  find_damage(backup_path("slow"));
  // And the server itself is well.
  wrong_.clear();
  check_restored(path("data"), killed_at);
  EXPECT_FALSE(fs::exists(path("data/store/held")));

  std::vector<std::int64_t> quiet_us, backup_us;
  for (const Writer& writer : writers_) {
    quiet_us.insert(quiet_us.end(), writer.quiet_us.begin(), writer.quiet_us.end());
    backup_us.insert(backup_us.end(), writer.backup_us.begin(), writer.backup_us.end());
  }
  EXPECT_GT(backup_us.size(), kWriters);
  fmt::print(
      "backup: {} backups under {} connections restored and verified {} times, {} steps found in "
      "order; {} flipped bits found; a transaction's p50/p99 {}/{} us without, {}/{} us during a "
      "backup\n",
      made.size(), kWriters, restored_, steps_found_, flips_, percentile(quiet_us, 0.5),
      percentile(quiet_us, 0.99), percentile(backup_us, 0.5), percentile(backup_us, 0.99));
}

}  // namespace
}  // namespace dyad::proof
