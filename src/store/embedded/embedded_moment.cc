#include <algorithm>
#include <utility>

#include "base/log.h"
#include "runtime/file_tree.h"
#include "store/embedded/embedded_backend.h"
#include "store/embedded/store_format.h"

// One moment of the store, held while transactions go on. The moment is that of the rows: a
// checkpoint, links in held/, whose `applied` row says with which batch it ends. The log is cut
// there.

namespace dyad::store::embedded {
namespace {

constexpr std::size_t kHeldCacheBytes = 8u << 20;
constexpr int kHeldOpenFiles = 64;

class EmbeddedMoment final : public Moment {
 public:
  EmbeddedMoment(Files& files, std::string directory, std::shared_ptr<const void> turn)
      : files_(files), directory_(std::move(directory)), turn_(std::move(turn)) {}
  ~EmbeddedMoment() override {
    rows_.reset();
    const Result<> removed = remove_tree(files_, directory_);
    if (!removed)
      log::warning("what a backup held stays until the next start", "directory={} error=\"{}\"",
                   directory_, removed.error().to_string());
  }

  Timestamp timestamp() const override { return position_.timestamp; }
  const std::vector<HeldFile>& files() const override { return held_; }
  void let_go_of_first(std::size_t n) override {
    for (std::size_t i = 0; i < std::min(n, held_.size()); ++i) {
      held_[i].bytes.reset();
      if (i < owners_.size()) owners_[i].reset();
    }
  }
  Result<> each_key(char kind,
                    const std::function<Result<>(std::string_view key)>& visit) const override {
    for (const PartitionRecord& partition : partitions_) {
      const std::string begin = physical_key(partition.root, std::string(1, kind));
      std::string end = begin + partition.upper;
      if (partition.upper.empty()) {
        // The next kind, or where there is none the next root.
        end.back() = static_cast<char>(kind + 1);
        if (kind == '\xff') end = physical_end(partition.root);
      }
      const auto logical = [&](std::string_view key, std::string_view) {
        return visit(key.substr(kRootBytes));
      };
      DYAD_TRY(rows_->for_each(begin + partition.lower, end, logical));
    }
    return {};
  }

  Result<> take_rows() {
    RowStoreOptions options;
    options.directory = rows_directory(directory_);
    options.block_cache_bytes = kHeldCacheBytes;
    options.max_open_files = kHeldOpenFiles;
    options.read_only = true;
    DYAD_TRY_ASSIGN(rows_, RowStore::open(files_, std::move(options)));
    DYAD_TRY_ASSIGN(const RowStore::Lookup applied, rows_->get(applied_key(), RowStore::Wait::yes));
    if (applied.value) {
      const std::optional<LogPosition> position = decode_position(*applied.value);
      if (!position)
        return fail(ErrorCode::corruption, directory_ + ": the applied position is not one");
      position_ = *position;
    }
    return take_partitions();
  }

  const LogPosition& position() const { return position_; }

  void add(HeldFile file, std::shared_ptr<const void> owner = nullptr) {
    if (owner) owners_.push_back(std::move(owner));
    held_.push_back(std::move(file));
  }

  Result<> add_row_files() {
    const std::string rows = rows_directory(directory_);
    DYAD_TRY_ASSIGN(const std::vector<std::string> names, files_.list(rows));
    for (const std::string& name : names) {
      HeldFile file;
      file.name = "rows/" + name;
      file.path = rows + "/" + name;
      DYAD_TRY_ASSIGN(const FileInfo info, files_.info(file.path));
      file.size_bytes = file.padded_bytes = info.size_bytes;
      // All others may be written on by whoever opens them.
      file.immutable = name.ends_with(".sst");
      held_.push_back(std::move(file));
    }
    return {};
  }

 private:
  Result<> take_partitions() {
    partitions_.emplace_back();  // The catalogue's, which is in no row.
    return rows_->for_each(
        kMetaPrefix, {}, [&](std::string_view key, std::string_view value) -> Result<> {
          const std::optional<MetaKey> parsed = parse_meta_key(key);
          if (!parsed || parsed->kind != MetaKind::partition) return {};
          std::optional<PartitionRecord> record = decode_partition(value);
          if (!record)
            return fail(ErrorCode::corruption, directory_ + ": a partition is not described");
          if (record->live() && record->id != kCatalogPartition)
            partitions_.push_back(std::move(*record));
          return {};
        });
  }

  Files& files_;
  const std::string directory_;
  const std::shared_ptr<const void> turn_;
  std::unique_ptr<RowStore> rows_;
  LogPosition position_;
  std::vector<PartitionRecord> partitions_;
  std::vector<std::shared_ptr<const void>> owners_;  ///< Of the first files, one each.
  std::vector<HeldFile> held_;
};

}  // namespace

Task<Result<std::unique_ptr<Moment>>> EmbeddedBackend::hold_moment() {
  const auto work = [this] { return hold_moment_now(); };
  Result<std::unique_ptr<Moment>> moment = co_await runtime_.workers().run(work);
  co_return moment;
}

Result<std::unique_ptr<Moment>> EmbeddedBackend::hold_moment_now() {
  DYAD_TRY(healthy());
  const auto turn = std::make_shared<int>();
  {
    const std::lock_guard lock(mutex_);
    if (!moment_.expired()) return fail(ErrorCode::overloaded, "a moment is held already");
    moment_ = turn;
  }
  // The segment in which the rows of the checkpoint end must be there when it is looked for.
  const auto hold_retire = [this](bool hold) {
    const std::lock_guard lock(retire_mutex_);
    retire_held_ = hold;
  };
  hold_retire(true);
  Result<std::unique_ptr<Moment>> moment = make_moment(turn);
  hold_retire(false);
  signals_->flush_seen.store(true, std::memory_order_release);
  return moment;
}

Result<std::unique_ptr<Moment>> EmbeddedBackend::make_moment(std::shared_ptr<const void> turn) {
  Files& files = runtime_.files();
  const std::string held = held_directory(directory_);
  DYAD_TRY(remove_tree(files, held));
  DYAD_TRY(files.make_directory(held));
  auto moment = std::make_unique<EmbeddedMoment>(files, held, std::move(turn));
  DYAD_TRY(rows_->checkpoint(rows_directory(held)));
  DYAD_TRY(moment->take_rows());
  DYAD_TRY_ASSIGN(SegmentLog::Held log, log_->hold(moment->position()));
  for (SegmentLog::HeldSegment& segment : log.segments) {
    segment.file.name = "log/" + segment.file.name;
    moment->add(std::move(segment.file), std::move(segment.owner));
  }
  moment->add(
      held_content(std::string("log/") + kLogManifestName, encode_log_manifest(log.manifest)));
  DYAD_TRY_ASSIGN(std::string format, read_format_file(files, directory_));
  moment->add(held_content("FORMAT", std::move(format)));
  DYAD_TRY(moment->add_row_files());
  return std::unique_ptr<Moment>(std::move(moment));
}

}  // namespace dyad::store::embedded
