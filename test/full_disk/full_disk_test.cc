// A server on a small file system that fills up: by what clients put, and by another program, to
// the last byte. It refuses writes in words that clients try again on, goes on reading and
// deleting, loses nothing of what it acknowledged, also when killed or stopped there, and writes
// again when there is room.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/full_disk/small_disk.h"
#include "test/support/answers.h"
#include "test/support/aws_client.h"
#include "test/support/bodies.h"
#include "test/support/crowd.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"
#include "test/support/wire_objects.h"

namespace dyad::proof {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kDiskBytes = 560 * kMiB;
/// A segment of the log, and what RocksDB may hold in memory.
constexpr std::uint32_t kReserveMiB = 192;
/// Above what rides with its row, below what a refused upload may still send in vain.
constexpr std::size_t kObjectBytes = 240'000;
constexpr std::size_t kItemBytes = 60'000;
constexpr int kWriters = 4;
constexpr int kMaxWrites = 20'000;
constexpr std::int64_t kTimeoutMs = 60'000;
/// How long a full disk may go unnoticed, or room that came back: a hundred looks and more.
constexpr std::int64_t kNoticeMs = 20'000;
constexpr int kRefusalsToSee = 40;
constexpr int kAnswersBeforeStop = 100;

/// What one writer was told.
struct Told {
  std::set<int> objects;  ///< Acknowledged and not deleted.
  std::set<int> items;
  int next = 0;  ///< Of the writer's own numbers.
  int refused = 0;
  int deleted = 0;
  std::string wrong;
};

class FullDiskTest : public testing::Test {
 protected:
  /// One disk for all tests: mounts of one's own are had once a process, before it has threads.
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory();
    auto disk = SmallDisk::mount(directory_->path(), kDiskBytes);
    if (disk)
      disk_ = disk->release();
    else
      why_not_ = disk.error().message;
  }
  static void TearDownTestSuite() {
    delete disk_;
    delete directory_;
  }
  void SetUp() override {
    if (disk_ == nullptr) GTEST_SKIP() << "no file system can be mounted here: " << why_not_;
    reactor_.emplace(clock_, "clients");
    data_ = disk_->path() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void TearDown() override {
    server_.reset();
    std::error_code ignored;
    if (!data_.empty()) std::filesystem::remove_all(data_, ignored);
  }

  void start() {
    auto started =
        ServerProcess::start(DYAD_PROGRAM, data_, directory_->path() + "/log", kReserveMiB);
    ASSERT_TRUE(started);
    server_ = std::move(*started);
    const auto address = server_->wait_for_address(kTimeoutMs);
    ASSERT_TRUE(address) << address.error().message;
    address_ = *address;
  }
  void stop_and_verify() {
    ASSERT_EQ(*server_->stop(kTimeoutMs), 0);
    const auto outcome = run_program({DYAD_PROGRAM, "verify", "--offline", data_}, kTimeoutMs);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->exit_status, 0) << outcome->output;
  }
  std::int64_t now_ms() { return clock_.steady_us() / 1000; }

  static std::string key(int n) { return "object-" + std::to_string(n); }
  static std::string body(int n) { return make_body(key(n), 1, kObjectBytes); }
  static std::string value(int n) {
    std::string text = make_body("item-" + std::to_string(n), 1, kItemBytes / 2);
    std::string hex;
    for (const unsigned char c : text) hex += fmt::format("{:02x}", c);
    return hex;
  }
  static std::string item_key(int n) { return fmt::format(R"({{"id":{{"S":"item-{}"}}}})", n); }
  static std::string put_item(int n) {
    return fmt::format(
        R"({{"TableName":"full","Item":{{"id":{{"S":"item-{}"}},"value":{{"S":"{}"}}}}}})", n,
        value(n));
  }
  static std::string delete_item(int n) {
    return fmt::format(R"({{"TableName":"full","Key":{}}})", item_key(n));
  }

  static bool is_refusal(const Answer& answer) {
    return answer.status == 503 && answer.body.find("ServiceUnavailable") != std::string::npos &&
           answer.body.find("disk is nearly full") != std::string::npos;
  }
  static std::string text(const Result<Answer>& answer) {
    if (!answer) return answer.error().message;
    return fmt::format("{} {}", answer->status, answer->body.substr(0, 300));
  }

  Task<Result<Answer>> s3(std::string method, std::string path, std::string bytes,
                          AwsClient::Headers headers) {
    AwsClient client(*reactor_, clock_, address_);
    co_return co_await client.s3(method, std::move(path), std::move(headers), bytes);
  }
  Task<Result<Answer>> dynamodb(std::string operation, std::string json) {
    AwsClient client(*reactor_, clock_, address_);
    co_return co_await client.dynamodb(operation, std::move(json));
  }
  Result<Answer> ask_s3(std::string method, std::string path, std::string bytes = {},
                        AwsClient::Headers headers = {}) {
    return sync_wait(*reactor_,
                     s3(std::move(method), std::move(path), std::move(bytes), std::move(headers)));
  }
  Result<Answer> ask_dynamodb(std::string operation, std::string json) {
    return sync_wait(*reactor_, dynamodb(std::move(operation), std::move(json)));
  }

  static std::string create_table(std::string_view name) {
    return fmt::format(
        R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST","KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],"AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}}]}})",
        name);
  }
  void make_bucket_and_table() {
    const auto bucket = ask_s3("PUT", "/full");
    ASSERT_TRUE(bucket && bucket->ok()) << text(bucket);
    const auto table = ask_dynamodb("CreateTable", create_table("full"));
    ASSERT_TRUE(table && table->ok()) << text(table);
  }

  static AwsClient::Headers digest_of(const std::string& document) {
    return {{"content-md5", to_base64(crypto::as_view(crypto::md5(document)))}};
  }
  void put_settings() {
    const std::string tags =
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    const std::string cors =
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>"
        "<AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";
    ASSERT_TRUE(ask_s3("PUT", "/full/tagged", "x")->ok());
    for (const auto& [path, document] : std::map<std::string, std::string>{
             {"/full?tagging=", tags}, {"/full?cors=", cors}, {"/full/tagged?tagging=", tags}}) {
      const auto put = ask_s3("PUT", path, document, digest_of(document));
      ASSERT_TRUE(put && put->ok()) << path << ": " << text(put);
    }
  }

  /// One write and its answer into `told`.
  Task<void> write_one(AwsClient& client, Told& told, int n, bool object) {
    AwsClient::Headers none;
    std::string bytes = object ? body(n) : put_item(n);
    Result<Answer> answer = Answer();
    if (object)
      answer = co_await client.s3("PUT", "/full/" + key(n), std::move(none), bytes);
    else
      answer = co_await client.dynamodb("PutItem", std::move(bytes));
    if (answer && answer->ok())
      (object ? told.objects : told.items).insert(n);
    else if (answer && is_refusal(*answer))
      ++told.refused;
    else
      told.wrong = "a write: " + text(answer);
  }

  /// Writes objects and items in turn until both were refused, one after the other.
  Task<void> write_until_full(Told& told, int first) {
    AwsClient client(*reactor_, clock_, address_);
    int refused_in_a_row = 0;
    for (; told.next < kMaxWrites && refused_in_a_row < 2 && told.wrong.empty(); ++told.next) {
      const int before = told.refused;
      co_await write_one(client, told, first + told.next * kWriters, told.next % 2 == 0);
      refused_in_a_row = told.refused > before ? refused_in_a_row + 1 : 0;
    }
  }

  /// Until `end`: puts, reads and deletes; of one key at most one under way.
  Task<void> live(Told& told, int first, const std::atomic<bool>& end, std::atomic<int>& refused) {
    AwsClient client(*reactor_, clock_, address_);
    for (int i = 0; !end.load() && told.wrong.empty(); ++i) {
      const int before = told.refused;
      co_await write_one(client, told, first + i * kWriters, i % 2 == 0);
      if (told.refused > before) refused.fetch_add(1);
      if (i % 3 == 0 && !told.objects.empty())
        co_await read_object(client, told, *told.objects.begin());
      if (i % 7 == 0 && told.objects.size() > 5)
        co_await delete_object(client, told, *told.objects.begin());
    }
  }

  /// Until the server is gone: puts. What they were answered last may be anything.
  Task<void> write_to_the_end(Told& told, int first, std::atomic<int>& answered) {
    AwsClient client(*reactor_, clock_, address_);
    for (int i = 0; told.wrong.empty(); ++i, ++answered)
      co_await write_one(client, told, first + i * kWriters, i % 2 == 0);
    told.wrong.clear();
  }

  Task<void> read_object(AwsClient& client, Told& told, int n) {
    AwsClient::Headers none;
    const auto got = co_await client.s3("GET", "/full/" + key(n), std::move(none), "");
    if (!got || !got->ok() || got->body != body(n)) told.wrong = key(n) + ": " + text(got);
  }
  static bool is_item(const Result<Answer>& got, int n) {
    if (!got || !got->ok()) return false;
    const auto item = item_of_answer(got->body);
    if (!item || !*item) return false;
    const auto found = (*item)->find("value");
    return found != (*item)->end() && found->second == value(n);
  }
  Task<void> read_item(AwsClient& client, Told& told, int n) {
    const auto got = co_await client.dynamodb("GetItem", delete_item(n));
    if (!is_item(got, n)) told.wrong = fmt::format("item-{}: {}", n, text(got));
  }
  /// On a disk without a byte a deletion may be refused, too; it is no less whole.
  Task<void> delete_object(AwsClient& client, Told& told, int n) {
    AwsClient::Headers none;
    const auto gone = co_await client.s3("DELETE", "/full/" + key(n), std::move(none), "");
    if (gone && gone->ok()) {
      told.objects.erase(n);
      ++told.deleted;
    } else if (!gone || !is_refusal(*gone)) {
      told.wrong = "a deletion: " + text(gone);
    }
  }

  Task<void> read_all(Told& told) {
    AwsClient client(*reactor_, clock_, address_);
    for (const int n : std::set<int>(told.objects))
      if (told.wrong.empty()) co_await read_object(client, told, n);
    for (const int n : std::set<int>(told.items))
      if (told.wrong.empty()) co_await read_item(client, told, n);
  }
  void expect_all_there(std::vector<Told>& told) {
    for (Told& one : told) {
      sync_wait(*reactor_, read_all(one));
      EXPECT_EQ(one.wrong, "");
    }
  }
  static std::size_t count(const std::vector<Told>& told, std::set<int> Told::*which) {
    std::size_t all = 0;
    for (const Told& one : told) all += (one.*which).size();
    return all;
  }

  Task<void> fill_with_all(std::vector<Told>& told) {
    std::vector<Task<void>> writers;
    for (int i = 0; i < kWriters; ++i) writers.push_back(write_until_full(told[i], i));
    co_await run_together(std::move(writers));
  }

  /// How long until a put of each service passes; -1: not in time.
  std::int64_t ms_until_writes_pass(int n) {
    const std::int64_t from = now_ms();
    while (now_ms() - from < kNoticeMs) {
      Told told;
      sync_wait(*reactor_, write_pair(told, n));
      EXPECT_EQ(told.wrong, "");
      if (told.objects.size() + told.items.size() == 2) return now_ms() - from;
    }
    return -1;
  }
  Task<void> write_pair(Told& told, int n) {
    AwsClient client(*reactor_, clock_, address_);
    co_await write_one(client, told, n, true);
    co_await write_one(client, told, n, false);
  }

  static TemporaryDirectory* directory_;
  static SmallDisk* disk_;
  static std::string why_not_;

  SystemClock clock_;
  std::optional<Reactor> reactor_;
  std::string data_;
  std::unique_ptr<ServerProcess> server_;
  std::string address_;
};

TemporaryDirectory* FullDiskTest::directory_ = nullptr;
SmallDisk* FullDiskTest::disk_ = nullptr;
std::string FullDiskTest::why_not_;

TEST_F(FullDiskTest, ClientsFillItAndDeletesMakeRoom) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(make_bucket_and_table());
  const auto begun = ask_s3("POST", "/full/parts?uploads=");
  ASSERT_TRUE(begun && begun->ok()) << text(begun);
  const std::string upload = element_of(begun->body, "UploadId");
  const std::string part = "/full/parts?partNumber=1&uploadId=" + upload;
  ASSERT_TRUE(ask_s3("PUT", part, body(1))->ok());
  ASSERT_TRUE(ask_dynamodb("CreateTable", create_table("spare"))->ok());
  ASSERT_TRUE(ask_s3("PUT", "/spare")->ok());
  ASSERT_NO_FATAL_FAILURE(put_settings());

  std::vector<Told> told(kWriters);
  sync_wait(*reactor_, fill_with_all(told));
  for (const Told& one : told) ASSERT_EQ(one.wrong, "");
  const std::uint64_t free_at_refusal = disk_->free_bytes();
  const std::size_t objects = count(told, &Told::objects), items = count(told, &Told::items);
  EXPECT_GT(objects, 50u);
  EXPECT_GT(items, 50u);
  EXPECT_GT(free_at_refusal, kReserveMiB * kMiB / 4 * 3) << "the reserve was used up";

  // What takes space is refused, whichever way it comes.
  const std::string small = R"({"id":{"S":"new"}})";
  for (const auto& [operation, json] : std::map<std::string, std::string>{
           {"PutItem", R"({"TableName":"full","Item":)" + small + "}"},
           {"UpdateItem", R"({"TableName":"full","Key":)" + small + "}"},
           {"BatchWriteItem",
            R"({"RequestItems":{"full":[{"PutRequest":{"Item":)" + small + "}}]}}"},
           {"TransactWriteItems",
            R"({"TransactItems":[{"Put":{"TableName":"full","Item":)" + small + "}}]}"},
           {"CreateTable", create_table("another")}}) {
    const auto answer = ask_dynamodb(operation, json);
    EXPECT_TRUE(answer && is_refusal(*answer)) << operation << ": " << text(answer);
  }
  for (const auto& [path, bytes] : std::map<std::string, std::string>{
           {"/full/small", "x"}, {"/full/large", body(2)}, {part, body(3)}, {"/another", ""}}) {
    const auto answer = ask_s3("PUT", path, bytes);
    EXPECT_TRUE(answer && is_refusal(*answer)) << path << ": " << text(answer);
  }
  expect_all_there(told);

  // A process that ends here finds all of it again.
  const pid_t before = server_->pid();
  server_->kill();
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_NE(server_->pid(), before);
  expect_all_there(told);
  // What had only been in memory is written now, and took less room than was kept for it.
  sync_wait(*reactor_, fill_with_all(told));
  for (const Told& one : told) ASSERT_EQ(one.wrong, "");
  const auto still_full = ask_s3("PUT", "/full/large", body(2));
  EXPECT_TRUE(still_full && is_refusal(*still_full)) << text(still_full);

  // What makes room goes on, each kind of it.
  const auto aborted = ask_s3("DELETE", "/full/parts?uploadId=" + upload);
  EXPECT_TRUE(aborted && aborted->ok()) << text(aborted);
  const auto no_table = ask_dynamodb("DeleteTable", R"({"TableName":"spare"})");
  EXPECT_TRUE(no_table && no_table->ok()) << text(no_table);
  for (const std::string setting : {"/full?tagging=", "/full?cors=", "/full/tagged?tagging="}) {
    const auto gone = ask_s3("DELETE", setting);
    EXPECT_TRUE(gone && gone->ok()) << setting << ": " << text(gone);
    if (setting != "/full/tagged?tagging=") {
      EXPECT_EQ(ask_s3("GET", setting)->status, 404) << setting;
    }
  }
  const auto no_bucket = ask_s3("DELETE", "/spare");
  EXPECT_TRUE(no_bucket && no_bucket->ok()) << text(no_bucket);
  Told& mine = told[0];
  ASSERT_GE(mine.items.size(), 3u);
  const auto take_item = [&] { return mine.items.extract(mine.items.begin()).value(); };
  const auto one = ask_dynamodb("DeleteItem", delete_item(take_item()));
  EXPECT_TRUE(one && one->ok()) << text(one);
  const auto batch = ask_dynamodb(
      "BatchWriteItem",
      fmt::format(R"({{"RequestItems":{{"full":[{{"DeleteRequest":{{"Key":{}}}}}]}}}})",
                  item_key(take_item())));
  EXPECT_TRUE(batch && batch->ok() && batch->body.find("item-") == std::string::npos)
      << text(batch);
  const auto together = ask_dynamodb(
      "TransactWriteItems",
      fmt::format(R"({{"TransactItems":[{{"Delete":{}}}]}})", delete_item(take_item())));
  EXPECT_TRUE(together && together->ok()) << text(together);
  std::string several = "<Delete>";
  for (int i = 0; i < 10; ++i)
    several += "<Object><Key>" + key(mine.objects.extract(mine.objects.begin()).value()) +
               "</Key></Object>";
  several += "</Delete>";
  const auto ten = ask_s3("POST", "/full?delete=", several, digest_of(several));
  EXPECT_TRUE(ten && ten->ok() && elements_of(ten->body, "Deleted").size() == 10u) << text(ten);
  const auto delete_half = [&]() -> Task<void> {
    AwsClient client(*reactor_, clock_, address_);
    bool turn = false;
    for (Told& from : told)
      for (const int n : std::set<int>(from.objects))
        if ((turn = !turn)) co_await delete_object(client, from, n);
  };
  sync_wait(*reactor_, delete_half());
  for (const Told& from : told) ASSERT_EQ(from.wrong, "");
  const pid_t same = server_->pid();
  const std::int64_t room_ms = ms_until_writes_pass(kMaxWrites * kWriters);
  EXPECT_GE(room_ms, 0) << "no write passed though there is room";
  EXPECT_EQ(server_->pid(), same);
  expect_all_there(told);
  ASSERT_NO_FATAL_FAILURE(stop_and_verify());
  fmt::print(
      "full_disk: on {} of {} MiB, clients wrote {} objects and {} items until {} MiB were free; "
      "{} refused, all read back after kill -9; writes again {} ms after deletions\n",
      disk_->kind(), kDiskBytes / kMiB, objects, items, free_at_refusal / kMiB,
      told[0].refused + told[1].refused + told[2].refused + told[3].refused, room_ms);
}

TEST_F(FullDiskTest, AnotherProgramFillsItToTheLastByte) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(make_bucket_and_table());
  std::vector<Told> told(kWriters);
  std::atomic<bool> end = false;
  std::atomic<int> refused = 0;
  const auto all_live = [&]() -> Task<void> {
    std::vector<Task<void>> writers;
    for (int i = 0; i < kWriters; ++i) writers.push_back(live(told[i], i, end, refused));
    co_await run_together(std::move(writers));
  };
  ForeignFile foreign(disk_->path() + "/foreign");
  bool filled = true;
  int rounds = 0, refusals_seen = 0;
  std::int64_t longest_ms = 0;
  std::thread other([&] {
    for (; rounds < 2; ++rounds) {
      const int before = refused.load();
      filled = foreign.fill() && filled;
      const std::int64_t until = now_ms() + kNoticeMs;
      while (refused.load() < before + kRefusalsToSee && now_ms() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      refusals_seen += refused.load() - before;
      foreign.remove();
      const std::int64_t removed = now_ms();
      // No refusal any more: the looks of a moment in which nothing but successes came.
      int last = refused.load();
      std::int64_t quiet_since = now_ms();
      while (now_ms() - quiet_since < 500 && now_ms() < removed + kNoticeMs) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (refused.load() != last) {
          last = refused.load();
          quiet_since = now_ms();
        }
      }
      longest_ms = std::max(longest_ms, quiet_since - removed);
    }
    end = true;
  });
  sync_wait(*reactor_, all_live());
  other.join();
  for (const Told& one : told) EXPECT_EQ(one.wrong, "");
  EXPECT_TRUE(filled);
  EXPECT_GE(refusals_seen, kRefusalsToSee);
  EXPECT_LT(longest_ms, kNoticeMs / 2);
  const std::size_t objects = count(told, &Told::objects), items = count(told, &Told::items);
  EXPECT_GE(ms_until_writes_pass(kMaxWrites * kWriters), 0);
  expect_all_there(told);

  // Killed where there is not a byte left: nothing is lost.
  filled = foreign.fill();
  EXPECT_TRUE(filled);
  server_->kill();
  foreign.remove();
  ASSERT_NO_FATAL_FAILURE(start());
  expect_all_there(told);
  ASSERT_NO_FATAL_FAILURE(stop_and_verify());
  fmt::print(
      "full_disk: {} times another program left no byte: {} writes refused, {} objects and {} "
      "items whole; writes again {} ms after it let go\n",
      rounds, refusals_seen, objects, items, longest_ms);
}

TEST_F(FullDiskTest, AStopWaitsForNoRoom) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(make_bucket_and_table());
  std::vector<Told> told(kWriters);
  std::atomic<int> answered = 0;
  std::thread writing([&] {
    const auto all_write = [&]() -> Task<void> {
      std::vector<Task<void>> writers;
      for (int i = 0; i < kWriters; ++i) writers.push_back(write_to_the_end(told[i], i, answered));
      co_await run_together(std::move(writers));
    };
    sync_wait(*reactor_, all_write());
  });
  const std::int64_t until = now_ms() + kTimeoutMs;
  while (answered < kAnswersBeforeStop && now_ms() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  // What is in memory alone by now has no room in files.
  ForeignFile foreign(disk_->path() + "/foreign");
  EXPECT_TRUE(foreign.fill());
  const std::int64_t from = now_ms();
  const auto stopped = server_->stop(kTimeoutMs);
  const std::int64_t took_ms = now_ms() - from;
  EXPECT_TRUE(stopped && *stopped == 0) << (stopped ? std::to_string(*stopped) : "it waits");
  server_->kill();
  writing.join();
  foreign.remove();
  const std::size_t objects = count(told, &Told::objects), items = count(told, &Told::items);
  EXPECT_GT(items, 0u);
  ASSERT_NO_FATAL_FAILURE(start());
  expect_all_there(told);
  ASSERT_NO_FATAL_FAILURE(stop_and_verify());
  fmt::print("full_disk: stopped on a full disk in {} ms; {} objects and {} items whole\n", took_ms,
             objects, items);
}

}  // namespace
}  // namespace dyad::proof
