#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

namespace dyad::log {

// Structured logs, one line an event: a fixed sentence and key=value fields, as
// `log::info("listening", "address={} region={}", address, region)`. spdlog stays behind log.cc.
// Never log secrets, bodies or whole items.

enum class Level : std::uint8_t { debug, info, warning, error };

/// Lines below `level` are dropped. Default: info. Thread-safe.
void set_level(Level level);
/// One JSON object a line instead of text. Default: text. Call before the first line.
void use_json(bool json);
bool enabled(Level level);

namespace detail {
void write(Level level, std::string_view event, std::string_view fields);
template <class... Args>
void log(Level level, std::string_view event, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(level)) write(level, event, fmt::format(format, std::forward<Args>(args)...));
}
}  // namespace detail

template <class... Args>
void debug(std::string_view event, fmt::format_string<Args...> format = "", Args&&... args) {
  detail::log<Args...>(Level::debug, event, format, std::forward<Args>(args)...);
}
template <class... Args>
void info(std::string_view event, fmt::format_string<Args...> format = "", Args&&... args) {
  detail::log<Args...>(Level::info, event, format, std::forward<Args>(args)...);
}
template <class... Args>
void warning(std::string_view event, fmt::format_string<Args...> format = "", Args&&... args) {
  detail::log<Args...>(Level::warning, event, format, std::forward<Args>(args)...);
}
template <class... Args>
void error(std::string_view event, fmt::format_string<Args...> format = "", Args&&... args) {
  detail::log<Args...>(Level::error, event, format, std::forward<Args>(args)...);
}

}  // namespace dyad::log
