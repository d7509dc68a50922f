#include "runtime/sim_files.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"

namespace dyad {
namespace {

constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325ull;  // FNV-1a

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

}  // namespace

std::string_view to_string(FileOperationKind kind) {
  switch (kind) {
    case FileOperationKind::create:
      return "create";
    case FileOperationKind::append:
      return "append";
    case FileOperationKind::sync:
      return "sync";
    case FileOperationKind::truncate:
      return "truncate";
    case FileOperationKind::create_durable:
      return "create_durable";
    case FileOperationKind::write_durable:
      return "write_durable";
    case FileOperationKind::make_directory:
      return "make_directory";
    case FileOperationKind::remove_directory:
      return "remove_directory";
    case FileOperationKind::remove:
      return "remove";
    case FileOperationKind::rename:
      return "rename";
    case FileOperationKind::link:
      return "link";
    case FileOperationKind::sync_directory:
      return "sync_directory";
    case FileOperationKind::read:
      return "read";
    case FileOperationKind::open:
      return "open";
    case FileOperationKind::info:
      return "info";
    case FileOperationKind::lock:
      return "lock";
  }
  return "unknown";
}

// --- Faults ---

SimFiles::SimFiles() : SimFiles(Options()) {}

SimFiles::SimFiles(Options options)
    : random_(options.seed),
      disk_(random_, options.capacity_bytes, options.name_order),
      clock_(options.clock),
      trace_hash_(kHashSeed) {}

SimFiles::~SimFiles() = default;

void SimFiles::fail_at(std::uint64_t operation_number, FileFault fault) {
  const std::lock_guard lock(mutex_);
  faults_at_[operation_number].fault = fault;
}

void SimFiles::ignore_sync_at(std::uint64_t operation_number) {
  const std::lock_guard lock(mutex_);
  faults_at_[operation_number].lie = true;
}

void SimFiles::fail_all(FileOperationKind kind, std::string path_part, FileFault fault) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({kind, std::move(path_part), fault});
}

void SimFiles::ignore_sync(std::string path_part, std::uint64_t nth) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::nullopt, std::move(path_part), std::nullopt, nth});
}

void SimFiles::ignore_syncs(std::function<bool(const FileOperation&)> which) {
  const std::lock_guard lock(mutex_);
  ignored_syncs_ = std::move(which);
}

void SimFiles::clear_faults() {
  const std::lock_guard lock(mutex_);
  ignored_syncs_ = nullptr;
  faults_at_.clear();
  rules_.clear();
}

std::uint64_t SimFiles::operation_count() const {
  const std::lock_guard lock(mutex_);
  return operation_count_;
}

std::vector<FileOperation> SimFiles::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void SimFiles::reset_operations() {
  const std::lock_guard lock(mutex_);
  operations_.clear();
  operation_count_ = 0;
  trace_hash_ = kHashSeed;
}

std::uint64_t SimFiles::trace_hash() const {
  const std::lock_guard lock(mutex_);
  return trace_hash_;
}

bool SimFiles::is_sync(FileOperationKind kind) {
  return kind == FileOperationKind::sync || kind == FileOperationKind::sync_directory ||
         kind == FileOperationKind::write_durable;
}

SimFiles::Verdict SimFiles::judge(const FileOperation& operation) {
  Verdict verdict;
  if (is_numbered(operation.kind)) {
    const auto at = faults_at_.find(operation_count_);
    if (at != faults_at_.end()) verdict = at->second;
  }
  if (ignored_syncs_ && is_sync(operation.kind) && ignored_syncs_(operation)) verdict.lie = true;
  for (Rule& rule : rules_) {
    const bool kind_fits = rule.kind ? *rule.kind == operation.kind : is_sync(operation.kind);
    if (!kind_fits || operation.path.find(rule.path_part) == std::string::npos) continue;
    if (rule.countdown > 1) {
      --rule.countdown;
      continue;
    }
    if (rule.countdown == 1) rule.spent = true;
    if (rule.fault) {
      verdict.fault = rule.fault;
    } else {
      verdict.lie = true;
    }
  }
  std::erase_if(rules_, [](const Rule& rule) { return rule.spent; });
  return verdict;
}

void SimFiles::record(const FileOperation& operation) {
  if (!is_numbered(operation.kind)) return;
  ++operation_count_;
  trace_hash_ = mix(trace_hash_, to_string(operation.kind));
  trace_hash_ = mix(trace_hash_, operation.path);
  trace_hash_ = mix(trace_hash_, std::to_string(operation.bytes));
  if (operations_.size() < kMaxRecordedOperations) operations_.push_back(operation);
}

Result<> SimFiles::check_power(const std::string& path, std::uint64_t generation) const {
  if (down_) return fail(ErrorCode::io_error, path + ": the simulated disk has lost power");
  if (generation != generation_) {
    return fail(ErrorCode::io_error, path + ": opened before the simulated disk lost power");
  }
  return {};
}

Error SimFiles::fault_error(const FileOperation& operation, FileFault fault) const {
  const std::string where = operation.path + ": " + std::string(to_string(operation.kind)) + ": ";
  switch (fault) {
    case FileFault::no_space:
      return Error(ErrorCode::no_space, where + "injected: No space left on device");
    case FileFault::io_error:
      return Error(ErrorCode::io_error, where + "injected: Input/output error");
    case FileFault::killed:
      return Error(ErrorCode::io_error, where + "injected: the process is dead");
    case FileFault::crash:
    case FileFault::torn_crash:
      break;
  }
  return Error(ErrorCode::io_error, where + "the simulated disk lost power");
}

template <class Effect>
Result<> SimFiles::perform(FileOperation operation, std::uint64_t generation, Effect effect) {
  DYAD_TRY(check_power(operation.path, generation));
  const Verdict verdict = judge(operation);
  record(operation);
  if (!verdict.fault) return effect(verdict.lie ? Extent::not_durable : Extent::whole);
  switch (*verdict.fault) {
    case FileFault::crash:
      lose_power(Survival::none);
      break;
    case FileFault::torn_crash:
      // Whether it would have succeeded matters to nobody any more.
      (void)effect(Extent::not_durable);
      lose_power(Survival::some);
      break;
    case FileFault::io_error:
    case FileFault::no_space:
      (void)effect(Extent::failed);
      break;
    case FileFault::killed:
      break;
  }
  return fail(fault_error(operation, *verdict.fault));
}

template <class Effect>
Result<> SimFiles::all_or_nothing(FileOperationKind kind, const std::string& path, Effect effect) {
  const std::lock_guard lock(mutex_);
  return perform({kind, path}, generation_, [&](Extent extent) -> Result<> {
    if (extent == Extent::failed) return {};
    return effect();
  });
}

// --- Power, rot, space ---

void SimFiles::lose_power(Survival survival) {
  disk_.lose_power(survival);
  locked_.clear();
  down_ = true;
  ++generation_;
}

void SimFiles::crash(Survival survival) {
  const std::lock_guard lock(mutex_);
  if (!down_) lose_power(survival);
}

void SimFiles::restart() {
  const std::lock_guard lock(mutex_);
  down_ = false;
}

bool SimFiles::is_down() const {
  const std::lock_guard lock(mutex_);
  return down_;
}

Result<> SimFiles::flip(const std::string& path, std::uint64_t offset, unsigned bit) {
  const std::lock_guard lock(mutex_);
  DYAD_TRY_ASSIGN(const auto node, disk_.find_file(path));
  if (offset >= node->bytes.size() || bit > 7) {
    return fail(ErrorCode::out_of_range, path + ": has no such bit");
  }
  disk_.flip_bit(*node, offset, bit);
  return {};
}

void SimFiles::set_capacity(std::uint64_t capacity_bytes) {
  const std::lock_guard lock(mutex_);
  disk_.set_capacity(capacity_bytes);
}

void SimFiles::touch(SimNode& node) {
  node.modified_ms = clock_ != nullptr ? clock_->wall_ms() : ++next_modified_ms_;
}

// --- Handles ---

class SimFiles::ReadHandle final : public RandomReadFile {
 public:
  ReadHandle(SimFiles& files, std::string path, SimDisk::NodePointer node)
      : files_(files),
        path_(std::move(path)),
        node_(std::move(node)),
        generation_(files.generation_) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    const std::lock_guard lock(files_.mutex_);
    std::size_t count = 0;
    DYAD_TRY(files_.perform({FileOperationKind::read, path_, out.size()}, generation_,
                            [&](Extent) -> Result<> {
                              const std::string_view bytes(node_->bytes);
                              if (offset >= bytes.size()) return {};
                              count = bytes.copy(out.data(), out.size(), offset);
                              return {};
                            }));
    return count;
  }
  /// A third of what is asked for is not in memory.
  Result<std::optional<std::size_t>> read_at_once(std::uint64_t offset,
                                                  std::span<char> out) const override {
    if (asked_at_once_.fetch_add(1, std::memory_order_relaxed) % 3 == 0) return std::nullopt;
    return read_at(offset, out);
  }
  Result<std::uint64_t> size_bytes() const override {
    const std::lock_guard lock(files_.mutex_);
    DYAD_TRY(files_.check_power(path_, generation_));
    return node_->bytes.size();
  }
  void advise(std::uint64_t, std::uint64_t, bool) const override {}

 private:
  SimFiles& files_;
  const std::string path_;
  const SimDisk::NodePointer node_;
  const std::uint64_t generation_;
  mutable std::atomic<std::uint32_t> asked_at_once_ = 0;
};

class SimFiles::AppendHandle final : public AppendFile {
 public:
  AppendHandle(SimFiles& files, std::string path, SimDisk::NodePointer node)
      : files_(files),
        path_(std::move(path)),
        node_(std::move(node)),
        generation_(files.generation_),
        size_bytes_(node_->bytes.size()) {}

  Result<> append(std::string_view bytes) override {
    return perform(FileOperationKind::append, bytes.size(), [&](Extent extent) {
      files_.touch(*node_);
      if (extent == Extent::failed) bytes = bytes.substr(0, files_.random_.below(bytes.size() + 1));
      auto written = files_.disk_.write(*node_, path_, size_bytes_, bytes);
      if (written && extent != Extent::failed) size_bytes_ += bytes.size();
      return written;
    });
  }

  Result<> sync() override {
    return perform(FileOperationKind::sync, 0, [&](Extent extent) -> Result<> {
      if (extent == Extent::whole) files_.disk_.sync_bytes(*node_);
      if (extent == Extent::failed) files_.disk_.fail_sync(*node_);
      return {};
    });
  }

  void start_writeback(std::uint64_t, std::uint64_t) override {}

  Result<> truncate(std::uint64_t size_bytes) override {
    return perform(FileOperationKind::truncate, 0, [&](Extent extent) -> Result<> {
      if (extent == Extent::failed) return {};
      files_.touch(*node_);
      files_.disk_.truncate(*node_, size_bytes);
      size_bytes_ = size_bytes;
      return {};
    });
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }

  Result<> close() override {
    const std::lock_guard lock(files_.mutex_);
    closed_ = true;
    return files_.check_power(path_, generation_);
  }

 private:
  /// As with the real file: after a failed write or sync, but for a full disk, the handle is dead.
  template <class Effect>
  Result<> perform(FileOperationKind kind, std::uint64_t bytes, Effect effect) {
    const std::lock_guard lock(files_.mutex_);
    if (closed_) return fail(ErrorCode::io_error, path_ + ": is closed");
    if (failed_) return fail(ErrorCode::io_error, path_ + ": an earlier write or sync failed");
    auto done = files_.perform({kind, path_, bytes}, generation_, effect);
    if (!done && kind != FileOperationKind::truncate) {
      failed_ = kind == FileOperationKind::sync || done.error().code != ErrorCode::no_space;
    }
    return done;
  }

  SimFiles& files_;
  const std::string path_;
  const SimDisk::NodePointer node_;
  const std::uint64_t generation_;
  std::uint64_t size_bytes_;
  bool closed_ = false;
  bool failed_ = false;
};

class SimFiles::DurableHandle final : public DurableFile {
 public:
  DurableHandle(SimFiles& files, std::string path, SimDisk::NodePointer node)
      : files_(files),
        path_(path),
        node_(node),
        generation_(files.generation_),
        size_bytes_(node->bytes.size()),
        reads_(files, std::move(path), std::move(node)) {}

  Result<> write_at(std::uint64_t offset, std::span<const char> blocks) override {
    DYAD_CHECK((offset | blocks.size() | reinterpret_cast<std::uintptr_t>(blocks.data())) %
                   kBlockBytes ==
               0);
    DYAD_CHECK(offset <= size_bytes_ && blocks.size() <= size_bytes_ - offset);
    const std::lock_guard lock(files_.mutex_);
    return files_.perform({FileOperationKind::write_durable, path_, blocks.size()}, generation_,
                          [&](Extent extent) { return write(offset, blocks, extent); });
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    return reads_.read_at(offset, out);
  }
  Result<std::uint64_t> size_bytes() const override { return size_bytes_; }
  void advise(std::uint64_t, std::uint64_t, bool) const override {}

 private:
  Result<> write(std::uint64_t offset, std::span<const char> blocks, Extent extent) {
    std::string_view bytes(blocks.data(), blocks.size());
    if (extent == Extent::failed) {
      // Any number of its sectors has reached the medium.
      const std::uint64_t sectors = bytes.size() / SimDisk::kSectorBytes;
      bytes = bytes.substr(0, files_.random_.below(sectors + 1) * SimDisk::kSectorBytes);
    }
    files_.touch(*node_);
    DYAD_TRY(files_.disk_.write(*node_, path_, offset, bytes));
    if (extent != Extent::not_durable) files_.disk_.sync_bytes(*node_);
    return {};
  }

  SimFiles& files_;
  const std::string path_;
  const SimDisk::NodePointer node_;
  const std::uint64_t generation_;
  const std::uint64_t size_bytes_;
  const ReadHandle reads_;
};

class SimFiles::LockHandle final : public FileLock {
 public:
  LockHandle(SimFiles& files, std::string path)
      : files_(files), path_(std::move(path)), generation_(files.generation_) {}
  ~LockHandle() override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ == files_.generation_) files_.locked_.erase(path_);
  }

 private:
  SimFiles& files_;
  const std::string path_;
  const std::uint64_t generation_;
};

// --- Files ---

Result<std::unique_ptr<RandomReadFile>> SimFiles::open_read(const std::string& path) {
  std::unique_ptr<RandomReadFile> handle;
  DYAD_TRY(all_or_nothing(FileOperationKind::open, path, [&]() -> Result<> {
    DYAD_TRY_ASSIGN(auto node, disk_.find_file(path));
    handle = std::make_unique<ReadHandle>(*this, path, std::move(node));
    return {};
  }));
  return handle;
}

Result<std::unique_ptr<AppendFile>> SimFiles::open_append(const std::string& path, Create create) {
  const std::lock_guard lock(mutex_);
  DYAD_TRY(check_power(path, generation_));
  auto found = disk_.find(path);
  if (found && (*found)->is_directory) {
    return fail(ErrorCode::io_error, path + ": is a directory");
  }
  const bool changes = !found || create == Create::truncate;
  std::unique_ptr<AppendFile> handle;
  DYAD_TRY(perform({changes ? FileOperationKind::create : FileOperationKind::open, path},
                   generation_, [&](Extent extent) -> Result<> {
                     if (extent == Extent::failed) return {};
                     if (found && create == Create::must_be_new) {
                       return fail(ErrorCode::already_exists, path + ": already exists");
                     }
                     if (!found) found = disk_.make_file(path);
                     if (!found) return fail(found.error());
                     if (create == Create::truncate) disk_.truncate(**found, 0);
                     if (changes) touch(**found);
                     handle = std::make_unique<AppendHandle>(*this, path, *found);
                     return {};
                   }));
  return handle;
}

Result<std::unique_ptr<DurableFile>> SimFiles::open_durable(const std::string& path,
                                                            std::uint64_t size_bytes) {
  DYAD_CHECK(size_bytes > 0 && size_bytes % DurableFile::kBlockBytes == 0);
  const std::lock_guard lock(mutex_);
  DYAD_TRY(check_power(path, generation_));
  auto found = disk_.find_file(path);
  if (!found && found.error().code != ErrorCode::not_found) return fail(found.error());
  std::unique_ptr<DurableFile> handle;
  const auto kind = found ? FileOperationKind::open : FileOperationKind::create_durable;
  DYAD_TRY(perform({kind, path, size_bytes}, generation_, [&](Extent extent) -> Result<> {
    if (extent == Extent::failed) return {};
    if (!found) {
      if (disk_.free_bytes() < size_bytes) {
        return fail(ErrorCode::no_space, path + ": no space left on the simulated disk");
      }
      // It gets its name when its zeros are durable; so they are, whatever becomes of the name.
      found = disk_.make_file(path);
      if (!found) return fail(found.error());
      disk_.truncate(**found, size_bytes);
      disk_.sync_bytes(**found);
      touch(**found);
    } else if ((*found)->bytes.size() != size_bytes) {
      return fail(ErrorCode::corruption, path + ": " + std::to_string((*found)->bytes.size()) +
                                             " bytes, expected " + std::to_string(size_bytes));
    }
    handle = std::make_unique<DurableHandle>(*this, path, *found);
    return {};
  }));
  return handle;
}

Result<FileInfo> SimFiles::info(const std::string& path) {
  FileInfo answer;
  DYAD_TRY(all_or_nothing(FileOperationKind::info, path, [&]() -> Result<> {
    DYAD_TRY_ASSIGN(const auto node, disk_.find(path));
    answer = {node->bytes.size(), node->is_directory, node->modified_ms};
    return {};
  }));
  return answer;
}

Result<std::vector<std::string>> SimFiles::list(const std::string& directory) {
  std::vector<std::string> names;
  DYAD_TRY(all_or_nothing(FileOperationKind::info, directory, [&]() -> Result<> {
    DYAD_TRY_ASSIGN(const auto node, disk_.find_directory(directory));
    for (const auto& [name, child] : node->entries) names.push_back(name);
    return {};
  }));
  return names;
}

Result<> SimFiles::make_directory(const std::string& path) {
  return all_or_nothing(FileOperationKind::make_directory, path,
                        [&] { return disk_.make_directory(path); });
}

Result<> SimFiles::remove_directory(const std::string& path) {
  return all_or_nothing(FileOperationKind::remove_directory, path,
                        [&] { return disk_.remove(path, true); });
}

Result<> SimFiles::remove(const std::string& path) {
  return all_or_nothing(FileOperationKind::remove, path, [&] { return disk_.remove(path, false); });
}

Result<> SimFiles::rename(const std::string& from, const std::string& to) {
  return all_or_nothing(FileOperationKind::rename, to, [&] { return disk_.rename(from, to); });
}

Result<> SimFiles::link(const std::string& from, const std::string& to) {
  return all_or_nothing(FileOperationKind::link, to, [&] { return disk_.link(from, to); });
}

Result<> SimFiles::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return perform({FileOperationKind::sync_directory, path}, generation_,
                 [&](Extent extent) -> Result<> {
                   DYAD_TRY_ASSIGN(const auto node, disk_.find_directory(path));
                   if (extent == Extent::whole) disk_.sync_names(*node);
                   return {};
                 });
}

Result<std::unique_ptr<FileLock>> SimFiles::lock(const std::string& path) {
  std::unique_ptr<FileLock> handle;
  DYAD_TRY(all_or_nothing(FileOperationKind::lock, path, [&]() -> Result<> {
    auto made = disk_.make_file(path);
    if (!made && made.error().code != ErrorCode::already_exists) return fail(made.error());
    if (!locked_.insert(path).second) {
      return fail(ErrorCode::conflict, path + ": is locked by another holder");
    }
    handle = std::make_unique<LockHandle>(*this, path);
    return {};
  }));
  return handle;
}

Result<std::uint64_t> SimFiles::free_bytes(const std::string& path) {
  std::uint64_t answer = 0;
  DYAD_TRY(all_or_nothing(FileOperationKind::info, path, [&]() -> Result<> {
    DYAD_TRY(disk_.find(path));
    answer = disk_.free_bytes();
    return {};
  }));
  return answer;
}

}  // namespace dyad
