#include "server/node.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "auth/authorizer.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "gateway/s3_answer.h"
#include "http/server.h"
#include "runtime/certificate_info.h"
#include "runtime/readiness_probe.h"
#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "server/announcement.h"
#include "server/backup_admin.h"
#include "server/backups.h"
#include "server/data_directory.h"
#include "server/maintenance.h"
#include "server/own_certificate.h"
#include "server/start_errors.h"
#include "services/dynamodb/cors_policy.h"
#include "services/dynamodb/item_json_hooks.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service.h"
#include "services/s3/cors_policy.h"
#include "services/s3/large_upload.h"
#include "services/s3/operations.h"
#include "services/s3/service.h"
#include "services/sts/operations.h"
#include "services/sts/service.h"
#include "table/reaper.h"
#include "table/tables.h"

namespace dyad::server {
namespace {

/// Tables of these names belong to buckets.
const std::vector<std::string> kReservedTablePrefixes = {"s3.", "s3-versions."};

constexpr std::int64_t kSettleDeadlineMs = 600'000;

// The gateway counts memory that is taken below it, and knows none of those floors.
static_assert(gateway::kLongStreamedBodyBytes >=
              s3::LargeUpload::kMemoryBytes + blob::kFramePayloadBytes);
static_assert(gateway::kGatheredBodyBytes <= blob::kLongBlobBytes &&
              gateway::kGatheredBytes >= blob::kLongBlobGatheredBytes);

/// From the root, and without a slash at its end.
std::string whole_path(const std::string& path) {
  std::string whole = std::filesystem::absolute(path).lexically_normal();
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return whole;
}

bool is_loopback(std::string_view listen) {
  return listen.starts_with("127.") || listen.starts_with("localhost:") ||
         listen.starts_with("[::1]:");
}

Result<> check_options(const NodeOptions& options) {
  if (options.data_directory.empty())
    return fail(ErrorCode::invalid_argument, "a data directory is needed: --data DIR");
  DYAD_TRY(check_region(options.region));
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return fail(ErrorCode::invalid_argument, "--tls-cert and --tls-key go together");
  if (options.tls_self_signed && !options.tls_certificate.empty())
    return fail(ErrorCode::invalid_argument,
                "--tls makes a certificate; with --tls-cert and --tls-key there is one");
  const bool secure = options.tls_self_signed || !options.tls_certificate.empty();
  if (!is_loopback(options.listen) && !secure && !options.insecure)
    return fail(ErrorCode::invalid_argument,
                "listening beyond loopback (" + options.listen +
                    ") needs --tls-cert and --tls-key, --tls, or --insecure for plain HTTP");
  constexpr std::uint64_t kLeastRequestMemory = gateway::kMaxBufferedBodyBytes * 2;
  if (options.request_memory_bytes < kLeastRequestMemory)
    return fail(ErrorCode::invalid_argument,
                "request memory below 32 MiB has no room for the largest request");
  return {};
}

}  // namespace

/// In the order in which they are made; they go in the opposite one.
struct Node::Parts {
  NodeOptions options;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<Reactors> reactors;
  auth::RootCredential root;
  std::shared_ptr<store::CommitLine> commit_line = std::make_shared<store::CommitLine>();
  OpenData data;
  std::optional<auth::CredentialStore> credentials;
  auth::RootOnlyAuthorizer authorizer;
  std::optional<table::Tables> tables;
  std::optional<table::ReadPins> pins;
  std::optional<Backups> backups;
  std::optional<BackupAdmin> backup_admin;
  std::optional<s3::S3Service> s3_service;
  std::optional<dynamodb::DynamoDbService> dynamodb_service;
  std::optional<sts::StsService> sts_service;
  std::optional<gateway::ServiceHandlers> s3_handlers;
  std::optional<gateway::ServiceHandlers> dynamodb_handlers;
  std::optional<gateway::ServiceHandlers> sts_handlers;
  gateway::Metrics metrics;
  std::optional<http::MemoryBudget> body_memory;
  std::optional<gateway::AddressRates> request_rates;
  std::optional<gateway::AddressRates> connection_rates;
  std::optional<gateway::GatewayShared> shared;
  std::vector<std::unique_ptr<dynamodb::ItemJsonHooks>> hooks;
  std::vector<std::unique_ptr<gateway::Admission>> admissions;
  std::vector<std::unique_ptr<ReadinessProbe>> probes;
  std::vector<std::unique_ptr<gateway::Gateway>> gateways;
  std::shared_ptr<TlsServerContext> tls;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<Maintenance> maintenance;
  std::int64_t started_ms = 0;
  bool announced = false;

  Result<> open();
  void wire_services();
  void wire_backups();
  void wire_gateways();
  gateway::Admission& make_admission(Reactor& reactor);
  Result<> listen();
  void add_gauges();
  Result<> say_where();
  Result<> close();
};

Result<> Node::Parts::open() {
  runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  started_ms = runtime->clock().wall_ms();
  reactors = std::make_unique<Reactors>(runtime->clock(), options.reactors);
  store::EmbeddedOptions embedded;
  embedded.cache_bytes = options.cache_bytes;
  embedded.reserve_bytes = options.reserve_bytes;
  embedded.commit_line = commit_line;
  Result<OpenData> opened = open_data(*runtime, options.data_directory, std::move(embedded));
  if (!opened)
    return fail(explain_open_error(runtime->files(), options.data_directory, opened.error()));
  data = std::move(*opened);
  DYAD_TRY_ASSIGN(root, auth::load_root_credential(runtime->files(), runtime->random(),
                                                   root_credentials_path(options.data_directory),
                                                   options.account_id, options.root_access_key_id,
                                                   options.root_secret_access_key));
  credentials.emplace(root.credential);
  tables.emplace(*data.store, *runtime, make_row_codecs());
  pins.emplace(*data.store);
  DYAD_TRY(sync_wait((*reactors)[0], table::settle_pending_blobs(
                                         *tables, *data.blobs,
                                         Deadline::after_ms(runtime->clock(), kSettleDeadlineMs))));
  return {};
}

void Node::Parts::wire_services() {
  s3::S3Options s3_options;
  s3_options.inline_limit_bytes = options.inline_object_bytes;
  s3_service.emplace(*tables, *data.blobs, *pins, s3_options);
  dynamodb::DynamoDbOptions dynamodb_options;
  dynamodb_options.reserved_prefixes = kReservedTablePrefixes;
  dynamodb_service.emplace(*tables, dynamodb_options);
  sts_service.emplace();
  s3_handlers.emplace(s3::s3_operations(*s3_service), s3::make_cors_policy(*s3_service));
  dynamodb_handlers.emplace(dynamodb::dynamodb_operations(*dynamodb_service),
                            dynamodb::make_cors_policy());
  sts_handlers.emplace(sts::sts_operations(*sts_service));
}

void Node::Parts::wire_backups() {
  const std::string data_directory = whole_path(options.data_directory);
  backup::Source source{*runtime, *data.store, *data.blobs, *pins, data_directory};
  source.beside = {"root-credentials", "dyad.toml"};
  for (const std::string& path :
       {own_certificate_path(data_directory), own_key_path(data_directory)})
    source.beside.push_back(std::filesystem::path(path).filename());
  source.server_version = DYAD_VERSION;
  source.keep_free_bytes = options.reserve_bytes;
  backups.emplace(std::move(source), options.backup_directory.empty()
                                         ? data_directory + "-backups"
                                         : whole_path(options.backup_directory));
  backup_admin.emplace(*backups, runtime->workers());
}

void Node::Parts::wire_gateways() {
  gateway::GatewayOptions gateway_options;
  gateway_options.region = options.region;
  gateway_options.account_id = options.account_id;
  gateway_options.accept_sigv2 = options.accept_sigv2;
  for (const std::string& domain : options.domains) gateway_options.domains.push_back(domain);
  body_memory.emplace(options.request_memory_bytes);
  request_rates.emplace(runtime->clock(), options.max_requests_per_s, 0);
  connection_rates.emplace(runtime->clock(), options.max_connections_per_s, 0);
  shared.emplace(gateway::GatewayShared{gateway_options, runtime->clock(), runtime->random(),
                                        *credentials, authorizer, *s3_handlers, *dynamodb_handlers,
                                        *sts_handlers, metrics, *body_memory, *request_rates});
  shared->admin = &*backup_admin;
  for (std::size_t i = 0; i < reactors->size(); ++i) {
    dynamodb::ItemJsonHooks& own = *hooks.emplace_back(std::make_unique<dynamodb::ItemJsonHooks>());
    const auto hooks_of = [&own](const protocol::Operation& operation) {
      return own.hooks(operation);
    };
    gateways.push_back(
        std::make_unique<gateway::Gateway>(*shared, hooks_of, &make_admission((*reactors)[i])));
  }
}

gateway::Admission& Node::Parts::make_admission(Reactor& reactor) {
  // The probe is made after what it tells, and neither moves.
  const std::size_t place = probes.size();
  gateway::Admission& admission = *admissions.emplace_back(std::make_unique<gateway::Admission>(
      std::int64_t{options.max_wait_ms} * 1000, [this, place] { probes[place]->send(); },
      [this](std::int64_t now_us) {
        const store::CommitLine::Look line = commit_line->look(now_us);
        return gateway::Admission::WriteLine{line.waited_us, line.transactions};
      }));
  probes.push_back(std::make_unique<ReadinessProbe>(
      reactor, [&admission](std::int64_t sent_us, std::int64_t came_us) {
        admission.probe_came(sent_us, came_us);
      }));
  return admission;
}

Result<> Node::Parts::listen() {
  http::ServerOptions server_options;
  server_options.listen.max_connections = options.max_connections;
  server_options.head_memory_bytes = options.head_memory_bytes;
  server_options.connection.head_timeout_ms = options.slow_client_ms;
  server_options.connection.pace.grace_ms = options.slow_client_ms;
  server_options.connection.pace.min_bytes_per_s = options.slow_client_bytes_per_s;
  if (connection_rates->limits())
    server_options.admit = [this](const Stream& stream) {
      return connection_rates->admit(stream.peer_address());
    };
  if (options.tls_self_signed) {
    DYAD_TRY(ensure_own_certificate(runtime->files(), runtime->random(), runtime->clock().wall_ms(),
                                    options.data_directory));
    options.tls_certificate = own_certificate_path(options.data_directory);
    options.tls_key = own_key_path(options.data_directory);
  }
  if (!options.tls_certificate.empty()) {
    DYAD_TRY_ASSIGN(tls, TlsServerContext::load(options.tls_certificate, options.tls_key));
    server_options.listen.tls = tls;
  }
  const auto handler_of = [this](std::size_t i) -> http::Handler& { return *gateways[i]; };
  server = std::make_unique<http::Server>(*reactors, runtime->clock(), handler_of, server_options);
  const Result<> started = server->start(options.listen);
  if (!started) return fail(explain_listen_error(options.listen, started.error()));
  add_gauges();
  maintenance =
      std::make_unique<Maintenance>((*reactors)[0], runtime->clock(), *tables, *data.blobs, *pins,
                                    *data.space, MaintenanceOptions());
  maintenance->start();
  return {};
}

void Node::Parts::add_gauges() {
  metrics.add_gauge("dyad_connections", "Connections open now.",
                    [this] { return static_cast<double>(server->connections()); });
  metrics.add_gauge("dyad_connections_rejected", "Connections closed at once over the limit.",
                    [this] { return static_cast<double>(server->rejected()); });
  metrics.add_gauge("dyad_connections_refused_by_rate", "Connections closed over a client's rate.",
                    [this] { return static_cast<double>(server->not_admitted()); });
  metrics.add_gauge("dyad_request_memory_bytes", "Memory that request bodies hold.",
                    [this] { return static_cast<double>(body_memory->used_bytes()); });
  metrics.add_gauge("dyad_request_memory_limit_bytes", "Memory that request bodies may hold.",
                    [this] { return static_cast<double>(body_memory->limit_bytes()); });
  metrics.add_gauge("dyad_request_memory_refused", "Requests refused for want of that memory.",
                    [this] { return static_cast<double>(body_memory->refused()); });
  metrics.add_gauge("dyad_head_memory_bytes", "Memory that large request heads hold.",
                    [this] { return static_cast<double>(server->head_memory().used_bytes()); });
  metrics.add_gauge("dyad_head_memory_limit_bytes", "Memory that large request heads may hold.",
                    [this] { return static_cast<double>(server->head_memory().limit_bytes()); });
  metrics.add_gauge("dyad_head_memory_refused", "Requests refused for want of that memory.",
                    [this] { return static_cast<double>(server->head_memory().refused()); });
  metrics.add_gauge("dyad_requests_shed", "Requests refused because requests waited too long.",
                    [this] {
                      std::uint64_t refused = 0;
                      for (const auto& admission : admissions) refused += admission->refused();
                      return static_cast<double>(refused);
                    });
  metrics.add_gauge("dyad_request_wait_seconds",
                    "How long a request waited for its turn when it was last measured.", [this] {
                      std::int64_t wait_us = 0;
                      for (const auto& admission : admissions)
                        wait_us = std::max(wait_us, admission->wait_us());
                      return static_cast<double>(wait_us) / 1e6;
                    });
  metrics.add_gauge("dyad_commit_wait_seconds",
                    "How long the first of the writes waits that are more than one commit takes.",
                    [this] {
                      const std::int64_t now_us = runtime->clock().steady_us();
                      return static_cast<double>(commit_line->look(now_us).waited_us) / 1e6;
                    });
  metrics.add_gauge("dyad_start_time_seconds", "When this server started, in seconds since 1970.",
                    [this] { return static_cast<double>(started_ms) / 1000; });
  metrics.add_gauge("dyad_free_disk_bytes", "Room on the data directory's disk.",
                    [this] { return static_cast<double>(data.space->free_bytes()); });
  metrics.add_gauge("dyad_writes_refused_by_disk",
                    "1: the disk is nearly full, writes are refused.",
                    [this] { return data.space->low() ? 1.0 : 0.0; });
  metrics.add_gauge("dyad_build_info", "1; what runs here is in the labels.", [] { return 1.0; },
                    {{"version", DYAD_VERSION}, {"region", options.region}});
}

/// For commands that are told a data directory.
Result<> Node::Parts::say_where() {
  Announcement said;
  said.version = DYAD_VERSION;
  said.endpoint = local_endpoint(server->address(), tls != nullptr);
  said.region = options.region;
  said.account_id = options.account_id;
  said.access_key_id = root.credential.access_key_id;
  said.root_from_environment = options.root_access_key_id.has_value();
  if (tls) {
    DYAD_TRY_ASSIGN(const bool signs_itself, certificate_signs_itself(options.tls_certificate));
    if (signs_itself) said.certificate = std::filesystem::absolute(options.tls_certificate);
  }
  said.pid = ::getpid();
  said.started_ms = started_ms;
  announced = true;
  return announce(runtime->files(), options.data_directory, said);
}

Result<> Node::Parts::close() {
  if (announced) {
    const Result<> gone = withdraw_announcement(runtime->files(), options.data_directory);
    if (!gone) log::warning("server.json stays behind", "error=\"{}\"", gone.error().message);
  }
  if (data.space) data.space->end_waits();
  if (backups) backups->stop();
  if (server) server->stop(options.shutdown_grace_ms);
  if (maintenance) maintenance->stop();
  Result<> closed;
  if (data.store) closed = close_data(*runtime, data);
  if (reactors) reactors->stop();
  return closed;
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(NodeOptions options) {
  DYAD_TRY(check_options(options));
  auto parts = std::make_unique<Parts>();
  parts->options = std::move(options);
  Result<> started = parts->open();
  if (started) {
    parts->wire_services();
    parts->wire_backups();
    parts->wire_gateways();
    started = parts->listen();
  }
  if (started) started = parts->say_where();
  if (!started) {
    if (const Result<> closed = parts->close(); !closed)
      log::warning("closing after a failed start", "error=\"{}\"", closed.error().to_string());
    return fail(std::move(started).error());
  }
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

std::string Node::address() const {
  return parts_->server->address();
}
bool Node::secure() const {
  return parts_->tls != nullptr;
}
std::string Node::own_certificate() const {
  if (!parts_->options.tls_self_signed) return {};
  return std::filesystem::absolute(parts_->options.tls_certificate);
}
const auth::RootCredential& Node::root() const {
  return parts_->root;
}
Reactor& Node::reactor() {
  return (*parts_->reactors)[0];
}

Result<> Node::reload(const NodeOptions& fresh) {
  if (parts_->tls) DYAD_TRY(parts_->tls->reload());
  parts_->server->set_max_connections(fresh.max_connections);
  return {};
}

Result<> Node::stop() {
  return parts_->close();
}

}  // namespace dyad::server
