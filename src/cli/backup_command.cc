#include <fmt/chrono.h>
#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "backup/manifest.h"
#include "backup/restore.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/human_numbers.h"
#include "cli/progress_line.h"
#include "cli/session.h"
#include "cli/target.h"
#include "client/backup_calls.h"
#include "runtime/signals.h"
#include "runtime/system_clock.h"

namespace dyad::cli {
namespace {

constexpr long kPollNanoseconds = 200'000'000;
/// So often at first, so that a small backup is not waited for.
constexpr long kQuickPollNanoseconds = 20'000'000;
constexpr int kQuickPolls = 100;
/// How often in a row the server may not answer before the command gives up looking.
constexpr int kMaxMissedPolls = 10;

struct CreateArguments {
  TargetArguments target;
  std::string directory;
  std::uint64_t rate_mib = 0;
  bool copy = false;
  bool quiet = false;
};

struct RestoreArguments {
  std::string backup;
  std::string data_directory;
  bool copy = false;
  bool quiet = false;
};

int complain(const std::string& message) {
  fmt::print(stderr, "dyad: {}\n", message);
  return 1;
}

ProgressLine::Style style_of(bool quiet) {
  return quiet ? ProgressLine::Style::quiet : ProgressLine::style_for(stderr);
}

std::string time_of(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

/// A name alone is the server's to place; any other path is the caller's, seen from here.
std::string directory_to_send(const std::string& given) {
  if (given.find('/') == std::string::npos) return given;
  std::string path = std::filesystem::absolute(given).lexically_normal();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Ctrl-C, or a wish to end, within the time between two looks.
bool asked_to_end(long within_ns) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  const timespec wait{0, within_ns};
  return sigtimedwait(&wanted, nullptr, &wait) > 0;
}

/// While it is there, a thread tells how far `watch` is, and cancels it at Ctrl-C. The signals are
/// blocked before it is made.
class Follower {
 public:
  Follower(std::string what, backup::Watch& watch, bool quiet, const Clock& clock)
      : what_(std::move(what)), watch_(watch), line_(stderr, style_of(quiet), clock) {
    if (asked_to_end(0)) watch_.cancel();  // While the program started.
    thread_ = std::thread([this] { follow(); });
  }
  ~Follower() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
    line_.end();
  }

 private:
  void follow() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::nanoseconds(kPollNanoseconds),
                              [this] { return over_; })) {
      if (asked_to_end(0)) watch_.cancel();
      const backup::Progress now = watch_.progress();
      line_.update(what_, now.files_done, now.files_total, now.bytes_done);
    }
  }

  const std::string what_;
  backup::Watch& watch_;
  ProgressLine line_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

using Call = Task<Result<client::BackupState>> (*)(client::AwsClient&);

class Creation {
 public:
  Creation(const CreateArguments& arguments, const Target& target, Session& session)
      : arguments_(arguments),
        target_(target),
        session_(session),
        line_(stderr, style_of(arguments.quiet), session.clock()) {}

  int run() {
    client::BackupOrder order;
    order.directory = directory_to_send(arguments_.directory);
    order.bytes_per_second = arguments_.rate_mib << 20;
    order.copy = arguments_.copy;
    const auto begin = [order](client::AwsClient& client) {
      return client::create_backup(client, order);
    };
    const Result<client::BackupState> begun =
        session_.call<client::BackupState>(target_.client, begin);
    if (!begun) return complain(begun.error().message);
    number_ = begun->number;
    const std::optional<client::BackupState> last = follow();
    line_.end();
    if (!last)
      return complain("the server does not answer any more\n  what became of the backup: " +
                      begun->directory + " is one where it has a file " + backup::kManifestName);
    return tell(*last);
  }

 private:
  /// None: the server is gone, or has forgotten.
  std::optional<client::BackupState> follow() {
    int polls = 0;
    for (int missed = 0; missed < kMaxMissedPolls;) {
      const bool quick = missed == 0 && polls++ < kQuickPolls;
      const bool cancel = asked_to_end(quick ? kQuickPollNanoseconds : kPollNanoseconds);
      const Call call = cancel ? &client::cancel_backup : &client::describe_backup;
      const Result<client::BackupState> now =
          session_.call<client::BackupState>(target_.client, call);
      missed = now ? 0 : missed + 1;
      if (!now) continue;
      if (now->number != number_) return std::nullopt;
      line_.update("backing up", now->files_done, now->files_total, now->bytes_done);
      if (now->state != "RUNNING") return *now;
    }
    return std::nullopt;
  }

  static int tell(const client::BackupState& made) {
    if (made.state == "CANCELLED") return complain("cancelled; nothing of it was kept");
    if (made.state != "DONE") return complain("no backup was made: " + made.error);
    const double took_s =
        static_cast<double>(made.ended_ms - std::min(made.began_ms, made.ended_ms)) / 1000;
    fmt::print("{}\n", made.directory);
    fmt::print(stderr, "{} files, {} of them objects' bytes; {}, of which {} copied, in {}\n",
               grouped(made.files_done), grouped(made.objects),
               human_bytes(static_cast<double>(made.bytes_done)),
               human_bytes(static_cast<double>(made.bytes_copied)), human_duration(took_s));
    return 0;
  }

  const CreateArguments& arguments_;
  const Target& target_;
  Session& session_;
  ProgressLine line_;
  std::uint64_t number_ = 0;
};

int create(const CreateArguments& arguments) {
  Signals::block({SIGINT, SIGTERM});  // Before the session's threads begin.
  Session session;
  const Result<Target> target = find_target(session, arguments.target);
  if (!target) return complain(target.error().message);
  return Creation(arguments, *target, session).run();
}

int restore(const RestoreArguments& arguments) {
  Signals::block({SIGINT, SIGTERM});  // Before the follower's thread begins.
  log::set_level(log::Level::warning);
  const SystemClock clock;
  const std::unique_ptr<Files> files = make_posix_files();
  backup::Watch watch(clock, 0);
  const auto share = arguments.copy ? backup::Share::never : backup::Share::link_where_possible;
  Result<backup::Summary> restored = fail(ErrorCode::cancelled, "");
  {
    const Follower follower("restoring", watch, arguments.quiet, clock);
    restored =
        backup::restore_backup(*files, arguments.backup, arguments.data_directory, share, watch);
  }
  if (!restored && restored.error().code == ErrorCode::cancelled)
    return complain("cancelled; nothing of it was kept");
  if (!restored) return complain(restored.error().message);
  const std::uint64_t copied = watch.progress().bytes_copied;
  if (!arguments.quiet)
    fmt::print(stderr,
               "{} files, {}, of which {} copied; as it was on {}\n"
               "  look through it:  dyad verify --offline {}\n"
               "  and go on:        dyad serve --data {}\n",
               grouped(restored->files), human_bytes(static_cast<double>(restored->bytes)),
               human_bytes(static_cast<double>(copied)), time_of(restored->made_ms),
               arguments.data_directory, arguments.data_directory);
  return 0;
}

/// One line of `list`.
std::string describe(Files& files, const std::string& path) {
  const Result<backup::Summary> found = backup::read_manifest(files, path, {});
  if (found)
    return fmt::format("{}  {:>10}  {:>9} files  {}", time_of(found->made_ms),
                       human_bytes(static_cast<double>(found->bytes)), grouped(found->files), path);
  if (files.info(path + "/" + backup::kUnfinishedName))
    return fmt::format("unfinished: under way, or interrupted and to be removed  {}", path);
  return fmt::format("damaged: {}", found.error().message);
}

int list(const std::string& directory) {
  const std::unique_ptr<Files> files = make_posix_files();
  const Result<std::vector<std::string>> names = files->list(directory);
  if (!names) return complain(names.error().message);
  const auto is_backup = [&](const std::string& path) {
    return files->info(path + "/" + backup::kManifestName).has_value() ||
           files->info(path + "/" + backup::kUnfinishedName).has_value();
  };
  if (is_backup(directory)) {
    fmt::print("{}\n", describe(*files, directory));
    return 0;
  }
  for (const std::string& name : *names)
    if (is_backup(directory + "/" + name))
      fmt::print("{}\n", describe(*files, directory + "/" + name));
  return 0;
}

void add_create(CLI::App& backup, int& exit_code) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command = backup.add_subcommand("create", "Back up a running server");
  command->add_option("DIRECTORY", arguments->directory,
                      "Where, on the server's machine: a new directory in its backup directory, or "
                      "a name alone for one there; without it the server makes a name of the time");
  command
      ->add_option("--rate-mib", arguments->rate_mib,
                   "Read and write at most so many MiB a second; 0: any number")
      ->check(CLI::Range(0u, 1u << 20));
  command->add_flag("--copy", arguments->copy,
                    "Copy everything, also where links on the same file system would do");
  command->add_flag("--quiet", arguments->quiet, "Do not tell how far it is");
  add_target_options(*command, arguments->target);
  command->footer(
      "The server goes on while it is backed up. The backup is the whole server at one moment: "
      "all\n"
      "that was answered before the command began, and nothing in part. Only the root user may "
      "ask\n"
      "for one, and the server makes it under its own backup directory alone: DATA-backups beside\n"
      "its data, or what `dyad serve --backup-directory` says. Prints the backup's directory.\n"
      "Ctrl-C cancels it, and nothing of it stays.\n"
      "Bytes of objects and rows' files are linked where the file system is the same: that costs "
      "no\n"
      "space, and a damaged disk damages both. A backup on another disk, or --copy, shares "
      "nothing.\n"
      "It holds the root credentials where the data directory does: keep it as safe.");
  command->callback([arguments, &exit_code] { exit_code = create(*arguments); });
}

void add_restore(CLI::App& backup, int& exit_code) {
  auto arguments = std::make_shared<RestoreArguments>();
  CLI::App* command =
      backup.add_subcommand("restore", "Make a data directory out of a backup; needs no server");
  command->add_option("BACKUP", arguments->backup, "A backup's directory")->required();
  command->add_option("--data", arguments->data_directory, "The data directory to be made")
      ->required();
  command->add_flag("--copy", arguments->copy,
                    "Copy everything, also where links on the same file system would do");
  command->add_flag("--quiet", arguments->quiet, "Do not tell how far it is, nor what to do next");
  command->footer(
      "Reads every byte of the backup and checks it; a data directory that is whole, or none.\n"
      "Ctrl-C cancels it, and nothing of it stays.\n"
      "Nothing is ever overwritten, and the backup stays as it is.");
  command->callback([arguments, &exit_code] { exit_code = restore(*arguments); });
}

void add_list(CLI::App& backup, int& exit_code) {
  auto directory = std::make_shared<std::string>();
  CLI::App* command = backup.add_subcommand("list", "The backups in a directory, or one of them");
  command->add_option("DIRECTORY", *directory, "What holds backups, or is one")->required();
  command->callback([directory, &exit_code] { exit_code = list(*directory); });
}

}  // namespace

void add_backup_command(CLI::App& app, int& exit_code) {
  CLI::App* backup = app.add_subcommand("backup", "Back up a running server, and restore it");
  backup->require_subcommand(1);
  add_create(*backup, exit_code);
  add_restore(*backup, exit_code);
  add_list(*backup, exit_code);
}

}  // namespace dyad::cli
