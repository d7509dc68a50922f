#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/backend.h"
#include "store/rados/cluster.h"
#include "store/rados/home_layout.h"

namespace dyad::store::rados {

/// Ordered keys of RADOS can be walked forwards only. A walk backwards needs a place before its
/// goal that is near: some keys of each home, about one of kKeysASample. Thread-safe.
class KeySamples {
 public:
  static constexpr std::size_t kKeysASample = 64;

  void add(std::string key);
  void forget(const std::string& key);
  /// The last sample before `key`.
  std::optional<std::string> before(const std::string& key) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> keys_;
};

/// Walks the rows of one home. Blocks. Whoever uses it sees to it that nothing is written
/// meanwhile.
class RowCursor final : public BaseCursor {
 public:
  /// Gives the samples of a home.
  using Samples = std::function<KeySamples&(HomeId)>;
  RowCursor(Cluster& cluster, const Layout& layout, Samples samples)
      : cluster_(cluster), layout_(layout), samples_of_(std::move(samples)) {}

  void seek(std::string_view key) override;
  void seek_before(std::string_view key) override;
  void next() override;
  void previous() override;
  bool valid() const override { return status_.has_value() && at_ < rows_.size(); }
  std::string_view key() const override { return std::string_view(rows_[at_].first).substr(1); }
  std::string_view value() const override { return rows_[at_].second; }
  Result<> status() const override { return status_; }

 private:
  using Rows = std::vector<std::pair<std::string, std::string>>;

  void go_to(HomeId home);
  /// The rows at or after `from`; `with_it` false: after it.
  void fill_from(const std::string& from, bool with_it);
  /// Rows before `key`, up to its neighbour; none: there are none.
  void fill_before(std::string key);
  Result<std::vector<std::string>> keys_between(std::string low, const std::string& high);
  Result<> read_rows(std::set<std::string> keys);

  Cluster& cluster_;
  const Layout& layout_;
  const Samples samples_of_;
  HomeId home_ = 0;
  std::string object_;
  KeySamples* samples_ = nullptr;
  Result<> status_;
  Rows rows_;  ///< A stretch without gaps.
  std::size_t at_ = 0;
  bool more_ = false;  ///< Behind the stretch, perhaps.
  std::size_t batch_ = 0;
};

}  // namespace dyad::store::rados
