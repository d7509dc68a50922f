#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/files.h"

namespace dyad::cli {

// The files that AWS's tools keep profiles in ("Configuration and credential file settings in the
// AWS CLI"): sections of `name = value` lines. What is not ours stays as it is, to the byte.

using Settings = std::vector<std::pair<std::string, std::string>>;

/// The files that AWS's tools read: AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, else those in
/// ~/.aws.
std::string aws_config_path();
std::string aws_credentials_path();

/// invalid_argument: it could not be the name of a section.
Result<> check_profile_name(const std::string& name);
/// "[profile NAME]" in the configuration, but "[default]".
std::string config_section(const std::string& profile);

/// The values of a section; none: there is no such section. What is nested below a name is passed
/// over.
std::optional<std::map<std::string, std::string>> section_values(std::string_view text,
                                                                 std::string_view section);

enum class Owner { nobody, dyad, somebody_else };
/// Whose the section is: ours begins with a comment that says so.
Owner owner_of_section(std::string_view text, std::string_view section);

/// The text with that section being ours, in the place where one of that name was, else at the end.
std::string with_section(std::string_view text, std::string_view section, const Settings& settings);
std::string without_section(std::string_view text, std::string_view section);

/// Empty where there is no such file. A link is followed.
Result<std::string> read_aws_file(Files& files, const std::string& path);
/// Atomically. Makes the directory (0700) where it is missing. A new file gets the mode 0600; one
/// that is there keeps its mode, or gets 0600 too if it is `secret`.
Result<> write_aws_file(Files& files, const std::string& path, std::string_view text, bool secret);

}  // namespace dyad::cli
