#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "test/support/object_calls.h"

namespace dyad::proof {

/// What a step came to.
enum class Outcome : std::uint8_t {
  acknowledged,
  refused,  ///< As it had to be; nothing happened.
  unknown,  ///< No answer, or one that leaves it open.
  wrong,    ///< An answer that should not have been given.
};

/// Bytes that say whose they are; an object is one piece, or one a part.
struct Piece {
  std::string label;
  std::uint64_t version = 0;
  std::size_t size_bytes = 0;

  std::string word() const;  ///< "LABEL:VERSION:SIZE"
  std::string bytes() const;
};
/// The words of a body's pieces, joined by "+"; "" of no bytes. corruption: it is not made of
/// pieces.
Result<std::string> word_of_body(std::string_view body);

struct KeyCounts {
  std::uint64_t acknowledged = 0;
  std::uint64_t puts = 0;
  std::uint64_t parts = 0;
  std::uint64_t completed = 0;
  std::uint64_t aborted = 0;
  std::uint64_t copied = 0;
  std::uint64_t found_done = 0;    ///< Never acknowledged, and found to have happened.
  std::uint64_t found_undone = 0;  ///< Never acknowledged, and no trace of it.
};

/// One object's key, and all that happens under it: objects put, copied, erased, uploads begun,
/// their parts put and put again, completed, completed once more, aborted. One coroutine writes it
/// at a time, and after a step of unknown outcome the next call is check(): what may be found is
/// what was acknowledged, and that one step whole or not at all.
class KeyCell {
 public:
  struct Options {
    std::uint64_t min_part_bytes = 0;  ///< The server's.
    std::vector<std::size_t> sizes = {120};
    /// One part of sixteen is of this size; 0: none.
    std::size_t large_bytes = 0;
    std::size_t max_uploads = 2;
  };
  KeyCell(std::string key, Options options, KeyCounts& counts)
      : key_(std::move(key)), options_(std::move(options)), counts_(counts) {}

  /// It is copied from, and copies nothing itself. Written on the same thread; outlives this one.
  void copy_from(KeyCell& source) { source_ = &source; }

  /// One step of a kind picked at random.
  Task<Outcome> write(ObjectCalls& calls, Random& random);
  /// Reads all of it; empty: all that was acknowledged is there, and nothing else.
  Task<std::string> check(ObjectCalls& calls);
  /// Completes the uploads under way with all their parts, aborts those that have none, and checks.
  Task<std::string> finish(ObjectCalls& calls);

  const std::string& key() const { return key_; }
  const std::string& complaint() const { return complaint_; }
  /// The object's word; "": there is none.
  const std::string& state() const { return state_.word; }
  bool unsure() const { return unsure_; }

 private:
  struct State {
    std::string word;
    std::string e_tag;  ///< "": the digest of the bytes, as of any object in one piece.
  };
  struct StoredPart {
    std::optional<Piece> stored;
    std::optional<Piece> in_flight;
  };
  struct Upload {
    std::map<int, StoredPart> parts;
    bool existed = false;  ///< There was an object when it began.
  };
  struct Ending {
    std::string id;
    bool completes = false;
  };
  using Chosen = std::vector<std::pair<int, Piece>>;

  Piece new_piece(std::string label, Random& random, bool may_be_large);
  Task<Outcome> put(ObjectCalls& calls, Random& random);
  Task<Outcome> erase(ObjectCalls& calls);
  Task<Outcome> copy(ObjectCalls& calls);
  Task<Outcome> begin(ObjectCalls& calls);
  Task<Outcome> put_part(ObjectCalls& calls, Random& random);
  Task<Outcome> complete(ObjectCalls& calls, Random& random);
  Task<Outcome> complete_upload(ObjectCalls& calls, std::string id, Chosen chosen, bool only_new,
                                bool wrong_tag);
  Task<Outcome> complete_again(ObjectCalls& calls);
  Task<Outcome> abort(ObjectCalls& calls, Random& random);
  Task<Outcome> late_part(ObjectCalls& calls, Random& random);

  Task<std::string> check_uploads(ObjectCalls& calls, bool& ended);
  Task<std::string> check_parts(ObjectCalls& calls, std::string id);
  Task<std::string> check_object(ObjectCalls& calls, bool ended);

  /// Named parts: some of those that are stored, all but the last large enough.
  Chosen choose(const Upload& upload, Random* random) const;
  const std::string& any_upload(Random& random) const;
  /// What an answer means where success or, `refusal` given, that error was expected.
  Outcome judge(const char* what, const Error* error, std::optional<ErrorCode> refusal);
  Outcome wrong(std::string what);
  void expect(State next);
  void become(State state);
  std::string of_key(std::string what) const { return key_ + ": " + std::move(what); }

  const std::string key_;
  const Options options_;
  KeyCounts& counts_;
  KeyCell* source_ = nullptr;

  State state_;
  std::vector<State> maybe_;  ///< What the step in flight may leave.
  /// Every word that the object had or may have had, in order, and the place of the current one.
  std::vector<std::string> history_ = {""};
  std::size_t current_ = 0;
  std::map<std::string, Upload> uploads_;
  std::optional<Ending> ending_;
  bool beginning_ = false;
  bool unsure_ = false;
  std::uint64_t version_ = 0;
  /// The upload that the object was made by, while it is current, and how it was completed.
  std::string made_by_;
  Chosen made_of_;
  std::vector<std::string> dead_;  ///< Ended uploads, the last few.
  std::string complaint_;
};

}  // namespace dyad::proof
