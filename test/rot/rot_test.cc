// One flipped bit in a closed data directory, on a real file system: `dyad verify --offline` names
// the file, and a server that starts on it all the same serves the right bytes or none.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "runtime/seeds.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/support/answers.h"
#include "test/support/aws_client.h"
#include "test/support/bodies.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"

namespace dyad::proof {
namespace {

namespace fs = std::filesystem;

constexpr int kObjects = 8;
constexpr int kItems = 60;
constexpr std::int64_t kTimeoutMs = 20'000;
constexpr int kFlipsPerFile = 3;

/// What reading everything back came to.
struct Reading {
  int right = 0;
  int refused = 0;  ///< 5xx.
  std::string wrong;
};

class RotTest : public testing::Test {
 protected:
  RotTest() : seed_(seed_from_environment(1)), random_(seed_) {}

  std::string data() const { return directory_.path() + "/data"; }

  /// None: the server refuses to start (its words in `refusal_`).
  std::unique_ptr<ServerProcess> start() {
    auto started = ServerProcess::start(DYAD_PROGRAM, data(), directory_.path() + "/log");
    EXPECT_TRUE(started);
    const auto address = (*started)->wait_for_address(kTimeoutMs);
    if (!address) return nullptr;
    address_ = *address;
    return std::move(*started);
  }

  std::string key(int n) const { return "object-" + std::to_string(n); }
  std::string body(int n) const {
    return make_body(key(n), 1, n % 2 == 0 ? 300'000 + static_cast<std::size_t>(n) : 5'000);
  }
  std::string value(int n) const { return fmt::format("value {} {}", n, std::string(400, 'v')); }

  Task<std::string> fill() {
    AwsClient client(reactor_, clock_, address_);
    AwsClient::Headers none;
    const auto bucket = co_await client.s3("PUT", "/rot", none, {});
    if (!bucket || !bucket->ok()) co_return "CreateBucket";
    const auto table = co_await client.dynamodb(
        "CreateTable",
        R"({"TableName":"rot","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})");
    if (!table || !table->ok()) co_return "CreateTable";
    for (int n = 0; n < kObjects; ++n) {
      const std::string bytes = body(n);
      const auto put = co_await client.s3("PUT", "/rot/" + key(n), none, bytes);
      if (!put || !put->ok()) co_return "PutObject: " + (put ? put->body : put.error().message);
    }
    for (int n = 0; n < kItems; ++n) {
      const auto put = co_await client.dynamodb(
          "PutItem",
          fmt::format(
              R"({{"TableName":"rot","Item":{{"id":{{"S":"item-{}"}},"value":{{"S":"{}"}}}}}})", n,
              value(n)));
      if (!put || !put->ok()) co_return "PutItem: " + (put ? put->body : put.error().message);
    }
    co_return "";
  }

  Task<Reading> read_all() {
    Reading reading;
    AwsClient client(reactor_, clock_, address_);
    AwsClient::Headers none;
    for (int n = 0; n < kObjects; ++n) {
      const auto got = co_await client.s3("GET", "/rot/" + key(n), none, {});
      // An answer that breaks off has told its client that it is not whole.
      if (!got || got->status >= 500)
        ++reading.refused;
      else if (got->ok() && got->body == body(n))
        ++reading.right;
      else
        reading.wrong = fmt::format("{}: {}, {} bytes", key(n), got->status, got->body.size());
    }
    for (int n = 0; n < kItems; ++n) {
      const auto got = co_await client.dynamodb(
          "GetItem", fmt::format(R"({{"TableName":"rot","Key":{{"id":{{"S":"item-{}"}}}}}})", n));
      if (!got || got->status >= 500) {
        ++reading.refused;
        continue;
      }
      const auto item = item_of_answer(got->body);
      if (got->ok() && item && *item && (*item)->at("value") == value(n))
        ++reading.right;
      else
        reading.wrong = fmt::format("item-{}: {} {}", n, got->status, got->body);
    }
    co_return reading;
  }

  ProgramOutcome verify() {
    const auto outcome = run_program({DYAD_PROGRAM, "verify", "--offline", data()}, kTimeoutMs);
    EXPECT_TRUE(outcome);
    return outcome ? *outcome : ProgramOutcome();
  }

  void flip(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file);
    char byte = 0;
    file.seekg(static_cast<std::streamoff>(offset));
    file.get(byte);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 4));
  }

  /// Where a file holds something: not the zeros that it was made with.
  std::vector<std::uint64_t> used_offsets(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<std::uint64_t> used;
    for (int tries = 0; tries < 100000 && used.size() < kFlipsPerFile && !all.empty(); ++tries) {
      // A record and its padding fill blocks: half of the choices fall into the first ones.
      const std::uint64_t span =
          tries % 2 == 0 ? all.size() : std::min<std::size_t>(all.size(), 65536);
      const std::uint64_t at = random_.below(span);
      if (all[at] != '\0') used.push_back(at);
    }
    return used;
  }

  /// Segments that hold batches, blobs, and RocksDB's rows and MANIFEST.
  std::map<std::string, std::vector<std::string>> files_by_sort() const {
    std::map<std::string, std::vector<std::string>> sorts;
    for (const auto& entry : fs::recursive_directory_iterator(data())) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      const std::string path = entry.path().string();
      const std::string name = entry.path().filename().string();
      if (path.find("/blobs/") != std::string::npos && name.size() == 16)
        sorts["blob"].push_back(path);
      else if (name.ends_with(".seg"))
        sorts["segment"].push_back(path);
      else if (name.ends_with(".sst"))
        sorts["SST"].push_back(path);
      else if (name.starts_with("MANIFEST"))
        sorts["MANIFEST"].push_back(path);
    }
    return sorts;
  }

  const std::uint64_t seed_;
  SeededRandom random_;
  SystemClock clock_;
  Reactor reactor_{clock_, "reader"};
  TemporaryDirectory directory_;
  std::string address_;
};

/// How a blob's file is called in messages: by its id, since the store names blobs so.
bool names_file(const std::string& said, const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  if (said.find(name) != std::string::npos) return true;
  if (path.find("/blobs/") == std::string::npos) return false;
  const std::string by_id = "blob " + std::to_string(std::stoull(name, nullptr, 16));
  return said.find(by_id) != std::string::npos;
}

TEST_F(RotTest, IsNamedAndNeverServed) {
  auto server = start();
  ASSERT_TRUE(server);
  ASSERT_EQ(sync_wait(reactor_, fill()), "");
  ASSERT_EQ(*server->stop(kTimeoutMs), 0);
  server.reset();
  const ProgramOutcome before = verify();
  ASSERT_EQ(before.exit_status, 0) << before.output;

  const auto sorts = files_by_sort();
  for (const char* sort : {"blob", "segment", "SST", "MANIFEST"})
    ASSERT_TRUE(sorts.contains(sort)) << "no file of the sort: " << sort;
  const std::string sound = directory_.path() + "/sound";
  fs::copy(data(), sound, fs::copy_options::recursive);

  int flips = 0, refused_starts = 0, refused_reads = 0, right_reads = 0;
  for (const auto& [sort, paths] : sorts) {
    const std::size_t files = std::min<std::size_t>(paths.size(), 2);
    for (std::size_t f = 0; f < files; ++f) {
      for (const std::uint64_t offset : used_offsets(paths[f])) {
        SCOPED_TRACE(fmt::format("{} at {}", paths[f], offset));
        flip(paths[f], offset);
        ++flips;
        const ProgramOutcome found = verify();
        EXPECT_NE(found.exit_status, 0);
        EXPECT_TRUE(names_file(found.output, paths[f])) << found.output;

        if (auto damaged = start()) {
          const Reading reading = sync_wait(reactor_, read_all());
          EXPECT_EQ(reading.wrong, "");
          refused_reads += reading.refused;
          right_reads += reading.right;
          damaged->kill();
        } else {
          ++refused_starts;
        }
        // A start may have erased or rewritten; each flip meets the same directory.
        fs::remove_all(data());
        fs::copy(sound, data(), fs::copy_options::recursive);
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GE(flips, 12);
  EXPECT_GT(refused_starts + refused_reads, 0);
  server = start();
  ASSERT_TRUE(server);
  const Reading whole = sync_wait(reactor_, read_all());
  EXPECT_EQ(whole.right, kObjects + kItems) << whole.wrong;
  fmt::print(
      "rot: {} flipped bits, all named by verify; {} starts refused, {} reads refused, {} right, 0 "
      "wrong\n",
      flips, refused_starts, refused_reads, right_reads);
}

}  // namespace
}  // namespace dyad::proof
