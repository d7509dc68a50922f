#include "gateway/admission.h"

#include <algorithm>
#include <utility>

namespace dyad::gateway {

Admission::Admission(std::int64_t max_wait_us, std::function<void()> send_probe,
                     LookAtWrites look_at_writes)
    : max_wait_us_(max_wait_us),
      send_probe_(std::move(send_probe)),
      look_at_writes_(std::move(look_at_writes)) {}

void Admission::look(std::int64_t now_us) {
  const std::int64_t silent_us = now_us - std::exchange(looked_us_, now_us);
  if (max_wait_us_ == 0) return;
  if (look_at_writes_) look_at_writes(silent_us, now_us);
  if (!probe_under_way_) return probe(now_us);
  // It has waited so long at least. Of a line that grows fast, what has come through tells the
  // past.
  const std::int64_t waited_us = now_us - probed_us_;
  if (waited_us > max_wait_us_) (void)measured(waited_us, now_us);
}

/// `silent_us`: since the last look.
void Admission::look_at_writes(std::int64_t silent_us, std::int64_t now_us) {
  writes_.forget(now_us);
  if (silent_us > ShedShare::kForgetUs) writes_are_late_ = false;
  const WriteLine line = look_at_writes_(now_us);
  writes_wait_us_.store(line.waited_us, std::memory_order_relaxed);
  const double waits = static_cast<double>(line.waited_us) / static_cast<double>(max_wait_us_);
  const double stand_in_it = static_cast<double>(line.writes) / static_cast<double>(kLeastWaiting);
  const bool late = waits > 1 && stand_in_it >= 1;
  if (late && !writes_are_late_) writes_late_since_us_ = now_us;
  writes_are_late_ = late;
  const double error = ShedShare::error_of(waits, stand_in_it);
  if (writes_.shedding())
    writes_.adjust(error, now_us);
  else if (late && now_us - writes_late_since_us_ >= kWritesStandingUs)
    writes_.begin(error, now_us);
}

void Admission::probe(std::int64_t now_us) {
  all_.forget(now_us);
  probe_under_way_ = true;
  probed_us_ = now_us;
  came_before_probe_ = came_;
  send_probe_();
}

void Admission::probe_came(std::int64_t sent_us, std::int64_t now_us) {
  probe_under_way_ = false;
  const bool late = measured(now_us - sent_us, now_us);
  if (late && !last_was_late_) late_since_us_ = sent_us;
  last_was_late_ = late;
  if (late) probe(now_us);
}

/// Whether it is late.
bool Admission::measured(std::int64_t waited_us, std::int64_t now_us) {
  wait_us_.store(waited_us, std::memory_order_relaxed);
  const double waits = static_cast<double>(waited_us) / static_cast<double>(max_wait_us_);
  const double stand_in_it =
      static_cast<double>(came_ - came_before_probe_) / static_cast<double>(kLeastWaiting);
  const bool late = waits > 1 && stand_in_it >= 1;
  const double error = ShedShare::error_of(waits, stand_in_it);
  if (all_.shedding())
    all_.adjust(error, now_us);
  else if (late && stands(waited_us, now_us))
    all_.begin(error, now_us);
  return late;
}

/// Of a late one. One late probe may have been sent in the middle of a burst. The next one is sent
/// as soon as that has come: if it is late, too, the line was long after all of the burst had
/// passed.
bool Admission::stands(std::int64_t waited_us, std::int64_t now_us) const {
  if (waited_us >= kBurstUs && came_ - came_before_probe_ >= kBurstRequests) return true;
  return last_was_late_ && now_us - late_since_us_ >= kStandingUs;
}

bool Admission::refuses(bool known, bool writes) {
  if (!all_.refuses(known) && !(writes && writes_.refuses(known))) return false;
  refused_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::int64_t Admission::pause_us(std::int64_t now_us) {
  constexpr std::int64_t kStepUs = 1'000'000 / kRefusalsPerS;
  const std::int64_t at_us = std::clamp(next_refusal_us_, now_us, now_us + kLongestPauseUs);
  next_refusal_us_ = at_us + kStepUs;
  return at_us - now_us;
}

}  // namespace dyad::gateway
