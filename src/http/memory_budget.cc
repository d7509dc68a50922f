#include "http/memory_budget.h"

#include <algorithm>

#include "base/check.h"

namespace dyad::http {

bool MemoryBudget::take(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  while (used <= limit_bytes_ && bytes <= limit_bytes_ - used) {
    if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool LocalBudget::take(std::size_t bytes) {
  if (bytes > spare_bytes_) {
    const std::size_t missing = bytes - spare_bytes_;
    const std::size_t step = std::max(missing, kStepBytes);
    if (shared_.take(step)) {
      spare_bytes_ += step;
    } else if (step > missing && shared_.take(missing)) {
      spare_bytes_ += missing;
    } else {
      return false;
    }
  }
  spare_bytes_ -= bytes;
  return true;
}

void LocalBudget::give(std::size_t bytes) {
  spare_bytes_ += bytes;
  if (spare_bytes_ <= 2 * kStepBytes) return;
  shared_.give(spare_bytes_ - kStepBytes);
  spare_bytes_ = kStepBytes;
}

Result<> BudgetShare::add(std::size_t bytes) {
  if (!budget_.take(bytes)) return fail(ErrorCode::overloaded, "the memory for requests is taken");
  held_bytes_ += bytes;
  return {};
}

void BudgetShare::give_back(std::size_t bytes) {
  DYAD_CHECK(bytes <= held_bytes_);
  held_bytes_ -= bytes;
  budget_.give(bytes);
}

}  // namespace dyad::http
