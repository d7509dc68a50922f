#include "gateway/admission.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dyad::gateway {
namespace {

/// The controller's gains: of the share that is still taken, per relative error, at once and per
/// second. Relative to that share, because n times the load answers n times as strongly to a change
/// of the share refused, and leaves an nth to be taken. The measurement is late by the wait itself;
/// with these gains the loop is damped (admission_test holds it against a model of the line).
constexpr double kProportional = 0.4;
constexpr double kIntegral = 1.5;
/// A wait may be any number of times the limit, or any part of it; the answer to it is bounded. A
/// line that is as good as empty, while requests are refused, is worse than one that is too long.
constexpr double kMaxError = 2;
constexpr double kLeastError = -3;
/// Steps of longer than this are taken as that long.
constexpr std::int64_t kMaxStepUs = 100'000;

/// How far a line is from its limits, in powers of two: it is too long if both are passed.
double error_of(double waits, double stand_in_it) {
  return std::clamp(std::log2(std::min(waits, stand_in_it)), kLeastError, kMaxError);
}

}  // namespace

Admission::Admission(std::int64_t max_wait_us, std::function<void()> send_probe)
    : max_wait_us_(max_wait_us), send_probe_(std::move(send_probe)) {}

void Admission::look(std::int64_t now_us) {
  looked_us_ = now_us;
  if (max_wait_us_ == 0) return;
  if (!probe_under_way_) return probe(now_us);
  // It has waited so long at least. Of a line that grows fast, what has come through tells the
  // past.
  const std::int64_t waited_us = now_us - probed_us_;
  if (waited_us > max_wait_us_) (void)measured(waited_us, now_us);
}

void Admission::probe(std::int64_t now_us) {
  if (shedding() && now_us - adjusted_us_ > kForgetUs) relax();
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
  const bool begins = !shedding() && late && stands(waited_us, now_us);
  if (begins) adjusted_us_ = now_us - kMaxStepUs;
  if (shedding() || begins) adjust(error_of(waits, stand_in_it), now_us);
  return late;
}

/// Of a late one. One late probe may have been sent in the middle of a burst. The next one is sent
/// as soon as that has come: if it is late, too, the line was long after all of the burst had
/// passed.
bool Admission::stands(std::int64_t waited_us, std::int64_t now_us) const {
  if (waited_us >= kBurstUs && came_ - came_before_probe_ >= kBurstRequests) return true;
  return last_was_late_ && now_us - late_since_us_ >= kStandingUs;
}

void Admission::adjust(double error, std::int64_t now_us) {
  const std::int64_t step_us = std::min(now_us - adjusted_us_, kMaxStepUs);
  adjusted_us_ = now_us;
  const double taken = 1 - integral_;
  integral_ += taken * kIntegral * error * static_cast<double>(step_us) / 1e6;
  integral_ = std::clamp(integral_, 0.0, kMaxShare);
  if (!shedding()) return relax();
  share_ = std::clamp(integral_ + taken * kProportional * error, 0.0, kMaxShare);
}

void Admission::relax() {
  integral_ = 0;
  share_ = 0;
  owed_ = 0;
}

bool Admission::refuses(bool known) {
  if (!shedding()) return false;
  if (known) {
    // As evenly as the share allows, without chance.
    owed_ += share_;
    if (owed_ < 1) return false;
    owed_ -= 1;
  }
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
