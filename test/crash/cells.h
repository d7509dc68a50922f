#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "test/support/aws_client.h"
#include "test/support/oracle.h"

namespace dyad::proof {

constexpr const char* kBucket = "crash-proof";
constexpr const char* kTable = "crash-proof";
constexpr const char* kIndex = "by-group";

/// What a step came to.
enum class Outcome : std::uint8_t {
  acknowledged,
  refused,  ///< As it had to be; nothing happened.
  unknown,  ///< No answer, or one that leaves it open.
  wrong,    ///< An answer that should not have been given.
};

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
  Task<std::string> check(AwsClient& client);

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

/// "id:state" of each entry of the index, sorted.
Task<Result<std::vector<std::string>>> read_whole_index(AwsClient& client);
constexpr int kGroups = 4;

}  // namespace dyad::proof
