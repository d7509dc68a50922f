#include "store/latch_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace dyad::store {

void normalise(std::vector<DeclaredKey>& declared) {
  if (declared.size() < 2) return;
  std::sort(declared.begin(), declared.end(), [](const DeclaredKey& a, const DeclaredKey& b) {
    return std::tie(a.partition, a.key) < std::tie(b.partition, b.key);
  });
  auto last = declared.begin();
  for (auto it = std::next(last); it != declared.end(); ++it) {
    if (it->partition == last->partition && it->key == last->key) {
      if (it->mode == LatchMode::exclusive) last->mode = LatchMode::exclusive;
    } else if (++last != it) {
      *last = std::move(*it);
    }
  }
  declared.erase(std::next(last), declared.end());
}

LatchTable::LatchTable() : stripes_(std::make_unique<std::array<Stripe, kStripes>>()) {}

LatchTable::~LatchTable() {
  for (Stripe& stripe : *stripes_) {
    for (Latch* latch : stripe.buckets) DYAD_CHECK(latch == nullptr);
    while (stripe.spare) delete std::exchange(stripe.spare, stripe.spare->next);
  }
}

std::uint64_t LatchTable::hash_of(PartitionId partition, std::string_view key) {
  const std::uint64_t mixed = partition.value() * 0x9E3779B97F4A7C15ull;
  return std::hash<std::string_view>{}(key) ^ (mixed ^ (mixed >> 29));
}

LatchTable::Latch*& LatchTable::bucket_of(Stripe& stripe, std::uint64_t hash) {
  return stripe.buckets[(hash >> 8) % kBuckets];
}

LatchTable::Latch& LatchTable::find_or_make(Stripe& stripe, std::uint64_t hash,
                                            const DeclaredKey& key) {
  Latch*& bucket = bucket_of(stripe, hash);
  for (Latch* latch = bucket; latch; latch = latch->next) {
    if (latch->hash == hash && latch->partition == key.partition && latch->key == key.key) {
      return *latch;
    }
  }
  Latch* made = stripe.spare;
  if (made) {
    stripe.spare = made->next;
    --stripe.spares;
  } else {
    made = new Latch;
    made->stripe = &stripe;
  }
  made->hash = hash;
  made->partition = key.partition;
  made->key = key.key;
  made->next = std::exchange(bucket, made);
  return *made;
}

void LatchTable::retire_if_free(Stripe& stripe, Latch& latch) {
  if (latch.exclusive || latch.sharers != 0 || latch.first) return;
  Latch** link = &bucket_of(stripe, latch.hash);
  while (*link != &latch) link = &(*link)->next;
  *link = latch.next;
  if (stripe.spares == kSpareLatches) {
    delete &latch;
    return;
  }
  latch.next = std::exchange(stripe.spare, &latch);
  ++stripe.spares;
}

void LatchTable::unlink(Latch& latch, Waiter& waiter) {
  (waiter.ahead ? waiter.ahead->behind : latch.first) = waiter.behind;
  (waiter.behind ? waiter.behind->ahead : latch.last) = waiter.ahead;
  waiter.ahead = waiter.behind = nullptr;
  waiter.queued = false;
  --latch.waiting;
}

LatchTable::Waiter* LatchTable::grant_next(Latch& latch) {
  Waiter* granted = nullptr;
  Waiter** tail = &granted;
  while (latch.first && latch.admits(latch.first->mode)) {
    Waiter* waiter = latch.first;
    unlink(latch, *waiter);
    latch.hold(waiter->mode);
    *tail = waiter;
    tail = &waiter->behind;
  }
  return granted;
}

void LatchTable::resume_all(Waiter* granted) {
  while (granted) {
    // The waiter lives in the coroutine's frame and may be gone once its resumption is posted.
    Waiter* next = granted->behind;
    granted->executor->post(granted->handle);
    granted = next;
  }
}

void LatchTable::release(Latch& latch, LatchMode mode) {
  Stripe& stripe = *latch.stripe;
  Waiter* granted = nullptr;
  {
    const std::lock_guard lock(stripe.mutex);
    if (mode == LatchMode::shared) {
      --latch.sharers;
    } else {
      latch.exclusive = false;
    }
    if (latch.first) granted = grant_next(latch);
    retire_if_free(stripe, latch);
  }
  resume_all(granted);
}

// Runs on the waiter's own executor, as its resumption would: whichever comes second finds the
// other done.
void LatchTable::on_deadline(TimerEntry& timer) {
  Waiter& waiter = static_cast<Waiter&>(timer);
  Stripe& stripe = *waiter.latch->stripe;
  Waiter* granted = nullptr;
  {
    const std::lock_guard lock(stripe.mutex);
    if (!waiter.queued) return;  // Granted meanwhile; the resumption is under way.
    Latch& latch = *waiter.latch;
    unlink(latch, waiter);
    waiter.outcome = Grant::deadline_exceeded;
    // An exclusive request that gives up may have kept shared ones waiting.
    granted = grant_next(latch);
    retire_if_free(stripe, latch);
  }
  resume_all(granted);
  waiter.handle.resume();
}

bool LatchTable::Set::Take::await_suspend(std::coroutine_handle<> handle) {
  const std::uint64_t hash = hash_of(key_.partition, key_.key);
  Stripe& stripe = (*set_.table_.stripes_)[hash % kStripes];
  {
    const std::lock_guard lock(stripe.mutex);
    Latch& latch = find_or_make(stripe, hash, key_);
    waiter_.latch = &latch;
    if (!latch.first && latch.admits(key_.mode)) {
      latch.hold(key_.mode);
      return false;
    }
    if (latch.waiting >= kMaxLatchWaiters) {
      waiter_.outcome = Grant::overloaded;
      return false;
    }
    waiter_.mode = key_.mode;
    waiter_.handle = handle;
    waiter_.executor = Executor::current();
    DYAD_CHECK(waiter_.executor);
    waiter_.ahead = latch.last;
    (latch.last ? latch.last->behind : latch.first) = &waiter_;
    latch.last = &waiter_;
    waiter_.queued = true;
    ++latch.waiting;
  }
  // Granted meanwhile or not: the resumption runs on this executor, so not before this call is
  // over.
  if (deadline_.steady_us != INT64_MAX) {
    waiter_.due_steady_us = deadline_.steady_us;
    waiter_.fire = &LatchTable::on_deadline;
    waiter_.executor->arm(waiter_);
  }
  return true;
}

LatchTable::Grant LatchTable::Set::Take::await_resume() {
  if (waiter_.armed) waiter_.executor->disarm(waiter_);
  if (waiter_.outcome == Grant::granted) set_.held_.push_back({waiter_.latch, key_.mode});
  return waiter_.outcome;
}

void LatchTable::Set::release() {
  for (const Hold& hold : held_) LatchTable::release(*hold.latch, hold.mode);
  held_.clear();
}

std::size_t LatchTable::held_count() const {
  std::size_t count = 0;
  for (Stripe& stripe : *stripes_) {
    const std::lock_guard lock(stripe.mutex);
    for (const Latch* latch : stripe.buckets) {
      for (; latch; latch = latch->next) ++count;
    }
  }
  return count;
}

}  // namespace dyad::store
