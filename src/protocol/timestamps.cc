#include "protocol/timestamps.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace dyad::protocol {
namespace {

using std::chrono::sys_days;

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::int64_t kMsPerDay = 86'400'000;

/// 0001-01-01 to 9999-12-31, what the text formats can say.
constexpr std::int64_t kMinMs = -62'135'596'800'000;
constexpr std::int64_t kMaxMs = 253'402'300'799'999;

struct Civil {
  int year, month, day, weekday, hour, minute, second, millisecond;
};

Civil civil_of(UtcMs time) {
  const std::int64_t ms = std::clamp(time.ms, kMinMs, kMaxMs);
  std::int64_t days = ms / kMsPerDay;
  std::int64_t rest = ms % kMsPerDay;
  if (rest < 0) {
    rest += kMsPerDay;
    --days;
  }
  const sys_days day{std::chrono::days(days)};
  const std::chrono::year_month_day date(day);
  const auto of_day = static_cast<int>(rest);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .weekday = static_cast<int>(std::chrono::weekday(day).c_encoding()),
          .hour = of_day / 3'600'000,
          .minute = of_day / 60'000 % 60,
          .second = of_day / 1000 % 60,
          .millisecond = of_day % 1000};
}

/// Text of a known greatest length, appended in one go.
class ShortText {
 public:
  void put(char c) { text_[size_++] = c; }
  void put(std::string_view piece) {
    for (const char c : piece) put(c);
  }
  void digits(int value, std::size_t width) {
    for (std::size_t i = width; i-- > 0; value /= 10) {
      text_[size_ + i] = static_cast<char>('0' + value % 10);
    }
    size_ += width;
  }
  void clock(const Civil& civil) {
    digits(civil.hour, 2);
    put(':');
    digits(civil.minute, 2);
    put(':');
    digits(civil.second, 2);
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[32];  // The longest is "Tue, 14 Nov 2023 22:13:20 GMT".
  std::size_t size_ = 0;
};

void append_iso8601(std::string& out, UtcMs time) {
  const Civil civil = civil_of(time);
  ShortText text;
  text.digits(civil.year, 4);
  text.put('-');
  text.digits(civil.month, 2);
  text.put('-');
  text.digits(civil.day, 2);
  text.put('T');
  text.clock(civil);
  text.put('.');
  text.digits(civil.millisecond, 3);
  text.put('Z');
  out += text.view();
}

void append_rfc822(std::string& out, UtcMs time) {
  const Civil civil = civil_of(time);
  ShortText text;
  text.put(kWeekdays.substr(static_cast<std::size_t>(civil.weekday) * 3, 3));
  text.put(", ");
  text.digits(civil.day, 2);
  text.put(' ');
  text.put(kMonths.substr(static_cast<std::size_t>(civil.month - 1) * 3, 3));
  text.put(' ');
  text.digits(civil.year, 4);
  text.put(' ');
  text.clock(civil);
  text.put(" GMT");
  out += text.view();
}

void append_unix_seconds(std::string& out, UtcMs time) {
  const std::int64_t ms = time.ms;
  const bool negative = ms < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  if (negative) out += '-';
  out += std::to_string(magnitude / 1000);
  if (magnitude % 1000 != 0) {
    ShortText fraction;
    fraction.put('.');
    fraction.digits(static_cast<int>(magnitude % 1000), 3);
    out += fraction.view();
  }
}

/// Takes a text apart; a mismatch turns `ok` false for good.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  void literal(std::string_view text) {
    ok = ok && rest.starts_with(text);
    if (ok) rest.remove_prefix(text.size());
  }
  int digits(std::size_t count) {
    int value = 0;
    ok = ok && rest.size() >= count;
    for (std::size_t i = 0; ok && i < count; ++i) {
      ok = rest[i] >= '0' && rest[i] <= '9';
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(count);
    return ok ? value : 0;
  }
  int month() {
    const std::size_t at = rest.size() < 3 ? kMonths.npos : kMonths.find(rest.substr(0, 3));
    ok = ok && at != kMonths.npos && at % 3 == 0;
    if (ok) rest.remove_prefix(3);
    return ok ? static_cast<int>(at / 3) + 1 : 0;
  }
};

std::optional<UtcMs> from_civil(const Civil& civil) {
  const std::chrono::year_month_day date(std::chrono::year(civil.year),
                                         std::chrono::month(static_cast<unsigned>(civil.month)),
                                         std::chrono::day(static_cast<unsigned>(civil.day)));
  if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return UtcMs{days * kMsPerDay + civil.hour * 3'600'000LL + civil.minute * 60'000LL +
               civil.second * 1000LL + civil.millisecond};
}

/// Milliseconds of ".123456"; the point is still there or nothing is.
int fraction_ms(Scanner& scan) {
  if (!scan.rest.starts_with('.')) return 0;
  scan.rest.remove_prefix(1);
  int ms = 0;
  std::size_t digits = 0;
  while (!scan.rest.empty() && scan.rest[0] >= '0' && scan.rest[0] <= '9') {
    if (digits < 3) ms = ms * 10 + (scan.rest[0] - '0');
    ++digits;
    scan.rest.remove_prefix(1);
  }
  scan.ok = scan.ok && digits > 0;
  for (; digits < 3; ++digits) ms *= 10;
  return ms;
}

/// Minutes east of Greenwich: "Z", "+01:00", "-0530".
int zone_minutes(Scanner& scan) {
  if (scan.rest.starts_with('Z')) {
    scan.literal("Z");
    return 0;
  }
  const bool west = scan.rest.starts_with('-');
  scan.literal(west ? "-" : "+");
  const int hours = scan.digits(2);
  if (scan.rest.starts_with(':')) scan.literal(":");
  const int minutes = scan.digits(2);
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

std::optional<UtcMs> parse_iso8601(std::string_view text) {
  Scanner scan{text};
  Civil civil{};
  civil.year = scan.digits(4);
  scan.literal("-");
  civil.month = scan.digits(2);
  scan.literal("-");
  civil.day = scan.digits(2);
  scan.literal("T");
  civil.hour = scan.digits(2);
  scan.literal(":");
  civil.minute = scan.digits(2);
  scan.literal(":");
  civil.second = scan.digits(2);
  civil.millisecond = fraction_ms(scan);
  const int zone = zone_minutes(scan);
  if (!scan.ok || !scan.rest.empty()) return std::nullopt;
  auto time = from_civil(civil);
  if (time) time->ms -= zone * 60'000LL;
  return time;
}

void scan_clock(Scanner& scan, Civil& civil) {
  civil.hour = scan.digits(2);
  scan.literal(":");
  civil.minute = scan.digits(2);
  scan.literal(":");
  civil.second = scan.digits(2);
}

/// Sun, 06 Nov 1994 08:49:37 GMT, and RFC 850's Sunday, 06-Nov-94 08:49:37 GMT.
std::optional<UtcMs> parse_with_weekday(std::string_view text, std::size_t comma) {
  Scanner scan{text.substr(comma + 1)};
  Civil civil{};
  scan.literal(" ");
  civil.day = scan.digits(2);
  const bool old_form = scan.rest.starts_with('-');
  const std::string_view separator = old_form ? "-" : " ";
  scan.literal(separator);
  civil.month = scan.month();
  scan.literal(separator);
  civil.year = scan.digits(old_form ? 2 : 4);
  // RFC 9110 5.6.7 reads a two-digit year as the past one nearest to now; a fixed window does.
  if (old_form) civil.year += civil.year < 70 ? 2000 : 1900;
  scan.literal(" ");
  scan_clock(scan, civil);
  scan.literal(scan.rest.ends_with("GMT") ? " GMT" : " +0000");
  if (!scan.ok || !scan.rest.empty()) return std::nullopt;
  return from_civil(civil);
}

/// asctime: Sun Nov  6 08:49:37 1994.
std::optional<UtcMs> parse_asctime(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  Scanner scan{text.substr(3)};
  Civil civil{};
  scan.literal(" ");
  civil.month = scan.month();
  scan.literal(" ");
  if (scan.rest.starts_with(' ')) {
    scan.literal(" ");
    civil.day = scan.digits(1);
  } else {
    civil.day = scan.digits(2);
  }
  scan.literal(" ");
  scan_clock(scan, civil);
  scan.literal(" ");
  civil.year = scan.digits(4);
  if (!scan.ok || !scan.rest.empty()) return std::nullopt;
  return from_civil(civil);
}

std::optional<UtcMs> parse_unix_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const double ms = seconds * 1000;
  if (!(ms >= static_cast<double>(kMinMs) && ms <= static_cast<double>(kMaxMs))) {
    return std::nullopt;
  }
  return UtcMs{static_cast<std::int64_t>(ms + (ms < 0 ? -0.5 : 0.5))};
}

}  // namespace

void append_timestamp(std::string& out, UtcMs time, TimestampFormat format) {
  switch (format) {
    case TimestampFormat::unix_seconds:
      return append_unix_seconds(out, time);
    case TimestampFormat::iso8601:
      return append_iso8601(out, time);
    case TimestampFormat::iso8601_short:
      append_iso8601(out, time);
      if (out.ends_with(".000Z")) out.replace(out.size() - 5, 5, "Z");
      return;
    case TimestampFormat::rfc822:
      return append_rfc822(out, time);
  }
}

std::string to_string(UtcMs time, TimestampFormat format) {
  std::string out;
  append_timestamp(out, time, format);
  return out;
}

std::optional<UtcMs> parse_timestamp(std::string_view text, TimestampFormat format) {
  if (format == TimestampFormat::unix_seconds) return parse_unix_seconds(text);
  if (format != TimestampFormat::rfc822) return parse_iso8601(text);
  const std::size_t comma = text.find(',');
  return comma == text.npos ? parse_asctime(text) : parse_with_weekday(text, comma);
}

}  // namespace dyad::protocol
