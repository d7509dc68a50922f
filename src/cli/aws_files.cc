#include "cli/aws_files.h"

#include <algorithm>
#include <filesystem>

#include "cli/environment.h"

namespace dyad::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxProfileChars = 128;
constexpr std::string_view kMark = "# Written by `dyad profile`";
constexpr std::string_view kMarkLine =
    "# Written by `dyad profile`, which may write it again or remove it.\n";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The first line of `text`, with its newline.
std::string_view line_at(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

/// "profile  x" and "profile x" are one section.
bool same_section(std::string_view line, std::string_view section) {
  line = trimmed(line);
  if (!line.starts_with('[')) return false;
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return false;
  std::string name;
  for (const char c : trimmed(line.substr(1, end - 1))) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && name.ends_with(' ')) continue;
    name += blank ? ' ' : c;
  }
  return name == section;
}

/// Where a section's header begins, where its lines begin and where they end.
struct Place {
  std::size_t header = 0;
  std::size_t lines = 0;
  std::size_t end = 0;
};

/// Lines between a section and the next that only part them belong to neither.
std::size_t end_of_content(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t content_end = begin;
  for (std::size_t at = begin; at < end;) {
    const std::string_view line = line_at(text.substr(at));
    at += line.size();
    if (!trimmed(line).empty()) content_end = at;
  }
  return content_end;
}

std::optional<Place> find_section(std::string_view text, std::string_view section) {
  std::optional<Place> place;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view line = line_at(text.substr(at));
    if (place && line.starts_with('[')) break;
    if (!place && same_section(line, section)) place = Place{at, at + line.size(), 0};
    at += line.size();
  }
  if (place) place->end = end_of_content(text, place->lines, at);
  return place;
}

bool is_fit_for_profile(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.@+:/").find(static_cast<char>(c)) != std::string_view::npos;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

std::string aws_config_path() {
  return expand_home(environment("AWS_CONFIG_FILE").value_or("~/.aws/config"));
}
std::string aws_credentials_path() {
  return expand_home(environment("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"));
}

Result<> check_profile_name(const std::string& name) {
  if (!name.empty() && name.size() <= kMaxProfileChars &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return is_fit_for_profile(c); }))
    return {};
  return fail(ErrorCode::invalid_argument,
              "a profile's name has 1 to 128 letters, digits and any of - _ . @ + : /");
}

std::string config_section(const std::string& profile) {
  return profile == "default" ? profile : "profile " + profile;
}

std::optional<std::map<std::string, std::string>> section_values(std::string_view text,
                                                                 std::string_view section) {
  const std::optional<Place> place = find_section(text, section);
  if (!place) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t at = place->lines; at < place->end;) {
    const std::string_view line = line_at(text.substr(at));
    at += line.size();
    if (line.find_first_of(" \t#;") == 0) continue;  // Nested, or a comment.
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    values.insert_or_assign(std::string(trimmed(line.substr(0, equals))),
                            std::string(trimmed(line.substr(equals + 1))));
  }
  return values;
}

Owner owner_of_section(std::string_view text, std::string_view section) {
  const std::optional<Place> place = find_section(text, section);
  if (!place) return Owner::nobody;
  return text.substr(place->lines).starts_with(kMark) ? Owner::dyad : Owner::somebody_else;
}

std::string with_section(std::string_view text, std::string_view section,
                         const Settings& settings) {
  std::string ours = "[" + std::string(section) + "]\n" + std::string(kMarkLine);
  for (const auto& [name, value] : settings) ours += name + " = " + value + "\n";
  if (const std::optional<Place> place = find_section(text, section))
    return std::string(text.substr(0, place->header)) + ours + std::string(text.substr(place->end));
  std::string result(text);
  if (!result.empty() && !result.ends_with('\n')) result += '\n';
  if (!result.empty()) result += '\n';
  return result + ours;
}

std::string without_section(std::string_view text, std::string_view section) {
  const std::optional<Place> place = find_section(text, section);
  if (!place) return std::string(text);
  std::string result(text.substr(0, place->header));
  // The empty line that with_section() put before it goes with it.
  if (result.ends_with("\n\n") || result == "\n") result.pop_back();
  return result.append(text.substr(place->end));
}

Result<std::string> read_aws_file(Files& files, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return std::string();
  if (status.type() != fs::file_type::regular)
    return fail(ErrorCode::invalid_argument,
                path +
                    ": expected a file of AWS profiles; set AWS_CONFIG_FILE and "
                    "AWS_SHARED_CREDENTIALS_FILE to files, or unset them");
  return read_file(files, path, kMaxFileBytes);
}

Result<> write_aws_file(Files& files, const std::string& path, std::string_view text, bool secret) {
  const std::string target = resolved(path);
  std::error_code error;
  const fs::path parent = fs::path(target).parent_path();
  if (!parent.empty() && !fs::exists(parent, error))
    DYAD_TRY(files.make_directory(parent.string()));
  const fs::perms before = fs::status(target, error).permissions();
  const bool was_there = !error && fs::exists(target, error);
  DYAD_TRY(write_file(files, target, text));  // Mode 0600.
  if (was_there && !secret) fs::permissions(target, before, error);
  return {};
}

}  // namespace dyad::cli
