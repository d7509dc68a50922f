// Uploads in parts against each other and against whole objects: one of many creators wins, an
// upload is completed or aborted and never both, of a part put at once many times one is there.

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "test/race/race_fixture.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kRacers = 24;
constexpr const char* kBucket = "race-uploads";

enum class Came : std::uint8_t { nothing, done, refused, missing, other };

Came came_of(const auto& result) {
  if (result) return Came::done;
  if (result.error().code == ErrorCode::failed_condition) return Came::refused;
  return result.error().code == ErrorCode::not_found ? Came::missing : Came::other;
}

class UploadRace : public RaceFixture {
 protected:
  UploadRace() : RaceFixture(kRacers) {}
  void SetUp() override {
    RaceFixture::SetUp();
    make_bucket(kBucket);
    for (const auto& client : clients_)
      objects_.push_back(std::make_unique<WireObjects>(*client, kBucket));
  }
  static std::string key_of(int round) { return fmt::format("round-{}", round); }
  template <class T>
  static std::string text_of(const Result<T>& result) {
    return result ? "success" : result.error().to_string();
  }
  /// The rounds' preparation and judgement is the first racer's, while the others wait.
  template <class Racer>
  Task<void> race(std::size_t racer, int rounds, Racer& game) {
    for (int round = 0; round < rounds; ++round) {
      if (racer == 0) co_await game.prepare(*objects_[0], key_of(round));
      co_await turnstile_;
      co_await game.play(racer, *objects_[racer], key_of(round));
      co_await turnstile_;
      if (racer != 0) continue;
      const std::string wrong = co_await game.judge(*objects_[0], key_of(round));
      if (!wrong.empty()) complain(fmt::format("round {}: {}", round, wrong));
    }
  }
  template <class Game>
  void play(int rounds, Game& game) {
    run([&](std::size_t racer) { return race(racer, rounds, game); });
    EXPECT_EQ(wrong_, "");
  }

  std::vector<std::unique_ptr<WireObjects>> objects_;
};

/// One upload of one part.
struct Prepared {
  std::string id;
  std::vector<ObjectCalls::Part> parts;
};
Task<Result<Prepared>> prepare_upload(ObjectCalls& objects, std::string key, std::string body) {
  Prepared made;
  DYAD_CO_TRY_ASSIGN(made.id, co_await objects.begin(key));
  const std::uint64_t size = body.size();
  DYAD_CO_TRY_ASSIGN(std::string e_tag,
                     co_await objects.put_part(key, made.id, 1, std::move(body)));
  made.parts.push_back({1, std::move(e_tag), size});
  co_return made;
}

/// A third each: PutObject, CompleteMultipartUpload, CopyObject, all with If-None-Match.
struct Creators {
  std::vector<std::unique_ptr<AwsClient>>& clients;
  std::array<Came, kRacers> came{};
  std::array<std::string, kRacers> said{};
  std::array<Prepared, kRacers> uploads{};
  std::array<int, 3> wins{};

  static std::string body_of(std::size_t racer, const std::string& key) {
    return fmt::format("{} of racer {}", key, racer);
  }
  Task<void> prepare(ObjectCalls& objects, std::string key) {
    for (std::size_t racer = 0; racer < kRacers; ++racer) {
      came[racer] = Came::nothing;
      if (racer % 3 == 1) {
        auto made = co_await prepare_upload(objects, key, body_of(racer, key));
        if (made) uploads[racer] = std::move(*made);
      } else if (racer % 3 == 2 && key == "round-0") {
        (void)co_await objects.put(fmt::format("source-{}", racer), body_of(racer, "source"));
      }
    }
  }
  Task<void> play(std::size_t racer, ObjectCalls& objects, std::string key) {
    if (racer % 3 == 1) {
      const auto made =
          co_await objects.complete(key, uploads[racer].id, uploads[racer].parts, true);
      came[racer] = came_of(made);
      said[racer] = made ? "" : made.error().message;
      co_return;
    }
    AwsClient::Headers headers;
    headers.emplace_back("if-none-match", "*");
    std::string body;
    if (racer % 3 == 0) {
      body = body_of(racer, key);
    } else {
      headers.emplace_back("x-amz-copy-source", fmt::format("/{}/source-{}", kBucket, racer));
    }
    const auto answer = co_await clients[racer]->s3("PUT", fmt::format("/{}/{}", kBucket, key),
                                                    std::move(headers), body);
    said[racer] = answer ? answer->body : answer.error().to_string();
    if (answer && answer->ok())
      came[racer] = Came::done;
    else
      came[racer] =
          answer && (answer->status == 412 || answer->status == 409) ? Came::refused : Came::other;
  }
  Task<std::string> judge(ObjectCalls& objects, std::string key) {
    const auto won = std::count(came.begin(), came.end(), Came::done);
    const auto lost = std::count(came.begin(), came.end(), Came::refused);
    if (won != 1 || lost != static_cast<std::ptrdiff_t>(kRacers) - 1) {
      for (std::size_t i = 0; i < kRacers; ++i)
        if (came[i] != Came::done && came[i] != Came::refused) co_return said[i];
      co_return fmt::format("{} creators won, {} were refused", won, lost);
    }
    const auto winner =
        static_cast<std::size_t>(std::find(came.begin(), came.end(), Came::done) - came.begin());
    ++wins[winner % 3];
    const auto object = co_await objects.get(key);
    if (!object || !*object) co_return "the object is not there";
    const std::string expected = body_of(winner, winner % 3 == 2 ? "source" : key);
    if ((*object)->body != expected) co_return "it holds '" + (*object)->body + "'";
    // Who lost still has his upload.
    for (std::size_t racer = 1; racer < kRacers; racer += 3) {
      if (racer == winner) continue;
      const auto gone = co_await objects.abort(key, uploads[racer].id);
      if (!gone) co_return "a refused upload: " + gone.error().to_string();
    }
    co_return "";
  }
};

TEST_F(UploadRace, OneOfAllSortsOfCreatorsWins) {
  constexpr int kRounds = 120;
  Creators game{clients_};
  play(kRounds, game);
  // Else it was no race between the sorts.
  EXPECT_GE(std::count_if(game.wins.begin(), game.wins.end(), [](int n) { return n > 0; }), 2);
  fmt::print(
      "race: {} rounds of {} creators, one winner each: {} PutObject, {} CompleteMultipartUpload, "
      "{} CopyObject\n",
      kRounds, kRacers, game.wins[0], game.wins[1], game.wins[2]);
}

/// Some complete the one upload, the others abort it.
struct Enders {
  Prepared upload{};
  std::array<Came, kRacers> came{};
  std::array<std::string, kRacers> said{};
  std::string trouble{};
  int completed = 0;
  int aborted = 0;
  int round = 0;

  /// Two complete and the others abort, or the other way round: so that either may be first.
  bool completes(std::size_t racer) const {
    return (racer + static_cast<std::size_t>(round)) % 2 == 0;
  }
  Task<void> prepare(ObjectCalls& objects, std::string key) {
    ++round;
    came.fill(Came::nothing);
    auto made = co_await prepare_upload(objects, key, "the bytes of " + key);
    if (made)
      upload = std::move(*made);
    else
      trouble = made.error().to_string();
  }
  Task<void> play(std::size_t racer, ObjectCalls& objects, std::string key) {
    if (completes(racer)) {
      auto done = co_await objects.complete(key, upload.id, upload.parts, false);
      came[racer] = came_of(done);
      said[racer] = done ? *done : done.error().to_string();
    } else {
      const auto done = co_await objects.abort(key, upload.id);
      came[racer] = came_of(done);
      said[racer] = done ? "" : done.error().to_string();
    }
  }
  Task<std::string> judge(ObjectCalls& objects, std::string key) {
    if (!trouble.empty()) co_return trouble;
    int completes_done = 0, completers = 0, aborts_done = 0;
    std::string e_tag;
    for (std::size_t racer = 0; racer < kRacers; ++racer) {
      const bool done = came[racer] == Came::done;
      if (!done && came[racer] != Came::missing) co_return said[racer];
      if (completes(racer)) {
        ++completers;
        if (!done) continue;
        ++completes_done;
        if (!e_tag.empty() && e_tag != said[racer]) co_return "two completions, two entity tags";
        e_tag = said[racer];
      } else if (done) {
        ++aborts_done;
      }
    }
    const auto object = co_await objects.get(key);
    if (!object) co_return object.error().to_string();
    const auto left = co_await objects.uploads(key);
    if (!left || !left->empty()) co_return "the upload is still there";
    if (aborts_done == 0 && completes_done == completers) {
      ++completed;
      if (!*object || (*object)->body != "the bytes of " + key) co_return "not the upload's bytes";
      co_return "";
    }
    if (aborts_done == 1 && completes_done == 0) {
      ++aborted;
      co_return *object ? "aborted, and yet an object" : "";
    }
    co_return fmt::format("{} of {} completions and {} aborts succeeded", completes_done,
                          completers, aborts_done);
  }
};

TEST_F(UploadRace, AnUploadIsCompletedOrAborted) {
  constexpr int kRounds = 200;
  Enders game;
  play(kRounds, game);
  EXPECT_GT(game.completed, 0);
  EXPECT_GT(game.aborted, 0);
  fmt::print(
      "race: {} rounds of {} that complete or abort one upload: {} completed, by all who asked and "
      "with one answer, {} aborted\n",
      kRounds, kRacers, game.completed, game.aborted);
}

/// All put part 1, each with bytes of its own; half way through, one completes what is there.
struct SamePart {
  std::string id{};
  std::array<Came, kRacers> came{};
  std::array<std::string, kRacers> e_tags{};

  static std::string body_of(std::size_t racer, const std::string& key) {
    std::string body;
    while (body.size() < 20'000) body += fmt::format("{} by racer {}\n", key, racer);
    return body;
  }
  Task<void> prepare(ObjectCalls& objects, std::string key) {
    auto begun = co_await objects.begin(key);
    id = begun.value_or("none");
  }
  Task<void> play(std::size_t racer, ObjectCalls& objects, std::string key) {
    auto done = co_await objects.put_part(key, id, 1, body_of(racer, key));
    came[racer] = came_of(done);
    e_tags[racer] = done ? *done : done.error().to_string();
  }
  Task<std::string> judge(ObjectCalls& objects, std::string key) {
    for (std::size_t racer = 0; racer < kRacers; ++racer)
      if (came[racer] != Came::done) co_return e_tags[racer];
    auto parts = co_await objects.parts(key, id);
    if (!parts) co_return parts.error().to_string();
    if (parts->size() != 1) co_return "there is not one part";
    const auto last = std::find(e_tags.begin(), e_tags.end(), parts->front().e_tag);
    if (last == e_tags.end()) co_return "a part that nobody put";
    std::vector<ObjectCalls::Part> named = std::move(*parts);
    const auto made = co_await objects.complete(key, id, std::move(named), true);
    if (!made) co_return made.error().to_string();
    const auto object = co_await objects.get(key);
    const auto racer = static_cast<std::size_t>(last - e_tags.begin());
    if (!object || !*object || (*object)->body != body_of(racer, key))
      co_return "the object is not that part";
    co_return "";
  }
};

TEST_F(UploadRace, OfAPartPutManyTimesOneIsThere) {
  constexpr int kRounds = 60;
  SamePart game;
  play(kRounds, game);
  fmt::print("race: {} rounds of {} that put the same part: one of them whole\n", kRounds, kRacers);
}

}  // namespace
}  // namespace dyad::proof
