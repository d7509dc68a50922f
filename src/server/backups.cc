#include "server/backups.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/log.h"

namespace dyad::server {
namespace {

namespace fs = std::filesystem;

std::string name_of_time(std::int64_t now_ms) {
  return fmt::format("backup-{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(now_ms / 1000)));
}

bool lies_in(const fs::path& path, const fs::path& directory) {
  const auto [end, ignored] =
      std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

Error unusable(const std::string& path, const std::string& why) {
  return Error(ErrorCode::invalid_argument, path + ": " + why);
}

}  // namespace

Result<std::string> backup_destination(Files& files, const BackupPlace& place,
                                       const std::string& wanted, std::int64_t now_ms) {
  if (const Result<> made = files.make_directory(place.backup_directory); !made)
    return fail(ErrorCode::io_error,
                made.error().message +
                    "\n  the server cannot make its backup directory; name another one with "
                    "dyad serve --backup-directory DIR");
  const std::string name = wanted.empty() ? name_of_time(now_ms) : wanted;
  const bool bare = name.find('/') == std::string::npos;
  const fs::path path = bare ? fs::path(place.backup_directory) / name : fs::path(name);
  if (!path.is_absolute() || !backup::is_safe_name(path.filename().string()))
    return fail(unusable(wanted,
                         "not a place for a backup\n  give an absolute path whose last part is of "
                         "letters, digits, '.', '-' and '_', or such a name alone"));
  std::error_code error;
  const fs::path parent = fs::canonical(path.parent_path(), error);
  if (error)
    return fail(unusable(path.parent_path().string(),
                         error.message() + "\n  the directory above a backup must be there"));
  const fs::path root = fs::canonical(place.backup_directory, error);
  const fs::path data = fs::canonical(place.data_directory, error);
  const fs::path target = parent / path.filename();
  if (target == root || !lies_in(target, root))
    return fail(unusable(target.string(), "backups of this server are made in " + root.string() +
                                              "\n  give a name alone, or start the server with "
                                              "--backup-directory DIR"));
  if (lies_in(target, data))
    return fail(unusable(target.string(),
                         "this is in the data directory, which is what is to be "
                         "backed up\n  give a place outside of it"));
  const Result<FileInfo> found = files.info(target.string());
  if (!found && found.error().code == ErrorCode::not_found) return target.string();
  if (!found) return fail(ErrorCode::io_error, found.error().message);
  // A link could lead anywhere.
  const auto names = files.list(target.string());
  if (names && names->empty() && !fs::is_symlink(target, error)) return target.string();
  return fail(ErrorCode::already_exists, target.string() +
                                             ": not empty, and nothing is ever overwritten\n"
                                             "  give another name, or remove what is there");
}

Backups::Backups(backup::Source source, std::string backup_directory)
    : source_(std::move(source)), place_{source_.data_directory, std::move(backup_directory)} {}

Backups::~Backups() = default;

Result<> Backups::take_turn() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return fail(ErrorCode::conflict, "the server is stopping");
  if (running_)
    return fail(ErrorCode::conflict,
                "a backup to " + last_.directory + " is under way, and one at a time is made");
  if (placing_)
    return fail(ErrorCode::conflict, "another backup begins just now, and one at a time is made");
  placing_ = true;
  return {};
}

Result<Backups::State> Backups::create(const Order& order) {
  DYAD_TRY(take_turn());
  // Not under the mutex: a disk may be slow, and reactors ask how far a backup is.
  const Clock& clock = source_.runtime.clock();
  Result<std::string> place =
      backup_destination(source_.runtime.files(), place_, order.directory, clock.wall_ms());
  const std::lock_guard lock(mutex_);
  placing_ = false;
  over_.notify_all();
  if (!place) return fail(std::move(place).error());
  if (stopping_) return fail(ErrorCode::conflict, "the server is stopping");
  std::string directory = std::move(*place);
  State fresh;
  fresh.id = last_.id + 1;
  fresh.directory = directory;
  fresh.began_ms = clock.wall_ms();
  last_ = std::move(fresh);
  watch_ = std::make_shared<backup::Watch>(clock, order.bytes_per_second);
  running_ = true;
  if (!executor_) executor_ = source_.runtime.make_dedicated("backup");
  log::info("backup begun", "directory={}", directory);
  executor_->spawn(run(watch_, std::move(directory), order.share));
  return state();
}

Task<void> Backups::run(std::shared_ptr<backup::Watch> watch, std::string directory,
                        backup::Share share) {
  Result<backup::Summary> made =
      co_await backup::create_backup(source_, std::move(directory), share, *watch);
  end(std::move(made));
}

void Backups::end(Result<backup::Summary> made) {
  const std::lock_guard lock(mutex_);
  last_.progress = watch_->progress();
  last_.ended_ms = source_.runtime.clock().wall_ms();
  if (made) {
    last_.phase = Phase::done;
    last_.summary = *made;
    log::info("backup made", "directory={} files={} bytes={} took_ms={}", last_.directory,
              made->files, made->bytes, last_.ended_ms - last_.began_ms);
  } else {
    last_.phase = made.error().code == ErrorCode::cancelled ? Phase::cancelled : Phase::failed;
    last_.error = made.error().message;
    log::warning("no backup was made", "directory={} error=\"{}\"", last_.directory,
                 made.error().to_string());
  }
  running_ = false;
  over_.notify_all();
}

Result<Backups::State> Backups::state() const {
  if (last_.id == 0) return fail(ErrorCode::not_found, "no backup was made since this start");
  State now = last_;
  if (running_) now.progress = watch_->progress();
  return now;
}

Result<Backups::State> Backups::describe() const {
  const std::lock_guard lock(mutex_);
  return state();
}

Result<Backups::State> Backups::cancel() {
  const std::lock_guard lock(mutex_);
  if (running_) watch_->cancel();
  return state();
}

void Backups::stop() {
  std::unique_ptr<Executor> executor;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    if (running_) watch_->cancel();
    over_.wait(lock, [this] { return !running_ && !placing_; });
    executor = std::move(executor_);
  }
}

}  // namespace dyad::server
