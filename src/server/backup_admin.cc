#include "server/backup_admin.h"

#include <simdjson.h>

#include "protocol/json_parser.h"
#include "protocol/json_writer.h"

namespace dyad::server {
namespace {

std::string_view word_of(Backups::Phase phase) {
  switch (phase) {
    case Backups::Phase::running:
      return "RUNNING";
    case Backups::Phase::done:
      return "DONE";
    case Backups::Phase::failed:
      return "FAILED";
    case Backups::Phase::cancelled:
      return "CANCELLED";
  }
  return "FAILED";
}

std::string document_of(const Backups::State& state) {
  std::string out = "{\"State\":";
  protocol::append_json_string(out, word_of(state.phase));
  const auto text = [&out](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    protocol::append_json_string(out, value);
  };
  const auto number = [&out](std::string_view name, std::uint64_t value) {
    out += ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  number("BackupNumber", state.id);
  text("Directory", state.directory);
  number("FilesDone", state.progress.files_done);
  number("FilesTotal", state.progress.files_total);
  number("BytesDone", state.progress.bytes_done);
  number("BytesTotal", state.progress.bytes_total);
  number("BytesCopied", state.progress.bytes_copied);
  number("BeganMillis", static_cast<std::uint64_t>(state.began_ms));
  if (state.ended_ms != 0) number("EndedMillis", static_cast<std::uint64_t>(state.ended_ms));
  if (state.phase == Backups::Phase::done) {
    number("Moment", state.summary.moment.value());
    number("Objects", state.summary.blobs);
  }
  if (!state.error.empty()) text("Error", state.error);
  return out + "}";
}

Result<Backups::Order> order_of(std::string_view body) {
  protocol::JsonParser parser;
  DYAD_TRY_ASSIGN(const simdjson::dom::element root, parser.parse(body));
  simdjson::dom::object fields;
  if (root.get(fields) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_argument, "the request is not a JSON object");
  Backups::Order order;
  for (const auto& [name, value] : fields) {
    std::string_view text;
    bool flag = false;
    bool good = true;
    if (name == "Directory") {
      good = value.get(text) == simdjson::SUCCESS;
      order.directory = text;
    } else if (name == "BytesPerSecond") {
      good = value.get(order.bytes_per_second) == simdjson::SUCCESS;
    } else if (name == "Copy") {
      good = value.get(flag) == simdjson::SUCCESS;
      if (flag) order.share = backup::Share::never;
    } else {
      good = false;
    }
    if (!good)
      return fail(ErrorCode::invalid_argument,
                  "the member " + std::string(name) + " is not known, or not of its type");
  }
  return order;
}

}  // namespace

Task<Result<std::string>> BackupAdmin::call(std::string operation, std::string_view body) {
  Result<Backups::State> state = fail(ErrorCode::unsupported, "there is no such operation");
  if (operation == "CreateBackup") {
    DYAD_CO_TRY_ASSIGN(const Backups::Order order, order_of(body));
    const auto work = [this, &order] { return backups_.create(order); };
    state = co_await workers_.run(work);
  } else if (operation == "DescribeBackup") {
    state = backups_.describe();
  } else if (operation == "CancelBackup") {
    state = backups_.cancel();
  }
  if (!state) co_return fail(std::move(state).error());
  co_return document_of(*state);
}

}  // namespace dyad::server
