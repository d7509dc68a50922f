#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "test/support/answers.h"
#include "test/support/aws_client.h"
#include "test/support/key_cell.h"
#include "test/support/oracle.h"

namespace dyad::proof {

constexpr const char* kBucket = "crash-proof";
constexpr const char* kTable = "crash-proof";
constexpr const char* kIndex = "by-group";

/// Comes and goes while it is written to.
constexpr const char* kLateIndex = "late";
constexpr int kGroups = 4;
/// Items that are there from the start and never change, so that building an index takes a while.
constexpr int kFillers = 1500;

/// Something that one writer writes, whose state after a crash can be read back as a word.
class Cell {
 public:
  Cell(Oracle& oracle, std::string name) : oracle_(oracle), name_(std::move(name)) {}
  virtual ~Cell() = default;

  /// One write of a kind picked at random, noted in the oracle.
  virtual Task<Outcome> write(AwsClient& client, Random& random) = 0;
  /// Reads the state, and checks that what is there is whole.
  virtual Task<Result<std::string>> read(AwsClient& client) = 0;
  /// Reads the state and holds it against the oracle; empty: well.
  virtual Task<std::string> check(AwsClient& client);
  /// "id:state" of each of its items that has a group, as checked last.
  virtual void add_index_entries(std::vector<std::string>&) {}

  const std::string& name() const { return name_; }
  const std::string& state() { return oracle_.state(name_); }
  const std::string& complaint() const { return complaint_; }

 protected:
  /// Sends what `request` sends, which would leave `next`. `refusal`: the status that is expected
  /// instead of success; 0: success is.
  Task<Outcome> attempt(std::string next, int refusal, Task<Result<Answer>> request);

  Oracle& oracle_;
  const std::string name_;
  std::string complaint_;
  Answer last_answer_;
};

/// An object, inline or of several frames: "" or "VERSION:SIZE".
std::unique_ptr<Cell> make_object_cell(Oracle& oracle, std::string key);
/// An item with an index: "" or "VERSION" or "VERSIONgGROUP".
std::unique_ptr<Cell> make_item_cell(Oracle& oracle, std::string id);
/// An object's row and an item that only transactions change: "ITEM|OBJECT".
std::unique_ptr<Cell> make_pair_cell(Oracle& oracle, std::string id);

/// An object that is put, copied, erased, uploaded in parts: see KeyCell, which it refers to.
std::unique_ptr<Cell> make_upload_cell(Oracle& oracle, KeyCell& cell);
/// Three items that BatchWriteItem puts and deletes, each for itself.
std::unique_ptr<Cell> make_batch_cell(Oracle& oracle, std::string id);
/// Three objects that are put one by one and that DeleteObjects erases together.
std::unique_ptr<Cell> make_deletes_cell(Oracle& oracle, std::string key);
/// The index kLateIndex, which UpdateTable adds and deletes: "" or "there". A check waits until it
/// is whole.
std::unique_ptr<Cell> make_index_cell(Oracle& oracle, const Clock& clock);

/// "id:state" of each entry of the index, sorted.
Task<Result<std::vector<std::string>>> read_whole_index(AwsClient& client, std::string index);

std::string item_json(const std::string& id, std::uint64_t version,
                      std::optional<std::uint64_t> group);
/// "" or "VERSION" or "VERSIONgGROUP".
std::string item_state(std::uint64_t version, std::optional<std::uint64_t> group);
Result<std::string> state_of(const FlatItem& item);
std::string key_json(const std::string& id);
Task<Result<std::optional<FlatItem>>> get_item(AwsClient& client, std::string table,
                                               std::string key);
/// Of the filler of that number.
std::string filler_id(int number);

}  // namespace dyad::proof
