#include "test/support/key_cell.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "test/support/bodies.h"

namespace dyad::proof {
namespace {

constexpr int kPartNumbers = 3;
constexpr std::size_t kMaxDead = 4;

std::string md5_of(std::string_view bytes) {
  return to_hex(crypto::as_view(crypto::md5(bytes)));
}

/// "The MD5 digests of the parts, concatenated, digested": what CompleteMultipartUpload tells.
std::string e_tag_of(const std::vector<std::pair<int, Piece>>& parts) {
  std::string digests;
  for (const auto& [number, piece] : parts) digests += crypto::as_view(crypto::md5(piece.bytes()));
  return md5_of(digests) + "-" + std::to_string(parts.size());
}

/// The head of a piece, "LABEL VERSION SIZE "; none: it is not one.
std::optional<Piece> read_head(std::string_view body) {
  Piece piece;
  const std::size_t space = body.substr(0, 200).find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  piece.label = body.substr(0, space);
  const char* const end = body.data() + body.size();
  const auto version = std::from_chars(body.data() + space + 1, end, piece.version);
  if (version.ec != std::errc() || version.ptr == end || *version.ptr != ' ') return std::nullopt;
  const auto size = std::from_chars(version.ptr + 1, end, piece.size_bytes);
  if (size.ec != std::errc() || piece.size_bytes == 0 || piece.size_bytes > body.size())
    return std::nullopt;
  return piece;
}

const Error* error_of(const auto& result) {
  return result ? nullptr : &result.error();
}

}  // namespace

std::string Piece::word() const {
  return label + ":" + std::to_string(version) + ":" + std::to_string(size_bytes);
}
std::string Piece::bytes() const {
  return make_body(label, version, size_bytes);
}

Result<std::string> word_of_body(std::string_view body) {
  std::string word;
  while (!body.empty()) {
    const std::optional<Piece> piece = read_head(body);
    if (!piece || piece->bytes() != body.substr(0, piece->size_bytes))
      return fail(ErrorCode::corruption, "bytes behind '" + word + "' are not what anybody wrote");
    if (!word.empty()) word += '+';
    word += piece->word();
    body.remove_prefix(piece->size_bytes);
  }
  return word;
}

Outcome KeyCell::wrong(std::string what) {
  complaint_ = of_key(std::move(what));
  return Outcome::wrong;
}

Outcome KeyCell::judge(const char* what, const Error* error, std::optional<ErrorCode> refusal) {
  if (error == nullptr) {
    if (refusal) return wrong(std::string(what) + " was not refused");
    ++counts_.acknowledged;
    return Outcome::acknowledged;
  }
  const bool said_no =
      error->code == ErrorCode::not_found || error->code == ErrorCode::failed_condition;
  if (!said_no) {
    unsure_ = true;
    return Outcome::unknown;
  }
  if (refusal && error->code == *refusal) return Outcome::refused;
  return wrong(std::string(what) + " over '" + state_.word + "': " + error->to_string());
}

void KeyCell::expect(State next) {
  history_.push_back(next.word);
  maybe_.push_back(std::move(next));
}

void KeyCell::become(State state) {
  maybe_.clear();
  state_ = std::move(state);
  history_.push_back(state_.word);
  current_ = history_.size() - 1;
  made_by_.clear();
}

Piece KeyCell::new_piece(std::string label, Random& random, bool may_be_large) {
  std::size_t size = options_.sizes[random.below(options_.sizes.size())];
  if (may_be_large && options_.large_bytes != 0 && random.below(16) == 0)
    size = options_.large_bytes;
  return {std::move(label), ++version_, size};
}

const std::string& KeyCell::any_upload(Random& random) const {
  auto at = uploads_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(uploads_.size())));
  return at->first;
}

Task<Outcome> KeyCell::write(ObjectCalls& calls, Random& random) {
  const std::uint64_t choice = random.below(20);
  if (choice == 0) co_return co_await erase(calls);
  if (choice <= 2) co_return co_await put(calls, random);
  if (choice <= 5 && source_ != nullptr) co_return co_await copy(calls);
  if (choice == 6 && !made_by_.empty()) co_return co_await complete_again(calls);
  if (choice == 7 && !dead_.empty()) co_return co_await late_part(calls, random);
  if (uploads_.empty() || (choice <= 9 && uploads_.size() < options_.max_uploads))
    co_return co_await begin(calls);
  if (choice == 10) co_return co_await abort(calls, random);
  if (choice <= 13) co_return co_await complete(calls, random);
  co_return co_await put_part(calls, random);
}

Task<Outcome> KeyCell::put(ObjectCalls& calls, Random& random) {
  const Piece piece = new_piece(key_, random, false);
  expect({piece.word(), {}});
  const auto done = co_await calls.put(key_, piece.bytes());
  const Outcome outcome = judge("PutObject", error_of(done), std::nullopt);
  if (outcome != Outcome::acknowledged) co_return outcome;
  ++counts_.puts;
  become({piece.word(), {}});
  if (*done != md5_of(piece.bytes())) co_return wrong("PutObject told another entity tag");
  co_return outcome;
}

Task<Outcome> KeyCell::erase(ObjectCalls& calls) {
  expect(State());
  const auto done = co_await calls.erase(key_);
  const Outcome outcome = judge("DeleteObject", error_of(done), std::nullopt);
  if (outcome == Outcome::acknowledged) become(State());
  co_return outcome;
}

/// The copy is the source as it was at some moment between.
Task<Outcome> KeyCell::copy(ObjectCalls& calls) {
  const std::size_t first = source_->current_;
  const auto done = co_await calls.copy(source_->key(), key_);
  const std::vector<std::string>& all = source_->history_;
  const std::vector<std::string> possible(all.begin() + static_cast<std::ptrdiff_t>(first),
                                          all.end());
  const bool may_miss = std::find(possible.begin(), possible.end(), "") != possible.end();
  std::optional<ErrorCode> refusal;
  if (!done && may_miss) refusal = ErrorCode::not_found;
  const Outcome outcome = judge("CopyObject", error_of(done), refusal);
  if (outcome != Outcome::acknowledged && outcome != Outcome::unknown) co_return outcome;
  for (const std::string& word : possible)
    if (!word.empty()) expect({word, {}});
  if (outcome == Outcome::unknown) co_return outcome;
  ++counts_.copied;
  // Which one it was.
  const auto found = co_await calls.get(key_);
  if (!found) {
    // From here on one of them has to be there.
    unsure_ = true;
    if (!maybe_.empty()) state_ = maybe_.front();
    co_return Outcome::unknown;
  }
  const Result<std::string> word =
      *found ? word_of_body((*found)->body) : Result<std::string>(std::string());
  if (!word) co_return wrong("the copy: " + word.error().message);
  if (word->empty() || std::find(possible.begin(), possible.end(), *word) == possible.end())
    co_return wrong("a copy of '" + source_->key() + "' holds '" + *word +
                    "', which that one did not at any moment between");
  become({*word, {}});
  co_return outcome;
}

Task<Outcome> KeyCell::begin(ObjectCalls& calls) {
  beginning_ = true;
  const auto id = co_await calls.begin(key_);
  const Outcome outcome = judge("CreateMultipartUpload", error_of(id), std::nullopt);
  if (outcome != Outcome::acknowledged) co_return outcome;
  beginning_ = false;
  uploads_[*id].existed = !state_.word.empty();
  co_return outcome;
}

Task<Outcome> KeyCell::put_part(ObjectCalls& calls, Random& random) {
  const std::string id = any_upload(random);
  const int number = 1 + static_cast<int>(random.below(kPartNumbers));
  const Piece piece = new_piece(key_ + "#" + std::to_string(number), random, true);
  uploads_[id].parts[number].in_flight = piece;
  const auto done = co_await calls.put_part(key_, id, number, piece.bytes());
  const Outcome outcome = judge("UploadPart", error_of(done), std::nullopt);
  if (outcome != Outcome::acknowledged) co_return outcome;
  ++counts_.parts;
  uploads_[id].parts[number] = {piece, std::nullopt};
  if (*done != md5_of(piece.bytes())) co_return wrong("UploadPart told another entity tag");
  co_return outcome;
}

KeyCell::Chosen KeyCell::choose(const Upload& upload, Random* random) const {
  Chosen chosen;
  for (const auto& [number, part] : upload.parts) {
    if (!part.stored) continue;
    if (!chosen.empty() && chosen.back().second.size_bytes < options_.min_part_bytes)
      chosen.pop_back();
    if (!chosen.empty() && random != nullptr && random->below(4) == 0) continue;
    chosen.emplace_back(number, *part.stored);
  }
  return chosen;
}

Task<Outcome> KeyCell::complete(ObjectCalls& calls, Random& random) {
  const std::string id = any_upload(random);
  const Upload& upload = uploads_[id];
  Chosen chosen = choose(upload, &random);
  if (chosen.empty()) co_return co_await put_part(calls, random);
  const std::uint64_t choice = random.below(8);
  // Where the object vanished since the upload began, a condition conflicts.
  const bool only_new = choice <= 1 && (!upload.existed || !state_.word.empty());
  co_return co_await complete_upload(calls, id, std::move(chosen), only_new, choice == 2);
}

Task<Outcome> KeyCell::complete_upload(ObjectCalls& calls, std::string id, Chosen chosen,
                                       bool only_new, bool wrong_tag) {
  std::vector<ObjectCalls::Part> named;
  State next;
  for (const auto& [number, piece] : chosen) {
    named.push_back({number, md5_of(piece.bytes()), piece.size_bytes});
    if (!next.word.empty()) next.word += '+';
    next.word += piece.word();
  }
  if (wrong_tag) named.back().e_tag = md5_of("nobody's part");
  next.e_tag = e_tag_of(chosen);
  std::optional<ErrorCode> refusal;
  if (wrong_tag || (only_new && !state_.word.empty())) refusal = ErrorCode::failed_condition;
  if (!refusal) {
    ending_ = Ending{id, true};
    expect(next);
  }
  const auto done = co_await calls.complete(key_, id, std::move(named), only_new);
  const Outcome outcome = judge("CompleteMultipartUpload", error_of(done), refusal);
  if (outcome != Outcome::acknowledged) co_return outcome;
  ++counts_.completed;
  ending_.reset();
  uploads_.erase(id);
  const std::string e_tag = next.e_tag;
  become(std::move(next));
  made_by_ = id;
  made_of_ = std::move(chosen);
  dead_.push_back(std::move(id));
  if (dead_.size() > kMaxDead) dead_.erase(dead_.begin());
  if (*done != e_tag) co_return wrong("CompleteMultipartUpload told the entity tag " + *done);
  co_return outcome;
}

/// "If the answer was lost": the same one again, and nothing more happens.
Task<Outcome> KeyCell::complete_again(ObjectCalls& calls) {
  std::vector<ObjectCalls::Part> named;
  for (const auto& [number, piece] : made_of_)
    named.push_back({number, md5_of(piece.bytes()), piece.size_bytes});
  const auto done = co_await calls.complete(key_, made_by_, std::move(named), false);
  const Outcome outcome = judge("CompleteMultipartUpload once more", error_of(done), std::nullopt);
  if (outcome == Outcome::acknowledged && *done != state_.e_tag)
    co_return wrong("CompleteMultipartUpload once more told the entity tag " + *done);
  co_return outcome;
}

Task<Outcome> KeyCell::abort(ObjectCalls& calls, Random& random) {
  const std::string id = any_upload(random);
  ending_ = Ending{id, false};
  const auto done = co_await calls.abort(key_, id);
  const Outcome outcome = judge("AbortMultipartUpload", error_of(done), std::nullopt);
  if (outcome != Outcome::acknowledged) co_return outcome;
  ++counts_.aborted;
  ending_.reset();
  uploads_.erase(id);
  dead_.push_back(id);
  if (dead_.size() > kMaxDead) dead_.erase(dead_.begin());
  co_return outcome;
}

Task<Outcome> KeyCell::late_part(ObjectCalls& calls, Random& random) {
  const std::string id = dead_[random.below(dead_.size())];
  const Piece piece = new_piece(key_ + "#1", random, false);
  const auto done = co_await calls.put_part(key_, id, 1, piece.bytes());
  co_return judge("UploadPart of an ended upload", error_of(done), ErrorCode::not_found);
}

Task<std::string> KeyCell::check(ObjectCalls& calls) {
  bool ended = false;
  std::string wrong = co_await check_uploads(calls, ended);
  if (wrong.empty()) wrong = co_await check_object(calls, ended);
  ending_.reset();
  beginning_ = false;
  unsure_ = false;
  co_return wrong;
}

/// `ended`: the upload that was being ended is gone.
Task<std::string> KeyCell::check_uploads(ObjectCalls& calls, bool& ended) {
  const auto found = co_await calls.uploads(key_);
  if (!found) co_return of_key("its uploads: " + found.error().to_string());
  for (const std::string& id : *found) {
    if (uploads_.contains(id)) continue;
    // Begun, and nobody was told.
    if (!beginning_) co_return of_key("an upload that nobody began, or that was ended: " + id);
    beginning_ = false;
    ++counts_.found_done;
    uploads_[id].existed = true;
  }
  if (beginning_) ++counts_.found_undone;
  const auto known = uploads_;
  for (const auto& [id, upload] : known) {
    const bool there = std::find(found->begin(), found->end(), id) != found->end();
    const bool ending = ending_ && ending_->id == id;
    if (ending) {
      ended = !there;
      ++(ended ? counts_.found_done : counts_.found_undone);
    }
    if (!there && !ending) co_return of_key("an upload under way is gone: " + id);
    if (!there) {
      uploads_.erase(id);
      continue;
    }
    const std::string wrong = co_await check_parts(calls, id);
    if (!wrong.empty()) co_return wrong;
  }
  co_return "";
}

Task<std::string> KeyCell::check_parts(ObjectCalls& calls, std::string id) {
  const auto found = co_await calls.parts(key_, id);
  if (!found) co_return of_key("parts of " + id + ": " + found.error().to_string());
  std::map<int, StoredPart>& parts = uploads_[id].parts;
  std::map<int, ObjectCalls::Part> listed;
  for (const ObjectCalls::Part& part : *found) {
    if (!parts.contains(part.number)) co_return of_key("a part that nobody put");
    listed[part.number] = part;
  }
  const auto is = [](const std::optional<Piece>& piece, const ObjectCalls::Part& part) {
    return piece && part.size_bytes == piece->size_bytes && part.e_tag == md5_of(piece->bytes());
  };
  for (auto& [number, part] : parts) {
    const auto at = listed.find(number);
    const bool there = at != listed.end();
    const bool done = there && is(part.in_flight, at->second);
    const bool undone = there ? is(part.stored, at->second) : !part.stored;
    if (!done && !undone)
      co_return of_key("part " + std::to_string(number) + (there ? " is another one" : " is gone") +
                       ", acknowledged " + (part.stored ? part.stored->word() : "none"));
    if (part.in_flight) ++(done ? counts_.found_done : counts_.found_undone);
    if (done) part.stored = part.in_flight;
    part.in_flight.reset();
  }
  co_return "";
}

Task<std::string> KeyCell::check_object(ObjectCalls& calls, bool ended) {
  const auto found = co_await calls.get(key_);
  if (!found) co_return of_key(found.error().to_string());
  const Result<std::string> word =
      *found ? word_of_body((*found)->body) : Result<std::string>(std::string());
  if (!word) co_return of_key(word.error().message);
  if (*found && word->empty()) co_return of_key("an object without bytes");
  // With its upload gone a completion has happened, else it has not.
  std::vector<State> possible = maybe_;
  const bool completes = ending_ && ending_->completes;
  if (!completes || !ended) {
    if (completes) possible.clear();
    possible.push_back(state_);
  }
  const auto state = std::find_if(possible.begin(), possible.end(),
                                  [&](const State& one) { return one.word == *word; });
  if (state == possible.end()) {
    std::string flying;
    for (const State& one : maybe_) flying += " '" + one.word + "'";
    co_return of_key("found '" + *word + "', acknowledged '" + state_.word + "', in flight" +
                     (flying.empty() ? " nothing" : flying) +
                     (completes ? (ended ? ", its upload gone" : ", its upload there") : ""));
  }
  if (*found) {
    const std::string e_tag = state->e_tag.empty() ? md5_of((*found)->body) : state->e_tag;
    if ((*found)->e_tag != e_tag)
      co_return of_key("'" + *word + "' has the entity tag " + (*found)->e_tag + ", not " + e_tag);
  }
  if (!maybe_.empty() && !completes)
    ++(*word == state_.word ? counts_.found_undone : counts_.found_done);
  if (*word != state_.word || !maybe_.empty()) become(*state);
  co_return "";
}

Task<std::string> KeyCell::finish(ObjectCalls& calls) {
  while (!uploads_.empty()) {
    const std::string id = uploads_.begin()->first;
    Chosen chosen = choose(uploads_.begin()->second, nullptr);
    Outcome outcome = Outcome::acknowledged;
    if (chosen.empty()) {
      const auto gone = co_await calls.abort(key_, id);
      outcome = judge("AbortMultipartUpload", error_of(gone), std::nullopt);
      uploads_.erase(id);
    } else {
      outcome = co_await complete_upload(calls, id, std::move(chosen), false, false);
    }
    if (outcome == Outcome::unknown) co_return of_key("an upload cannot be ended");
    if (outcome != Outcome::acknowledged) co_return complaint_;
  }
  co_return co_await check(calls);
}

}  // namespace dyad::proof
