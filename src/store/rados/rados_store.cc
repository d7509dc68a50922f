#include "store/rados/rados_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/local_store.h"
#include "store/partition_codec.h"
#include "store/rados/rados_backend.h"

// Taking a store over from its former owner: what it had decided is carried out, what it had not is
// forgotten.

namespace dyad::store {
namespace rados {
namespace {

constexpr HomeId kCatalogHome = kCatalogPartition.value();
constexpr std::uint64_t kKeysAtOnce = 256;
/// Intents are as large as an operation may be.
constexpr std::uint64_t kIntentsAtOnce = 1;

struct OpenedStore {
  std::unique_ptr<RadosBackend> backend;
  Recovered recovered;
};

Error damaged(const std::string& object, std::string_view key) {
  return Error(ErrorCode::corruption, object + ": the value of a key of kind '" +
                                          std::string(key.substr(0, 1)) + "' is damaged");
}

class Recovery {
 public:
  Recovery(RadosBackend::Opened& opened, Recovered& recovered)
      : opened_(opened),
        cluster_(*opened.cluster),
        layout_(*opened.layout),
        recovered_(recovered) {}

  Result<> run() {
    std::set<HomeId> homes{kCatalogHome};
    DYAD_TRY(each(kCatalogHome, HomeKey::home, kKeysAtOnce,
                  [&](const std::string& key, const std::string&) -> Result<> {
                    homes.insert(id_in(key).value_or(kCatalogHome));
                    return {};
                  }));
    DYAD_TRY(claim(homes));
    DYAD_TRY(each(kCatalogHome, HomeKey::commit, kKeysAtOnce,
                  [&](const std::string& key, const std::string&) -> Result<> {
                    decided_.insert(id_in(key).value_or(0));
                    return {};
                  }));
    for (const HomeId home : homes) DYAD_TRY(settle_intents(home));
    DYAD_TRY(forget_commits());
    DYAD_TRY(read_partitions());
    for (const HomeId home : homes) DYAD_TRY(read_home(home));
    return clear_dropped();
  }

 private:
  using Visit = std::function<Result<>(const std::string& key, const std::string& value)>;

  Result<> each(HomeId home, HomeKey kind, std::uint64_t at_once, const Visit& visit) {
    std::string after;
    while (true) {
      std::map<std::string, librados::bufferlist> found;
      int code = 0;
      bool more = false;
      librados::ObjectReadOperation operation;
      operation.omap_get_vals2(after, home_key(kind), at_once, &found, &more, &code);
      DYAD_TRY(cluster_.read(layout_.home(home), std::move(operation)));
      for (const auto& [key, value] : found) DYAD_TRY(visit(key, value.to_str()));
      if (found.empty() || !more) return {};
      after = found.rbegin()->first;
    }
  }

  /// A home that is gone was being cleared away with the last partition that lived in it.
  Result<> claim(std::set<HomeId>& homes) {
    for (auto home = homes.begin(); home != homes.end();) {
      Result<> claimed;
      if (*home != kCatalogHome) claimed = opened_.ownership->claim(layout_.home(*home));
      if (!claimed && claimed.error().code != ErrorCode::not_found) return claimed;
      home = claimed ? std::next(home) : homes.erase(home);
    }
    return {};
  }

  librados::ObjectWriteOperation guarded() const { return opened_.ownership->guarded(); }

  Result<> settle_intents(HomeId home) {
    return each(home, HomeKey::intent, kIntentsAtOnce,
                [&](const std::string& key, const std::string& value) -> Result<> {
                  librados::ObjectWriteOperation operation = guarded();
                  const std::uint64_t commit = id_in(key).value_or(0);
                  if (decided_.contains(commit)) {
                    const std::optional<HomeWrite> write = HomeWrite::decode(value);
                    if (!write) return fail(damaged(layout_.home(home), key));
                    write->add_to(operation);
                  }
                  operation.omap_rm_keys({key});
                  return cluster_.write(layout_.home(home), std::move(operation));
                });
  }

  Result<> forget_commits() {
    if (decided_.empty()) return {};
    std::set<std::string> keys;
    for (const std::uint64_t commit : decided_) keys.insert(home_key(HomeKey::commit, commit));
    librados::ObjectWriteOperation operation = guarded();
    operation.omap_rm_keys(keys);
    return cluster_.write(layout_.home(kCatalogHome), std::move(operation));
  }

  Result<> read_partitions() {
    DYAD_TRY(each(kCatalogHome, HomeKey::partition, kKeysAtOnce,
                  [&](const std::string& key, const std::string& value) -> Result<> {
                    const std::optional<PartitionRecord> record = decode_partition(value);
                    if (!record) return fail(damaged(layout_.home(kCatalogHome), key));
                    opened_.records[record->id] = *record;
                    recovered_.partitions.push_back(*record);
                    return {};
                  }));
    return each(kCatalogHome, HomeKey::dropped, kKeysAtOnce,
                [&](const std::string& key, const std::string& value) -> Result<> {
                  const std::optional<PartitionRecord> record = decode_partition(value);
                  if (!record) return fail(damaged(layout_.home(kCatalogHome), key));
                  dropped_.push_back(*record);
                  return {};
                });
  }

  Result<> read_home(HomeId id) {
    const auto home = std::make_shared<Home>(id, layout_);
    DYAD_TRY(each(id, HomeKey::upto, kKeysAtOnce,
                  [&](const std::string& key, const std::string& value) -> Result<> {
                    const std::optional<Counters> counters = decode_counters(value);
                    if (!counters) return fail(damaged(layout_.home(id), key));
                    recovered_.durable_upto = std::max(recovered_.durable_upto, counters->upto);
                    recovered_.ceiling = std::max(recovered_.ceiling, counters->ceiling);
                    recovered_.next_partition_id =
                        std::max(recovered_.next_partition_id, counters->next_partition_id);
                    return {};
                  }));
    DYAD_TRY(read_marks(id, *home));
    DYAD_TRY(read_log(id, *home));
    // Nobody reads what partitions that are gone have left in a log that others share.
    for (const PartitionId partition : home->log.partitions()) {
      if (partition != kCatalogPartition && !opened_.records.contains(partition))
        home->log.found_trimmed(partition, Timestamp(UINT64_MAX));
    }
    opened_.homes[id] = home;
    return {};
  }

  Result<> read_marks(HomeId id, Home& home) {
    DYAD_TRY(each(id, HomeKey::trimmed, kKeysAtOnce,
                  [&](const std::string& key, const std::string& value) -> Result<> {
                    const std::optional<Timestamp> upto = decode_timestamp(value);
                    const PartitionId partition(id_in(key).value_or(0));
                    if (!upto) return fail(damaged(layout_.home(id), key));
                    home.log.found_trimmed(partition, *upto);
                    mark_of(partition).trimmed_upto = *upto;
                    return {};
                  }));
    return each(id, HomeKey::cursor, kKeysAtOnce,
                [&](const std::string& key, const std::string& value) -> Result<> {
                  const std::optional<Timestamp> upto = decode_timestamp(value);
                  const std::optional<std::uint64_t> partition = id_in(key);
                  if (!upto || !partition) return fail(damaged(layout_.home(id), key));
                  mark_of(PartitionId(*partition))
                      .cursors.emplace_back(key.substr(1 + sizeof(std::uint64_t)), *upto);
                  return {};
                });
  }

  LogMark& mark_of(PartitionId partition) {
    for (LogMark& mark : recovered_.marks) {
      if (mark.partition == partition) return mark;
    }
    recovered_.marks.push_back({partition, {}, {}});
    return recovered_.marks.back();
  }

  Result<> read_log(HomeId id, Home& home) {
    DYAD_TRY(each(id, HomeKey::segment, kKeysAtOnce,
                  [&](const std::string& key, const std::string& value) -> Result<> {
                    std::optional<LogIndex> index = LogIndex::decode(value);
                    const std::optional<std::uint64_t> number = id_in(key);
                    if (!index || !number) return fail(damaged(layout_.home(id), key));
                    home.log.found_segment(*number, std::move(*index));
                    return {};
                  }));
    std::uint64_t bytes = 0;
    int code = 0;
    librados::ObjectReadOperation size;
    size.stat(&bytes, nullptr, &code);
    DYAD_TRY(cluster_.read(layout_.home(id), std::move(size)));
    if (bytes == 0) return {};
    DYAD_TRY_ASSIGN(const std::string open, cluster_.read_bytes(layout_.home(id), 0, bytes));
    return home.log.found_open(open);
  }

  Result<> clear_dropped() {
    for (const PartitionRecord& record : dropped_) {
      const auto home = opened_.homes.find(record.root.value());
      const auto segments =
          home == opened_.homes.end() ? std::vector<std::uint64_t>() : home->second->log.segments();
      DYAD_TRY_ASSIGN(const bool home_gone,
                      clear_partition(cluster_, layout_, record, opened_.records, segments));
      librados::ObjectWriteOperation forget = guarded();
      forget.omap_rm_keys(keys_of_cleared(record, home_gone));
      DYAD_TRY(cluster_.write(layout_.home(kCatalogHome), std::move(forget)));
    }
    return {};
  }

  RadosBackend::Opened& opened_;
  Cluster& cluster_;
  const Layout& layout_;
  Recovered& recovered_;
  std::set<std::uint64_t> decided_;
  std::vector<PartitionRecord> dropped_;
};

Result<OpenedStore> open_now(Runtime& runtime, std::shared_ptr<Cluster> cluster,
                             const RadosOptions& options) {
  RadosBackend::Opened opened;
  opened.cluster = std::move(cluster);
  opened.layout = std::make_unique<Layout>(options.name);
  DYAD_TRY_ASSIGN(
      opened.ownership,
      Ownership::take(*opened.cluster, opened.layout->home(kCatalogHome), options.take_over));
  OpenedStore store;
  DYAD_TRY(Recovery(opened, store.recovered).run());
  store.backend = std::make_unique<RadosBackend>(runtime, options, std::move(opened));
  return store;
}

}  // namespace
}  // namespace rados

Task<Result<std::unique_ptr<Store>>> open_rados_store(Runtime& runtime,
                                                      std::shared_ptr<rados::Cluster> cluster,
                                                      RadosOptions options) {
  const auto work = [&] { return rados::open_now(runtime, cluster, options); };
  Result<rados::OpenedStore> opened = co_await runtime.workers().run(work);
  if (!opened) co_return fail(std::move(opened).error());
  co_return std::unique_ptr<Store>(std::make_unique<LocalStore>(runtime, std::move(opened->backend),
                                                                std::move(opened->recovered)));
}

}  // namespace dyad::store
