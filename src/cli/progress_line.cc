#include "cli/progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include "cli/human_numbers.h"

namespace dyad::cli {

ProgressLine::ProgressLine(std::FILE* out, Style style, const Clock& clock)
    : out_(out), style_(style), clock_(clock), told_us_(clock.steady_us()) {}

ProgressLine::Style ProgressLine::style_for(std::FILE* out) {
  return ::isatty(::fileno(out)) == 1 ? Style::terminal : Style::lines;
}

std::string ProgressLine::text(std::int64_t now_us, std::uint64_t done, std::uint64_t total,
                               std::uint64_t bytes) const {
  const double seconds = static_cast<double>(now_us - began_us_) / 1e6;
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = fmt::format("{}: {}", what_, grouped(done));
  if (total > 0) text += " of " + grouped(total);
  if (bytes > 0) text += ", " + human_bytes(static_cast<double>(bytes));
  text += fmt::format(", {}/s", grouped(static_cast<std::uint64_t>(rate)));
  if (total > done && rate > 0)
    text += ", " + human_duration(static_cast<double>(total - done) / rate) + " left";
  return text;
}

void ProgressLine::update(std::string_view what, std::uint64_t done, std::uint64_t total,
                          std::uint64_t bytes) {
  if (style_ == Style::quiet) return;
  const std::int64_t now_us = clock_.steady_us();
  if (what != what_) {
    what_ = what;
    began_us_ = now_us;
  }
  if (now_us - told_us_ < (style_ == Style::terminal ? kTerminalEveryUs : kLogEveryUs)) return;
  told_us_ = now_us;
  if (style_ == Style::terminal) {
    // Carriage return, the line, and what an earlier one left behind it is erased.
    fmt::print(out_, "\r{}\x1b[K", text(now_us, done, total, bytes));
    line_open_ = true;
  } else {
    fmt::print(out_, "{}\n", text(now_us, done, total, bytes));
  }
  std::fflush(out_);
}

void ProgressLine::end() {
  if (!line_open_) return;
  fmt::print(out_, "\r\x1b[K");
  std::fflush(out_);
  line_open_ = false;
}

}  // namespace dyad::cli
