#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/human_numbers.h"
#include "cli/target.h"
#include "client/metric_samples.h"
#include "client/service_calls.h"
#include "protocol/json_writer.h"

namespace dyad::cli {
namespace {

constexpr int kBucketPage = 1000;
constexpr int kTablePage = 100;
constexpr std::size_t kNamesShown = 8;
/// Tables of these names are buckets, which are told as such.
constexpr std::string_view kBucketTables = "s3.";
constexpr std::size_t kMaxBucketChars = 63;

struct Arguments {
  TargetArguments target;
  bool json = false;
};

struct Status {
  client::CallerIdentity caller;
  client::NamePage buckets;
  client::NamePage tables;
  bool healthy = false;
  client::MetricSamples metrics{{}};
};

/// A first page of what is no bucket. The tables of many buckets may fill the first page, so a
/// second one begins behind them.
Task<Result<client::NamePage>> first_tables(client::AwsClient& client) {
  const std::string behind_buckets = std::string(kBucketTables) + std::string(kMaxBucketChars, 'z');
  DYAD_CO_TRY_ASSIGN(client::NamePage tables, co_await client::list_tables(client, kTablePage, {}));
  const bool cut_short = tables.more && tables.names.back() < behind_buckets;
  if (cut_short) {
    DYAD_CO_TRY_ASSIGN(client::NamePage rest,
                       co_await client::list_tables(client, kTablePage, behind_buckets));
    tables.names.insert(tables.names.end(), rest.names.begin(), rest.names.end());
    tables.more = rest.more;
  }
  std::erase_if(tables.names, [](const std::string& n) { return n.starts_with(kBucketTables); });
  co_return tables;
}

Task<Result<Status>> ask(client::AwsClient& client) {
  Status status;
  DYAD_CO_TRY_ASSIGN(status.caller, co_await client::get_caller_identity(client));
  DYAD_CO_TRY_ASSIGN(status.buckets, co_await client::list_buckets(client, kBucketPage));
  DYAD_CO_TRY_ASSIGN(status.tables, co_await first_tables(client));
  // For operators: AWS has no such pages, and a server behind a gateway may not show them.
  DYAD_CO_TRY_ASSIGN(const client::Answer health, co_await client.get_unsigned("/health"));
  status.healthy = health.ok();
  DYAD_CO_TRY_ASSIGN(const client::Answer metrics, co_await client.get_unsigned("/metrics"));
  if (metrics.ok()) status.metrics = client::MetricSamples(metrics.body);
  co_return status;
}

/// Name and value of one line, and what JSON says of it.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  void text(std::string_view label, std::string_view name, std::string_view value) {
    if (!json_) return line(label, value);
    begin(name);
    protocol::append_json_string(out_, value);
  }
  /// Not said where it is not known.
  void number(std::string_view label, std::string_view name, std::optional<double> value,
              std::string_view shown) {
    if (!value || std::isnan(*value)) return;
    if (!json_) return line(label, shown);
    begin(name);
    protocol::append_json_integer(out_, std::llround(*value));
  }
  void names(std::string_view label, std::string_view name, const client::NamePage& page) {
    if (!json_) return line(label, shown(page));
    begin(name);
    out_ += "{\"count\": " + std::to_string(page.names.size());
    out_ += std::string(", \"more\": ") + (page.more ? "true" : "false") + ", \"names\": [";
    for (const std::string& each : page.names) {
      if (&each != &page.names.front()) out_ += ", ";
      protocol::append_json_string(out_, each);
    }
    out_ += "]}";
  }
  std::string end() && { return json_ ? "{" + out_ + "\n}\n" : out_; }

 private:
  static std::string shown(const client::NamePage& page) {
    std::string text = grouped(page.names.size()) + (page.more ? " or more" : "");
    for (std::size_t i = 0; i < page.names.size() && i < kNamesShown; ++i)
      text += (i == 0 ? ": " : ", ") + page.names[i];
    if (page.names.size() > kNamesShown || page.more) text += ", ...";
    return text;
  }
  /// A name that a server tells may hold what a terminal would obey.
  void line(std::string_view label, std::string_view value) {
    std::string shown(value);
    for (char& c : shown)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    out_ += fmt::format("{:<12}{}\n", label, shown);
  }
  void begin(std::string_view name) {
    out_ += out_.empty() ? "\n  " : ",\n  ";
    protocol::append_json_string(out_, name);
    out_ += ": ";
  }

  const bool json_;
  std::string out_;
};

void report_metrics(Report& report, const client::MetricSamples& metrics, std::int64_t now_ms) {
  if (const auto started_s = metrics.value("dyad_start_time_seconds")) {
    const double uptime_s = std::max(0.0, static_cast<double>(now_ms) / 1000 - *started_s);
    report.number("uptime", "uptimeSeconds", uptime_s, human_duration(uptime_s));
  }
  const auto connections = metrics.value("dyad_connections");
  const double rejected = metrics.value("dyad_connections_rejected").value_or(0);
  if (connections)
    report.number("connections", "connections", *connections,
                  fmt::format("{:.0f} open, {:.0f} turned away", *connections, rejected));
  const char* requests = "dyad_requests_total";
  if (!connections) return;
  const double all = metrics.sum(requests), refused = metrics.sum(requests, "status", "4"),
               failed = metrics.sum(requests, "status", "5");
  report.number("requests", "requests", all,
                fmt::format("{} answered, of them {} refused (4xx), {} failed (5xx)",
                            grouped(static_cast<std::uint64_t>(all)),
                            grouped(static_cast<std::uint64_t>(refused)),
                            grouped(static_cast<std::uint64_t>(failed))));
}

/// Of the bodies of requests that are being read; who is refused for want of it is told to slow
/// down.
void report_memory(Report& report, const client::MetricSamples& metrics, bool json) {
  const auto used = metrics.value("dyad_request_memory_bytes");
  const auto limit = metrics.value("dyad_request_memory_limit_bytes");
  if (!used || !limit) return;
  const auto refused =
      static_cast<std::uint64_t>(metrics.value("dyad_request_memory_refused").value_or(0));
  report.number("bodies", "requestMemoryBytes", used,
                fmt::format("{} of {} in use, {} refused", human_bytes(*used), human_bytes(*limit),
                            grouped(refused)));
  if (!json) return;
  report.number("", "requestMemoryLimitBytes", limit, "");
  report.number("", "requestMemoryRefused", static_cast<double>(refused), "");
}

/// Of large heads; the same.
void report_head_memory(Report& report, const client::MetricSamples& metrics, bool json) {
  const auto used = metrics.value("dyad_head_memory_bytes");
  const auto limit = metrics.value("dyad_head_memory_limit_bytes");
  if (!json || !used || !limit) return;
  report.number("", "headMemoryBytes", used, "");
  report.number("", "headMemoryLimitBytes", limit, "");
  report.number("", "headMemoryRefused", metrics.value("dyad_head_memory_refused"), "");
}

/// Of requests for their turn; those refused because it was too long are told to slow down.
void report_waiting(Report& report, const client::MetricSamples& metrics, bool json) {
  const auto wait_s = metrics.value("dyad_request_wait_seconds");
  const auto shed = metrics.value("dyad_requests_shed");
  if (!wait_s || !shed) return;
  const double wait_ms = *wait_s * 1000;
  report.number("waiting", "requestWaitMilliseconds", wait_ms,
                fmt::format("{:.0f} ms for a request's turn, {} refused", wait_ms,
                            grouped(static_cast<std::uint64_t>(*shed))));
  if (!json) return;
  report.number("", "requestsShed", shed, "");
  const auto commit_wait_s = metrics.value("dyad_commit_wait_seconds");
  if (commit_wait_s) report.number("", "commitWaitMilliseconds", *commit_wait_s * 1000, "");
}

void report_details(Report& report, const client::MetricSamples& metrics, bool json) {
  const auto free_bytes = metrics.value("dyad_free_disk_bytes");
  report.number("free disk", "freeDiskBytes", free_bytes, human_bytes(free_bytes.value_or(0)));
  if (!json || !metrics.value("dyad_connections")) return;
  report.number("", "connectionsTurnedAway", metrics.value("dyad_connections_rejected"), "");
  report.number("", "requestsRefused", metrics.sum("dyad_requests_total", "status", "4"), "");
  report.number("", "requestsFailed", metrics.sum("dyad_requests_total", "status", "5"), "");
}

std::string describe(const Target& target, const Status& status, std::int64_t now_ms, bool json) {
  Report report(json);
  report.text("endpoint", "endpoint", target.client.endpoint.url());
  report.text("health", "health", status.healthy ? "ok" : "not told");
  const std::string version = status.metrics.label("dyad_build_info", "version");
  if (!version.empty()) report.text("version", "version", version);
  report.text("region", "region", target.client.region);
  report.text("account", "account", status.caller.account_id);
  report.text("caller", "caller", status.caller.arn);
  report.names("buckets", "buckets", status.buckets);
  report.names("tables", "tables", status.tables);
  report_metrics(report, status.metrics, now_ms);
  report_memory(report, status.metrics, json);
  report_head_memory(report, status.metrics, json);
  report_waiting(report, status.metrics, json);
  report_details(report, status.metrics, json);
  return std::move(report).end();
}

/// What a person can do about it.
std::string advice(const Target& target, const Error& error) {
  switch (error.code) {
    case ErrorCode::cancelled:
    case ErrorCode::deadline_exceeded:
      return "\n  is the server up?  dyad serve --data DIR";
    case ErrorCode::permission_denied:
      return fmt::format(
          "\n  these credentials come from the {}; for those of a server on this machine:\n"
          "  eval $(dyad env --data DIR)",
          target.found_by);
    default:
      return {};
  }
}

int status(const Arguments& arguments) {
  Session session;
  const Result<Target> target = find_target(session, arguments.target);
  if (!target) {
    fmt::print(stderr, "dyad: {}\n", target.error().message);
    return 1;
  }
  const Result<Status> found = session.call<Status>(target->client, ask);
  if (!found) {
    fmt::print(stderr, "dyad: {}: {}{}\n", target->client.endpoint.url(), found.error().message,
               advice(*target, found.error()));
    return 1;
  }
  fmt::print("{}", describe(*target, *found, session.clock().wall_ms(), arguments.json));
  return 0;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("status", "How a running server is, and what it holds");
  add_target_options(*command, arguments->target);
  command->add_flag("--json", arguments->json, "One JSON object, for programs");
  command->footer(
      "Which server: that of --data DIR; or --endpoint and --profile, completed by "
      "AWS_ENDPOINT_URL,\n"
      "AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_CA_BUNDLE and\n"
      "~/.aws as AWS's own tools do; or, where none of these is set, that of DYAD_DATA or ./data.\n"
      "Exit status: 0 it answers, 1 it does not, or not to these credentials.");
  command->callback([arguments, &exit_code] { exit_code = status(*arguments); });
}

}  // namespace dyad::cli
