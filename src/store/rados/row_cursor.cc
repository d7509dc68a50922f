#include "store/rados/row_cursor.h"

#include <algorithm>
#include <functional>

namespace dyad::store::rados {
namespace {

/// Rows asked for at once: few at first, for a page may be short and a value as large as 8 MiB;
/// more as long as they are small.
constexpr std::size_t kFirstRows = 32;
constexpr std::size_t kMostRows = 512;
constexpr std::size_t kSmallBatchBytes = 512u << 10;
constexpr std::uint64_t kKeysAtOnce = 512;

bool is_row(const std::string& key) {
  return !key.empty() && key.front() == static_cast<char>(HomeKey::row);
}

}  // namespace

void KeySamples::add(std::string key) {
  const std::lock_guard lock(mutex_);
  keys_.insert(std::move(key));
}

void KeySamples::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  keys_.erase(key);
}

std::optional<std::string> KeySamples::before(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto at = keys_.lower_bound(key);
  if (at == keys_.begin()) return std::nullopt;
  return *std::prev(at);
}

void RowCursor::go_to(HomeId home) {
  rows_.clear();
  at_ = 0;
  more_ = false;
  batch_ = kFirstRows;
  status_ = {};
  if (samples_ != nullptr && home == home_) return;
  home_ = home;
  object_ = layout_.home(home);
  samples_ = &samples_of_(home);
}

void RowCursor::seek(std::string_view key) {
  go_to(home_of(key));
  fill_from(row_key(key), true);
}

void RowCursor::seek_before(std::string_view key) {
  // A root alone is the end of the rows of the one before it.
  const bool end = key.size() == kRootBytes;
  go_to(home_of(key) - (end ? 1 : 0));
  fill_before(row_key(key));
}

void RowCursor::next() {
  if (++at_ < rows_.size() || !more_) return;
  const std::string last = rows_.back().first;
  fill_from(last, false);
}

void RowCursor::previous() {
  if (at_ > 0) {
    --at_;
    return;
  }
  fill_before(rows_.front().first);
}

void RowCursor::fill_from(const std::string& from, bool with_it) {
  std::map<std::string, librados::bufferlist> first;
  std::map<std::string, librados::bufferlist> found;
  int first_code = 0;
  int code = 0;
  bool more = false;
  librados::ObjectReadOperation operation;
  if (with_it) operation.omap_get_vals_by_keys({from}, &first, &first_code);
  operation.omap_get_vals2(from, batch_, &found, &more, &code);
  status_ = cluster_.read(object_, std::move(operation));
  if (!status_ && status_.error().code == ErrorCode::not_found) status_ = {};
  rows_.clear();
  at_ = 0;
  more_ = more;
  if (!status_) return;
  std::size_t bytes = 0;
  found.merge(first);
  for (auto& [key, value] : found) {
    if (!is_row(key)) {
      more_ = false;
      break;
    }
    rows_.emplace_back(key, value.to_str());
    bytes += key.size() + rows_.back().second.size();
  }
  if (bytes < kSmallBatchBytes) batch_ = std::min(batch_ * 4, kMostRows);
}

// A key may have gone since it was sampled, and all behind it: then from the sample before that.
void RowCursor::fill_before(std::string key) {
  const std::string none = home_key(HomeKey::row);
  more_ = true;  // What it was sought before, for one, may be there.
  while (true) {
    const std::optional<std::string> sample = samples_->before(key);
    Result<std::vector<std::string>> keys = keys_between(sample.value_or(none), key);
    rows_.clear();
    at_ = 0;
    if (!keys) {
      status_ = fail(keys.error());
      return;
    }
    const std::size_t taken = std::min(keys->size(), KeySamples::kKeysASample);
    std::set<std::string> wanted(keys->end() - static_cast<std::ptrdiff_t>(taken), keys->end());
    const bool with_sample = sample && taken == keys->size();
    if (with_sample) wanted.insert(*sample);
    status_ = read_rows(std::move(wanted));
    if (!status_) return;
    if (!rows_.empty()) {
      at_ = rows_.size() - 1;
      return;
    }
    if (!sample) return;
    samples_->forget(*sample);
  }
}

/// The last keys in (low, high), more than a sample's worth of them only if they are taken note of.
Result<std::vector<std::string>> RowCursor::keys_between(std::string low, const std::string& high) {
  std::vector<std::string> kept;
  while (true) {
    std::set<std::string> keys;
    int code = 0;
    bool more = false;
    librados::ObjectReadOperation operation;
    operation.omap_get_keys2(low, kKeysAtOnce, &keys, &more, &code);
    const Result<> read = cluster_.read(object_, std::move(operation));
    if (!read && read.error().code == ErrorCode::not_found) return kept;
    DYAD_TRY(read);
    std::size_t n = 0;
    for (const std::string& key : keys) {
      if (key >= high || !is_row(key)) return kept;
      if (kept.size() >= 2 * KeySamples::kKeysASample) {
        kept.erase(kept.begin(), kept.begin() + KeySamples::kKeysASample);
      }
      if (++n % KeySamples::kKeysASample == 0) samples_->add(key);
      kept.push_back(key);
    }
    if (!more || keys.empty()) return kept;
    low = *keys.rbegin();
  }
}

Result<> RowCursor::read_rows(std::set<std::string> keys) {
  if (keys.empty()) return {};
  std::map<std::string, librados::bufferlist> found;
  int code = 0;
  librados::ObjectReadOperation operation;
  operation.omap_get_vals_by_keys(keys, &found, &code);
  const Result<> read = cluster_.read(object_, std::move(operation));
  if (!read && read.error().code == ErrorCode::not_found) return {};
  DYAD_TRY(read);
  for (auto& [key, value] : found) rows_.emplace_back(key, value.to_str());
  return {};
}

}  // namespace dyad::store::rados
