#include "crypto/amz_date.h"

#include <fmt/core.h>

#include <chrono>

namespace dyad::crypto {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";

struct Moment {
  int year, month, day, hour, minute, second;
  unsigned weekday;
};

Moment moment_of(std::int64_t wall_ms) {
  const auto at =
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(wall_ms));
  const sys_days day = std::chrono::floor<days>(at);
  const year_month_day date(day);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at - day).count();
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(seconds / 3600),
          static_cast<int>(seconds / 60 % 60),
          static_cast<int>(seconds % 60),
          std::chrono::weekday(day).c_encoding()};
}

std::optional<std::int64_t> wall_ms_of(const Moment& m) {
  const year_month_day date(std::chrono::year(m.year),
                            std::chrono::month(static_cast<unsigned>(m.month)),
                            std::chrono::day(static_cast<unsigned>(m.day)));
  if (!date.ok() || m.hour > 23 || m.minute > 59 || m.second > 60) return std::nullopt;
  const std::int64_t day_count = sys_days(date).time_since_epoch().count();
  return ((day_count * 24 + m.hour) * 60 + m.minute) * 60'000 + m.second * 1000;
}

/// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool is_utc_zone(std::string_view zone) {
  return zone == " GMT" || zone == " +0000" || zone == " -0000";
}

bool all_there(const Moment& m) {
  return m.year >= 0 && m.month >= 1 && m.day >= 1 && m.hour >= 0 && m.minute >= 0 && m.second >= 0;
}

}  // namespace

std::optional<std::int64_t> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const Moment m{digits(text, 0, 4),
                 digits(text, 4, 2),
                 digits(text, 6, 2),
                 digits(text, 9, 2),
                 digits(text, 11, 2),
                 digits(text, 13, 2),
                 0};
  if (!all_there(m)) return std::nullopt;
  return wall_ms_of(m);
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  // "Fri, 24 May 2013 00:00:00 GMT"; the weekday is not checked against the date.
  if (text.size() < 29 || text.substr(3, 2) != ", " || !is_utc_zone(text.substr(25)) ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const Moment m{digits(text, 12, 4),
                 static_cast<int>(month / 3) + 1,
                 digits(text, 5, 2),
                 digits(text, 17, 2),
                 digits(text, 20, 2),
                 digits(text, 23, 2),
                 0};
  if (!all_there(m)) return std::nullopt;
  return wall_ms_of(m);
}

std::string to_amz_date(std::int64_t wall_ms) {
  const Moment m = moment_of(wall_ms);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", m.year, m.month, m.day, m.hour, m.minute,
                     m.second);
}

std::string to_iso_date(std::int64_t wall_ms) {
  const Moment m = moment_of(wall_ms);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", m.year, m.month, m.day, m.hour,
                     m.minute, m.second);
}

std::string to_http_date(std::int64_t wall_ms) {
  const Moment m = moment_of(wall_ms);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays.substr(m.weekday * 3, 3),
                     m.day, kMonths.substr((m.month - 1) * 3, 3), m.year, m.hour, m.minute,
                     m.second);
}

}  // namespace dyad::crypto
