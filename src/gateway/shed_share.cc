#include "gateway/shed_share.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

double ShedShare::error_of(double waits, double stand_in_it) {
  return std::clamp(std::log2(std::min(waits, stand_in_it)), kLeastError, kMaxError);
}

void ShedShare::begin(double error, std::int64_t now_us) {
  adjusted_us_ = now_us - kMaxStepUs;
  adjust(error, now_us);
}

void ShedShare::adjust(double error, std::int64_t now_us) {
  const std::int64_t step_us = std::min(now_us - adjusted_us_, kMaxStepUs);
  adjusted_us_ = now_us;
  const double taken = 1 - integral_;
  integral_ += taken * kIntegral * error * static_cast<double>(step_us) / 1e6;
  integral_ = std::clamp(integral_, 0.0, kMaxShare);
  if (!shedding()) return relax();
  share_ = std::clamp(integral_ + taken * kProportional * error, 0.0, kMaxShare);
}

void ShedShare::forget(std::int64_t now_us) {
  if (shedding() && now_us - adjusted_us_ > kForgetUs) relax();
}

void ShedShare::relax() {
  integral_ = 0;
  share_ = 0;
  owed_ = 0;
}

bool ShedShare::refuses(bool known) {
  if (!shedding()) return false;
  if (!known) return true;
  // As evenly as the share allows, without chance.
  owed_ += share_;
  if (owed_ < 1) return false;
  owed_ -= 1;
  return true;
}

}  // namespace dyad::gateway
