#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"
#include "table/tables.h"

namespace dyad::dynamodb {

/// How long a ClientRequestToken stands for its request. Source: TransactWriteItems in the API
/// reference, "valid for 10 minutes after the first request that uses it is completed".
constexpr std::int64_t kRequestTokenMs = 10 * 60 * 1000;
/// Each request with a token erases at most so many that are over, so that they do not pile up.
constexpr std::uint32_t kMaxTokensErasedAtOnce = 4;

/// Remembers ClientRequestTokens as rows of a table of its own, written in the transaction that
/// they stand for: they survive a restart, and of two requests with one token only one is carried
/// out. An index by age tells which are over. Thread-safe.
class RequestTokens {
 public:
  explicit RequestTokens(table::Tables& tables) : tables_(tables) {}

  /// What a token's row said when the transaction looked.
  enum class Verdict : std::uint8_t {
    fresh,     ///< Unknown, or over: the request is to be carried out.
    repeated,  ///< The same request was carried out.
    mismatch,  ///< Another request was.
  };

  struct Answer {
    Verdict verdict = Verdict::fresh;
    std::string note;  ///< repeated: what was noted beside the token then.
  };

  /// Adds to `writes` the rows that go with the request: the token's own, then some to be erased.
  /// Where the token is known already its row's decide fails, so that the transaction has no
  /// effect, and `answer` says why; it outlives the writes. Rows that stand in `writes` before are
  /// decided before `note` is asked what to keep with the token.
  Task<Result<>> add(std::vector<table::RowWrite>& writes, const std::string& token,
                     std::string fingerprint, std::function<std::string()> note, Answer& answer,
                     Deadline deadline);

 private:
  Task<Result<table::TableRef>> open(Deadline deadline);
  Task<Result<std::vector<table::RowWrite>>> erase_old(table::TableRef table, Deadline deadline);

  table::Tables& tables_;
  std::mutex mutex_;
  table::TableRef table_;  ///< Null until the first token.
  /// Nothing is left from before this moment: where the next look at the index begins, so that it
  /// does not walk over what was erased.
  std::int64_t erased_upto_ms_ = 0;
};

}  // namespace dyad::dynamodb
