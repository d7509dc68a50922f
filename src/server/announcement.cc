#include "server/announcement.h"

#include <signal.h>
#include <simdjson.h>

#include <cerrno>

#include "protocol/json_parser.h"
#include "protocol/json_writer.h"

namespace dyad::server {
namespace {

constexpr std::size_t kMaxFileBytes = 64u << 10;

class Writer {
 public:
  void add(std::string_view name, std::string_view value) {
    begin(name);
    protocol::append_json_string(text_, value);
  }
  void add(std::string_view name, std::int64_t value) {
    begin(name);
    protocol::append_json_integer(text_, value);
  }
  void add_bool(std::string_view name, bool value) {
    begin(name);
    text_ += value ? "true" : "false";
  }
  std::string end() && { return std::move(text_) + "\n}\n"; }

 private:
  void begin(std::string_view name) {
    text_ += text_.size() == 1 ? "\n  " : ",\n  ";
    protocol::append_json_string(text_, name);
    text_ += ": ";
  }
  std::string text_ = "{";
};

}  // namespace

std::string announcement_path(const std::string& data_directory) {
  return data_directory + "/server.json";
}

Result<> announce(Files& files, const std::string& data_directory, const Announcement& said) {
  Writer writer;
  writer.add("version", said.version);
  writer.add("endpoint", said.endpoint);
  writer.add("region", said.region);
  writer.add("account", said.account_id);
  writer.add("accessKeyId", said.access_key_id);
  writer.add_bool("rootFromEnvironment", said.root_from_environment);
  writer.add("certificate", said.certificate);
  writer.add("pid", said.pid);
  writer.add("startedMs", said.started_ms);
  // Atomic, so that nobody reads half of it; not durable, for after a crash nobody needs it.
  const std::string path = announcement_path(data_directory);
  const std::string preparing = path + std::string(kPreparingSuffix);
  {
    DYAD_TRY_ASSIGN(const std::unique_ptr<AppendFile> file,
                    files.open_append(preparing, Files::Create::truncate));
    DYAD_TRY(file->append(std::move(writer).end()));
    DYAD_TRY(file->close());
  }
  return files.rename(preparing, path);
}

Result<> withdraw_announcement(Files& files, const std::string& data_directory) {
  Result<> removed = files.remove(announcement_path(data_directory));
  if (!removed && removed.error().code == ErrorCode::not_found) return {};
  return removed;
}

Result<Announcement> read_announcement(Files& files, const std::string& data_directory) {
  const std::string path = announcement_path(data_directory);
  DYAD_TRY_ASSIGN(const std::string text, read_file(files, path, kMaxFileBytes));
  const auto none = [&] {
    return fail(ErrorCode::corruption,
                path + ": not what a server writes about itself; the next start writes it anew");
  };
  protocol::JsonParser parser;
  const Result<simdjson::dom::element> root = parser.parse(text);
  if (!root) return none();
  bool whole = true;
  const auto text_of = [&](std::string_view name) {
    std::string_view value;
    whole = root->at_key(name).get(value) == simdjson::SUCCESS && whole;
    return std::string(value);
  };
  const auto number_of = [&](std::string_view name) {
    std::int64_t value = 0;
    whole = root->at_key(name).get(value) == simdjson::SUCCESS && whole;
    return value;
  };
  Announcement said;
  said.version = text_of("version");
  said.endpoint = text_of("endpoint");
  said.region = text_of("region");
  said.account_id = text_of("account");
  said.access_key_id = text_of("accessKeyId");
  whole =
      root->at_key("rootFromEnvironment").get(said.root_from_environment) == simdjson::SUCCESS &&
      whole;
  said.certificate = text_of("certificate");
  said.pid = number_of("pid");
  said.started_ms = number_of("startedMs");
  if (!whole) return none();
  return said;
}

std::string local_endpoint(const std::string& listen, bool secure) {
  std::string address = listen;
  if (address.starts_with("0.0.0.0:")) address.replace(0, 7, "127.0.0.1");
  if (address.starts_with("[::]:")) address.replace(0, 4, "[::1]");
  return (secure ? "https://" : "http://") + address;
}

bool process_exists(std::int64_t pid) {
  return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

}  // namespace dyad::server
