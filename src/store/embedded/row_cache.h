#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace rocksdb {
class Cache;
class WriteBatch;
}  // namespace rocksdb

namespace dyad::store::embedded {

/// Rows that were read lately, whole: a row of memory's tables costs some twenty cache misses of
/// the processor to find, one of these two. Absent rows are kept, too.
///
/// A row from here is never older than what RocksDB would have answered to the same caller. Keys
/// fall into stripes; a stripe's version is odd while a batch that writes one of its keys is under
/// way, and then nothing is answered from it. Reads note the version first (ticket()), and what
/// they found is kept only if it is still the same.
///
/// Thread-safe. Changes wait for each other.
class RowCache {
 public:
  /// Room for about so many bytes of keys and values; 0: keeps nothing.
  explicit RowCache(std::size_t capacity_bytes);
  ~RowCache();
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  class Ticket {
    friend class RowCache;
    std::size_t stripe = 0;
    std::uint64_t version = 1;
    std::uint64_t generation = 0;
  };
  /// Taken before the row is read.
  Ticket ticket(std::string_view key) const;
  /// Has no batch touched the stripe since? Of several rows found here, whose tickets were all
  /// taken before the first was looked up, this tells whether they are rows of one moment.
  bool unchanged(const Ticket& ticket) const;

  using Row = std::optional<std::string>;  ///< None: there is no such row.
  /// None: not known here.
  std::optional<Row> find(const Ticket& ticket, std::string_view key) const;
  /// `row` was read after the ticket was taken.
  void keep(const Ticket& ticket, std::string_view key, const Row& row);

  /// While RocksDB takes a batch in. Its rows are not answered from here between construction and
  /// destruction. After done(), those that were here hold what the batch wrote; without it, when
  /// the batch may have failed, all is forgotten.
  class Change {
   public:
    Change(RowCache& cache, const rocksdb::WriteBatch& batch);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    void done() { done_ = true; }

   private:
    RowCache& cache_;
    const std::lock_guard<std::mutex> alone_;
    const rocksdb::WriteBatch& batch_;
    bool done_ = false;
  };

 private:
  static constexpr std::size_t kStripes = 256;
  struct alignas(64) Stripe {
    std::mutex mutex;  ///< Held while something is kept, and while the version becomes odd.
    std::atomic<std::uint64_t> version = 0;
  };
  struct Entry;
  struct BatchKeys;

  static std::size_t stripe_of(std::string_view key);
  void begin(std::size_t stripe);
  void insert(std::uint64_t generation, std::string_view key, const Row& row) const;
  void rewrite(std::string_view key, std::string_view value);
  void forget_all();

  std::shared_ptr<rocksdb::Cache> cache_;  ///< Null: keeps nothing.
  std::array<Stripe, kStripes> stripes_;
  /// Each entry names one; a new one makes all that is there unanswered.
  std::atomic<std::uint64_t> generation_ = 0;
  std::mutex change_;  ///< Held for a Change's life.
  std::bitset<kStripes> changing_;
};

}  // namespace dyad::store::embedded
