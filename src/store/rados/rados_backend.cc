#include "store/rados/rados_backend.h"

#include <set>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/partition_codec.h"

// Reads, logs and the end; rados_commit.cc has the writes.

namespace dyad::store::rados {

/// A moment: no commit shows from when it was taken to the end of the walk, or the one under way
/// does so before the walk begins.
class RadosBackend::Snapshot final : public BaseSnapshot {
 public:
  explicit Snapshot(RadosBackend& backend) : backend_(backend), turn_(backend.gate_) {}

  Task<Result<ScanPage>> walk(const Walk& walk) override {
    co_await turn_.ready();
    const auto work = [&]() -> Result<ScanPage> {
      const auto samples = [&](HomeId id) -> KeySamples& {
        home_ = backend_.home(id);
        return home_->samples;
      };
      RowCursor cursor(*backend_.cluster_, *backend_.layout_, samples);
      return walk(cursor);
    };
    co_return co_await backend_.runtime_.workers().run(work);
  }

 private:
  RadosBackend& backend_;
  CommitGate::Walk turn_;
  std::shared_ptr<Home> home_;
};

RadosBackend::RadosBackend(Runtime& runtime, const RadosOptions& options, Opened opened)
    : runtime_(runtime),
      options_(options),
      cluster_(std::move(opened.cluster)),
      layout_(std::move(opened.layout)),
      ownership_(std::move(opened.ownership)),
      homes_(std::move(opened.homes)),
      records_(std::move(opened.records)) {
  for (const auto& [id, record] : records_) roots_[id] = record.root.value();
  roots_[kCatalogPartition] = kCatalogPartition.value();
}

std::shared_ptr<Home> RadosBackend::home(HomeId id) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Home>& home = homes_[id];
  if (!home) home = std::make_shared<Home>(id, *layout_);
  return home;
}

std::shared_ptr<Home> RadosBackend::home_of_partition(PartitionId partition, HomeId& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto root = roots_.find(partition);
    if (root == roots_.end()) return nullptr;
    id = root->second;
  }
  return home(id);
}

Task<Result<std::optional<std::string>>> RadosBackend::read(std::string_view physical) {
  const std::string key(physical);
  DYAD_CO_TRY_ASSIGN(auto values, co_await read_all(std::span<const std::string>(&key, 1)));
  co_return std::move(values.front());
}

Task<Result<std::vector<std::optional<std::string>>>> RadosBackend::read_all(
    std::span<const std::string> physical) {
  std::vector<std::optional<std::string>> values(physical.size());
  if (physical.empty()) co_return std::move(values);
  std::set<std::string> keys;
  for (const std::string& key : physical) {
    // They are one partition's, so one operation reads them, all at one moment.
    DYAD_CHECK(home_of(key) == home_of(physical.front()));
    keys.insert(row_key(key));
  }
  std::map<std::string, librados::bufferlist> found;
  int code = 0;
  librados::ObjectReadOperation operation;
  operation.omap_get_vals_by_keys(keys, &found, &code);
  co_await gate_.readable();
  std::string object = layout_->home(home_of(physical.front()));
  const Result<> read = co_await cluster_->read_later(std::move(object), std::move(operation));
  // A home that is gone holds nothing: its partition was dropped, which the caller looks at again.
  if (!read && read.error().code != ErrorCode::not_found) co_return fail(read.error());
  for (std::size_t i = 0; i < physical.size(); ++i) {
    const auto value = found.find(row_key(physical[i]));
    if (value != found.end()) values[i] = value->second.to_str();
  }
  co_return std::move(values);
}

std::unique_ptr<BaseSnapshot> RadosBackend::snapshot() {
  return std::make_unique<Snapshot>(*this);
}

// A full cluster makes clients wait or refuses them; it keeps no reserve that could be asked after.
Result<> RadosBackend::admit(std::size_t, bool) {
  return {};
}

Task<Result<LogEntries>> RadosBackend::read_log(PartitionId partition, Timestamp after,
                                                Timestamp upto, const LogLimits& limits) {
  HomeId id = 0;
  const std::shared_ptr<Home> home = home_of_partition(partition, id);
  if (!home) co_return LogEntries();
  co_return co_await home->log.read(*cluster_, partition, after, upto, limits);
}

Task<Result<>> RadosBackend::trim_log(PartitionId partition, Timestamp upto) {
  HomeId id = 0;
  const std::shared_ptr<Home> home = home_of_partition(partition, id);
  if (!home) co_return Result<>();
  const std::vector<std::uint64_t> needless = home->log.trim(partition, upto);
  std::map<std::string, librados::bufferlist> mark;
  mark.emplace(home_key(HomeKey::trimmed, partition.value()), buffer_of(encode_timestamp(upto)));
  std::set<std::string> gone;
  for (const std::uint64_t number : needless) gone.insert(home_key(HomeKey::segment, number));
  librados::ObjectWriteOperation operation = guarded();
  operation.omap_set(mark);
  if (!gone.empty()) operation.omap_rm_keys(gone);
  std::string object = layout_->home(id);
  DYAD_CO_TRY(co_await cluster_->write_later(std::move(object), std::move(operation)));
  for (const std::uint64_t number : needless) {
    librados::ObjectWriteOperation removal;
    removal.remove();
    std::string segment = layout_->segment(id, number);
    const Result<> removed = co_await cluster_->write_later(std::move(segment), std::move(removal));
    if (!removed && removed.error().code != ErrorCode::not_found) co_return removed;
  }
  co_return Result<>();
}

Task<Result<>> RadosBackend::close(Timestamp ceiling) {
  Counters counters;
  counters.ceiling = ceiling;
  std::map<std::string, librados::bufferlist> last;
  last.emplace(home_key(HomeKey::upto, 0), buffer_of(encode_counters(counters)));
  librados::ObjectWriteOperation operation = guarded();
  operation.omap_set(last);
  std::string object = layout_->home(kCatalogPartition.value());
  const Result<> written = co_await cluster_->write_later(std::move(object), std::move(operation));
  if (!written) co_return written;
  const auto release = [this] { return ownership_->release(); };
  co_return co_await runtime_.workers().run(release);
}

void RadosBackend::reclaim(const PartitionRecord& dropped) {
  const Result<> cleared = clear_away(dropped);
  if (cleared) return;
  // The record of the drop stays, and the next owner clears it away.
  log::warning("a dropped partition is left behind", "partition={} error={}", dropped.id.value(),
               cleared.error().to_string());
}

Result<> RadosBackend::clear_away(const PartitionRecord& dropped) {
  const HomeId id = dropped.root.value();
  const std::shared_ptr<Home> home = this->home(id);
  DYAD_TRY_ASSIGN(const bool home_gone,
                  clear_partition(*cluster_, *layout_, dropped, records_, home->log.segments()));
  const std::vector<std::uint64_t> needless = home->log.trim(dropped.id, Timestamp(UINT64_MAX));
  if (!home_gone) DYAD_TRY(remove_segments(id, needless));
  librados::ObjectWriteOperation forget = guarded();
  forget.omap_rm_keys(keys_of_cleared(dropped, home_gone));
  DYAD_TRY(cluster_->write(layout_->home(kCatalogPartition.value()), std::move(forget)));
  const std::lock_guard lock(mutex_);
  roots_.erase(dropped.id);
  if (home_gone) homes_.erase(id);
  return {};
}

Result<> RadosBackend::remove_segments(HomeId id, const std::vector<std::uint64_t>& numbers) {
  if (numbers.empty()) return {};
  std::set<std::string> keys;
  for (const std::uint64_t number : numbers) keys.insert(home_key(HomeKey::segment, number));
  librados::ObjectWriteOperation forget = guarded();
  forget.omap_rm_keys(keys);
  DYAD_TRY(cluster_->write(layout_->home(id), std::move(forget)));
  for (const std::uint64_t number : numbers) {
    const Result<> removed = cluster_->remove(layout_->segment(id, number));
    if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  }
  return {};
}

}  // namespace dyad::store::rados
