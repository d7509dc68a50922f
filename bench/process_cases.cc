#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "http_setup.h"
#include "load.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr int kMaxStartMs = 60'000;
constexpr useconds_t kPollPauseUs = 500;
/// What a server that has just started still does at once is done by then.
constexpr useconds_t kSettleUs = 2'000'000;

/// A Dyad of the case's own, beside the one that the others load.
class OwnServer {
 public:
  OwnServer(Bed& bed, std::string name) : bed_(bed) {
    server_.data = bed.scratch + "/" + name;
    server_.target.region = bed.options.region;
    server_.target.credentials = {bed.options.access_key, bed.options.secret_key, ""};
  }

  /// Until it answers, from before the program begins: milliseconds.
  Result<double> start() {
    DYAD_TRY_ASSIGN(server_.target.address, free_address());
    const Clock& clock = bed_.reactor.clock();
    const std::int64_t began_us = clock.steady_us();
    DYAD_TRY_ASSIGN(
        ServerProcess process,
        ServerProcess::start(dyad_command(bed_.options, server_.data, server_.target.address)));
    server_.pid = process.pid();
    server_.process.emplace(std::move(process));
    for (;;) {
      const Result<> healthy = sync_wait(bed_.reactor, ask_health(bed_.reactor, server_.target));
      const std::int64_t took_us = clock.steady_us() - began_us;
      if (healthy) return static_cast<double>(took_us) / 1000;
      if (!server_.process->running() || took_us > kMaxStartMs * 1000)
        return fail(ErrorCode::cancelled, "it did not start: " + server_.process->log_end());
      ::usleep(kPollPauseUs);
    }
  }

  Result<> stop() { return server_.process->stop(); }
  void kill() { server_.process->kill(); }
  Result<double> resident_mib() const {
    DYAD_TRY_ASSIGN(const MemoryUse use, memory_use_of(server_.pid));
    return static_cast<double>(use.resident_bytes) / kMiB;
  }
  Server& server() { return server_; }

 private:
  Bed& bed_;
  Server server_;
};

/// How long it takes to be there: new, after a clean stop with data, and after kill -9 amid writes.
class StartCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t round) override {
    if (!bed.options.endpoint.empty()) return Measurement();
    OwnServer own(bed, fmt::format("start-{}", round));
    Measurement measured;
    const auto tell = [&](std::string name, std::string unit, double value) {
      measured.facts.push_back({std::move(name), std::move(unit), value});
    };
    DYAD_TRY_ASSIGN(const double fresh_ms, own.start());
    tell("start, new directory", "ms", fresh_ms);
    ::usleep(kSettleUs);
    DYAD_TRY_ASSIGN(const double idle_mib, own.resident_mib());
    tell("idle memory, new directory", "MiB", idle_mib);

    DYAD_TRY(ensure_loaded(bed, own.server(), Dataset::items));
    DYAD_TRY(own.stop());
    DYAD_TRY_ASSIGN(const double clean_ms, own.start());
    tell("start after a clean stop", "ms", clean_ms);
    ::usleep(kSettleUs);
    DYAD_TRY_ASSIGN(const double loaded_mib, own.resident_mib());
    tell("idle memory, with data", "MiB", loaded_mib);

    DYAD_TRY(load_with(bed, own.server(), *make_put_item(bed.pool, PutItemKind::plain),
                       key_count(bed.options, own.server())));
    own.kill();
    DYAD_TRY_ASSIGN(const double killed_ms, own.start());
    tell("start after kill -9", "ms", killed_ms);
    DYAD_TRY(own.stop());
    std::error_code ignored;
    std::filesystem::remove_all(own.server().data, ignored);
    return measured;
  }
};

/// Connections that have asked once and then stay idle.
class ConnectionsCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t) override {
    if (!bed.options.endpoint.empty()) return Measurement();
    OwnServer own(bed, "connections");
    DYAD_TRY(own.start());
    ::usleep(kSettleUs);
    DYAD_TRY_ASSIGN(const double before_mib, own.resident_mib());
    double after_mib = 0;
    DYAD_TRY_ASSIGN(after_mib, sync_wait(bed.reactor, connect_all(bed, own)));
    const double count = bed.options.idle_connections;
    Measurement measured;
    measured.facts.push_back(
        {fmt::format("memory with {:.0f} idle connections", count), "MiB", after_mib});
    measured.facts.push_back(
        {"memory of an idle connection", "KiB", (after_mib - before_mib) * 1024 / count});
    DYAD_TRY(own.stop());
    return measured;
  }

 private:
  Task<Result<double>> connect_all(Bed& bed, OwnServer& own) {
    std::vector<std::unique_ptr<HttpConnection>> connections;
    HttpRequest request;
    request.method = "GET";
    request.target = "/";
    HttpAnswer answer;
    for (std::uint32_t i = 0; i < bed.options.idle_connections; ++i) {
      DYAD_CO_TRY_ASSIGN(
          std::unique_ptr<HttpConnection> connection,
          co_await HttpConnection::open(bed.reactor, own.server().target, s3_form()));
      DYAD_CO_TRY(co_await connection->exchange(request, answer));
      if (answer.status != 200) co_return fail(unexpected_answer(answer.status, answer.body()));
      connections.push_back(std::move(connection));
    }
    co_return own.resident_mib();
  }
};

/// `dyad backup create` and `restore`, of objects that have files.
class BackupCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t) override {
    if (bed.options.server.empty() || !bed.options.endpoint.empty()) return Measurement();
    OwnServer own(bed, "backup");
    const std::string backups = own.server().data + "-backups";
    const std::string restored = own.server().data + "-restored";
    DYAD_TRY(own.start());
    DYAD_TRY(ensure_bucket(bed, own.server(), kLargeBucketName));
    DYAD_TRY(sync_wait(bed.reactor, put_objects(bed, own.server().target)));
    const std::vector<std::string> to = {"--endpoint", "http://" + own.server().target.address,
                                         "--region", bed.options.region};
    DYAD_TRY_ASSIGN(const double linked_s, run(bed, {"create", "linked"}, to));
    DYAD_TRY_ASSIGN(const double create_s, run(bed, {"create", "copied", "--copy"}, to));
    DYAD_TRY_ASSIGN(const double restore_s,
                    run(bed, {"restore", backups + "/copied", "--data", restored, "--copy"}, {}));
    DYAD_TRY(own.stop());
    constexpr double kMegabytes = kObjects * kObjectBytes / 1e6;
    Measurement measured;
    measured.facts.push_back(
        {fmt::format("backup create, {:.0f} MB linked", kMegabytes), "ms", linked_s * 1000});
    measured.facts.push_back({"backup create --copy", "MB/s", kMegabytes / create_s});
    measured.facts.push_back({"backup restore --copy", "MB/s", kMegabytes / restore_s});
    std::error_code ignored;
    for (const std::string& path : {own.server().data, backups, restored})
      std::filesystem::remove_all(path, ignored);
    return measured;
  }

 private:
  static constexpr int kObjects = 32;
  static constexpr std::size_t kObjectBytes = 16u << 20;

  static Task<Result<>> put_objects(Bed& bed, Target target) {
    std::string content;
    while (content.size() < kObjectBytes)
      content.append(bed.pool.cut(content.size(), TextPool::kBytes / 2));
    content.resize(kObjectBytes);
    for (int i = 0; i < kObjects; ++i) {
      HttpRequest request;
      request.method = "PUT";
      request.target = fmt::format("/{}/backed-up-{}", kLargeBucketName, i);
      request.shared_body = content;
      request.payload_hash = "UNSIGNED-PAYLOAD";
      DYAD_CO_TRY_ASSIGN(const HttpAnswer answer,
                         co_await ask_once(bed.reactor, target, s3_form(), std::move(request)));
      if (answer.status != 200) co_return fail(unexpected_answer(answer.status, answer.body()));
    }
    co_return Result<>();
  }

  /// `dyad backup ...` to its end: seconds.
  static Result<double> run(Bed& bed, std::vector<std::string> arguments,
                            const std::vector<std::string>& more) {
    ServerSpec spec;
    spec.command = {bed.options.server, "backup"};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    spec.command.insert(spec.command.end(), more.begin(), more.end());
    spec.environment = {{"AWS_ACCESS_KEY_ID", bed.options.access_key},
                        {"AWS_SECRET_ACCESS_KEY", bed.options.secret_key}};
    spec.log = bed.scratch + "/backup-command.log";
    const Clock& clock = bed.reactor.clock();
    const std::int64_t began_us = clock.steady_us();
    DYAD_TRY_ASSIGN(ServerProcess process, ServerProcess::start(spec));
    while (process.running()) ::usleep(kPollPauseUs);
    const std::int64_t took_us = clock.steady_us() - began_us;
    DYAD_TRY(process.stop());
    return static_cast<double>(took_us) / 1e6;
  }
};

/// The program without its symbols.
class SizeCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t) override {
    if (bed.options.server.empty()) return Measurement();
    const std::string out = bed.scratch + "/stripped";
    std::string program = "strip", flag = "-o";
    std::string to = out, from = bed.options.server;
    char* const arguments[] = {program.data(), flag.data(), to.data(), from.data(), nullptr};
    pid_t pid = 0;
    if (::posix_spawnp(&pid, "strip", nullptr, nullptr, arguments, environ) != 0)
      return fail(ErrorCode::not_found, "strip does not run");
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || status != 0)
      return fail(ErrorCode::io_error, "strip failed on " + from);
    std::error_code error;
    const auto bytes = std::filesystem::file_size(out, error);
    if (error) return fail(ErrorCode::io_error, error.message());
    std::filesystem::remove(out, error);
    Measurement measured;
    measured.facts.push_back({"stripped program", "MiB", static_cast<double>(bytes) / kMiB});
    return measured;
  }
};

CaseInfo info_of(std::string name, bool once) {
  CaseInfo info;
  info.name = std::move(name);
  info.group = "process";
  info.once = once;
  return info;
}

}  // namespace

void add_process_cases(Cases& cases) {
  cases.push_back(std::make_unique<StartCase>(info_of("start", false)));
  cases.push_back(std::make_unique<ConnectionsCase>(info_of("connections", true)));
  cases.push_back(std::make_unique<BackupCase>(info_of("backup", true)));
  cases.push_back(std::make_unique<SizeCase>(info_of("size", true)));
}

}  // namespace dyad::bench
