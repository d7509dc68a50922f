#include "store/merge_scan.h"

#include <algorithm>

#include "base/bytes.h"

namespace dyad::store {
namespace {

/// The two sources as one, in the direction of the scan; the overlay's row wins.
class MergedRows {
 public:
  MergedRows(BaseCursor& base, std::span<const OverRow> over, bool reverse)
      : base_(base), over_(over), reverse_(reverse) {}

  /// Forward: to the first row at or after `place`. Reverse: to the last before it.
  void seek(std::string_view place) {
    const auto at =
        std::lower_bound(over_.begin(), over_.end(), place,
                         [](const OverRow& row, std::string_view k) { return row.key < k; });
    at_ = at - over_.begin();
    if (reverse_) {
      --at_;
      base_.seek_before(place);
    } else {
      base_.seek(place);
    }
    choose();
  }

  bool valid() const { return from_base_ || from_over_; }
  Result<> status() const { return base_.valid() ? Result<>() : base_.status(); }
  std::string_view key() const { return from_over_ ? over_[at_].key : base_.key(); }
  /// In the base, an empty value stands for a row erased and not yet cleared away.
  bool erased() const { return from_over_ ? !over_[at_].value : base_.value().empty(); }
  std::string_view value() const { return from_over_ ? *over_[at_].value : base_.value(); }

  void advance() {
    if (from_base_) {
      if (reverse_) {
        base_.previous();
      } else {
        base_.next();
      }
    }
    if (from_over_) at_ += reverse_ ? -1 : 1;
    choose();
  }

 private:
  void choose() {
    from_over_ = at_ >= 0 && at_ < static_cast<std::ptrdiff_t>(over_.size());
    from_base_ = base_.valid();
    if (!from_over_ || !from_base_) return;
    const int order = over_[at_].key.compare(base_.key()) * (reverse_ ? -1 : 1);
    from_over_ = order <= 0;
    from_base_ = order >= 0;  // Both at the same key: both move on.
  }

  BaseCursor& base_;
  std::span<const OverRow> over_;
  const bool reverse_;
  std::ptrdiff_t at_ = 0;
  bool from_base_ = false;
  bool from_over_ = false;
};

class Scan {
 public:
  Scan(const PartitionEntry& partition, const ScanRange& range, const ScanLimits& limits,
       BaseCursor& base, std::span<const OverRow> over)
      : partition_(partition),
        range_(range),
        limits_(limits),
        bounds_(physical_range(partition, range)),
        rows_(base, over, range.reverse) {}

  Result<ScanPage> run() {
    if (bounds_.from >= bounds_.to) return std::move(page_);
    place_ = range_.reverse ? bounds_.to : bounds_.from;
    rows_.seek(place_);
    for (std::uint32_t steps = 0;; ++steps) {
      if (!rows_.valid()) {
        DYAD_TRY(rows_.status());
        return std::move(page_);
      }
      DYAD_TRY(rows_.status());
      const std::string_view physical = rows_.key();
      if (range_.reverse ? physical < bounds_.from : physical >= bounds_.to)
        return std::move(page_);
      if (steps > 0 && steps >= limits_.steps) {
        go_on_from(std::string_view(place_).substr(kRootBytes));
        return std::move(page_);
      }
      const std::string_view key = physical.substr(kRootBytes);
      if (partition_.bounded() && !partition_.holds(key)) {
        if (!jump(key)) return std::move(page_);
        continue;
      }
      if (!rows_.erased()) {
        if (full(key)) {
          go_on_from(range_.reverse ? std::string(key) + '\0' : std::string(key));
          return std::move(page_);
        }
        page_.add(key, rows_.value());
      }
      place_.assign(physical);
      if (!range_.reverse) place_.push_back('\0');
      rows_.advance();
    }
  }

 private:
  bool full(std::string_view key) const {
    if (page_.empty()) return false;
    return page_.size() >= limits_.rows ||
           page_.bytes() + key.size() + rows_.value().size() > limits_.bytes;
  }

  /// Over the rows of sibling partitions under the same root, to where this one's go on. False:
  /// nowhere.
  bool jump(std::string_view key) {
    const auto kind = static_cast<std::uint8_t>(key[0]);
    const bool below = key.substr(1) < partition_.lower;
    std::string to;
    if (!range_.reverse) {
      if (!below && kind == 0xff) return false;
      to = static_cast<char>(below ? kind : kind + 1) + partition_.lower;
    } else {
      to = std::string(1, key[0]) + (below ? std::string() : partition_.upper);
    }
    place_ = physical_key(partition_.root, to);
    rows_.seek(place_);
    return true;
  }

  void go_on_from(std::string_view key) {
    ScanRange rest = range_;
    (range_.reverse ? rest.end : rest.begin) = key;
    page_.next = std::move(rest);
  }

  const PartitionEntry& partition_;
  const ScanRange& range_;
  const ScanLimits& limits_;
  const PhysicalRange bounds_;
  MergedRows rows_;
  ScanPage page_;
  /// Everything on the near side of it has been dealt with. Physical; never just the root: a first
  /// step is always taken.
  std::string place_;
};

}  // namespace

PhysicalRange physical_range(const PartitionEntry& partition, const ScanRange& range) {
  return {physical_key(partition.root, range.begin), range.end.empty()
                                                         ? physical_end(partition.root)
                                                         : physical_key(partition.root, range.end)};
}

std::vector<OverRow> lay_over(std::span<const OverRow> newer, std::span<const OverRow> older) {
  std::vector<OverRow> merged;
  merged.reserve(newer.size() + older.size());
  auto n = newer.begin();
  auto o = older.begin();
  while (n != newer.end() || o != older.end()) {
    if (o == older.end() || (n != newer.end() && n->key <= o->key)) {
      if (o != older.end() && o->key == n->key) ++o;
      merged.push_back(*n++);
    } else {
      merged.push_back(*o++);
    }
  }
  return merged;
}

Result<ScanPage> merge_scan(const PartitionEntry& partition, const ScanRange& range,
                            const ScanLimits& limits, BaseCursor& base,
                            std::span<const OverRow> over) {
  return Scan(partition, range, limits, base, over).run();
}

}  // namespace dyad::store
