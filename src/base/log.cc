#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace dyad::log {
namespace {

// Logs go to standard error; standard output belongs to the command's own answer.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "dyad", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool json_lines = false;

std::string quoted(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace

void set_level(Level level) {
  logger().set_level(level_of(level));
}

void use_json(bool json) {
  json_lines = json;
  logger().set_pattern(json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
                       spdlog::pattern_time_type::utc);
}

bool enabled(Level level) {
  return logger().should_log(level_of(level));
}

void detail::write(Level level, std::string_view event, std::string_view fields) {
  if (json_lines) {
    logger().log(level_of(level), "\"event\":\"{}\",\"fields\":\"{}\"", quoted(event),
                 quoted(fields));
  } else {
    // A newline inside a field must not look like a line of its own.
    std::string line = fields.empty() ? std::string(event) : fmt::format("{} {}", event, fields);
    for (char& c : line)
      if (c == '\n' || c == '\r') c = ' ';
    logger().log(level_of(level), "{}", line);
  }
}

}  // namespace dyad::log
