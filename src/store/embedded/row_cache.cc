#include "store/embedded/row_cache.h"

#include <rocksdb/cache.h>
#include <rocksdb/write_batch.h>

#include <functional>
#include <memory>

#include "base/check.h"
#include "runtime/adaptive_mutex.h"

namespace dyad::store::embedded {
namespace {

/// Larger rows are read seldom enough, and one of them would push many out.
constexpr std::size_t kMaxRowBytes = 64u << 10;
/// Of an entry, beside its key and value: handle, string, allocator.
constexpr std::size_t kEntryOverheadBytes = 160;

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

/// A row that is kept. Pinned while a handle to it is held.
struct RowCache::Entry {
  Entry(std::uint64_t now, const Row& kept) : generation(now), row(kept) {}

  Row copy() const {
    const std::lock_guard lock(mutex);
    return row;
  }
  bool there() const {
    const std::lock_guard lock(mutex);
    return row.has_value();
  }
  /// False: it has not the room, or would waste it, and nothing has changed. Of a row that is
  /// there.
  bool rewrite(std::string_view value) {
    const std::lock_guard lock(mutex);
    const std::size_t room = row->capacity();
    if (room < value.size() || room > 4 * (value.size() + kEntryOverheadBytes)) return false;
    row->assign(value);
    return true;
  }
  static void destroy(const rocksdb::Slice&, void* entry) { delete static_cast<Entry*>(entry); }

  const std::uint64_t generation;

 private:
  mutable AdaptiveMutex mutex;
  Row row;
};

/// The keys of a batch, each handed on in turn.
struct RowCache::BatchKeys final : rocksdb::WriteBatch::Handler {
  using Visit = std::function<void(std::string_view key, std::string_view value)>;

  explicit BatchKeys(Visit on_row) : visit(std::move(on_row)) {}

  rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    visit({key.data(), key.size()}, {value.data(), value.size()});
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice& key) override {
    visit({key.data(), key.size()}, {});
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteRangeCF(std::uint32_t, const rocksdb::Slice&,
                                const rocksdb::Slice&) override {
    has_ranges = true;
    return rocksdb::Status::OK();
  }

  void walk(const rocksdb::WriteBatch& batch) { DYAD_CHECK(batch.Iterate(this).ok()); }

  Visit visit;
  bool has_ranges = false;
};

RowCache::RowCache(std::size_t capacity_bytes) {
  if (capacity_bytes > 0) cache_ = rocksdb::NewLRUCache(capacity_bytes);
}
RowCache::~RowCache() = default;

std::size_t RowCache::stripe_of(std::string_view key) {
  return std::hash<std::string_view>()(key) % kStripes;
}

RowCache::Ticket RowCache::ticket(std::string_view key) const {
  Ticket ticket;
  if (cache_ == nullptr) return ticket;
  ticket.stripe = stripe_of(key);
  ticket.version = stripes_[ticket.stripe].version.load();
  ticket.generation = generation_.load();
  return ticket;
}

bool RowCache::unchanged(const Ticket& ticket) const {
  return ticket.version % 2 == 0 && stripes_[ticket.stripe].version.load() == ticket.version;
}

std::optional<RowCache::Row> RowCache::find(const Ticket& ticket, std::string_view key) const {
  if (cache_ == nullptr || ticket.version % 2 != 0) return std::nullopt;
  rocksdb::Cache::Handle* const handle = cache_->Lookup(slice(key));
  if (handle == nullptr) return std::nullopt;
  const Entry& entry = *static_cast<const Entry*>(cache_->Value(handle));
  std::optional<Row> row;
  if (entry.generation == ticket.generation) row = entry.copy();
  cache_->Release(handle);
  return row;
}

void RowCache::keep(const Ticket& ticket, std::string_view key, const Row& row) {
  if (cache_ == nullptr || ticket.version % 2 != 0) return;
  if (row && row->size() > kMaxRowBytes) return;
  Stripe& stripe = stripes_[ticket.stripe];
  const std::lock_guard lock(stripe.mutex);
  if (stripe.version.load() == ticket.version) insert(ticket.generation, key, row);
}

void RowCache::insert(std::uint64_t generation, std::string_view key, const Row& row) const {
  const std::size_t charge = key.size() + (row ? row->size() : 0) + kEntryOverheadBytes;
  auto entry = std::make_unique<Entry>(generation, row);
  // Without a handle to return, a full cache takes the row in and lets it go at once.
  DYAD_CHECK(cache_->Insert(slice(key), entry.release(), charge, Entry::destroy).ok());
}

void RowCache::begin(std::size_t index) {
  if (changing_[index]) return;
  changing_[index] = true;
  Stripe& stripe = stripes_[index];
  const std::lock_guard lock(stripe.mutex);
  stripe.version.fetch_add(1);
}

/// In its place where it fits there: what was charged for it stays right. An absent row is not
/// replaced but forgotten: most rows that are made are not read soon.
void RowCache::rewrite(std::string_view key, std::string_view value) {
  rocksdb::Cache::Handle* const handle = cache_->Lookup(slice(key));
  if (handle == nullptr) return;
  const std::uint64_t generation = generation_.load();
  Entry& entry = *static_cast<Entry*>(cache_->Value(handle));
  const bool stays = entry.generation == generation && entry.there() && !value.empty() &&
                     value.size() <= kMaxRowBytes;
  const bool fits = stays && entry.rewrite(value);
  cache_->Release(handle);
  if (fits) return;
  // First, for a cache that is full of rows being read takes no new one in and keeps the old.
  cache_->Erase(slice(key));
  if (stays) insert(generation, key, Row(value));
}

void RowCache::forget_all() {
  for (std::size_t i = 0; i < kStripes; ++i) begin(i);
  generation_.fetch_add(1);
}

RowCache::Change::Change(RowCache& cache, const rocksdb::WriteBatch& batch)
    : cache_(cache), alone_(cache.change_), batch_(batch) {
  if (cache_.cache_ == nullptr) return;
  DYAD_CHECK(cache_.changing_.none());
  BatchKeys keys([this](std::string_view key, std::string_view) { cache_.begin(stripe_of(key)); });
  keys.walk(batch_);
  if (keys.has_ranges) cache_.forget_all();
}

RowCache::Change::~Change() {
  if (cache_.cache_ == nullptr) return;
  if (done_) {
    BatchKeys keys(
        [this](std::string_view key, std::string_view value) { cache_.rewrite(key, value); });
    keys.walk(batch_);
  } else {
    cache_.forget_all();
  }
  for (std::size_t i = 0; i < kStripes; ++i) {
    if (cache_.changing_[i]) cache_.stripes_[i].version.fetch_add(1);
  }
  cache_.changing_.reset();
}

}  // namespace dyad::store::embedded
