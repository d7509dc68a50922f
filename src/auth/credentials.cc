#include "auth/credentials.h"

#include <algorithm>
#include <cctype>

namespace dyad::auth {
namespace {

constexpr std::size_t kAccessKeyIdChars = 20;
constexpr std::size_t kSecretChars = 40;
constexpr std::size_t kMaxFileBytes = 4096;
constexpr std::string_view kKeyIdLine = "aws_access_key_id = ";
constexpr std::string_view kSecretLine = "aws_secret_access_key = ";

Credential make_credential(std::string key_id, std::string secret, const std::string& account_id) {
  Credential credential;
  credential.access_key_id = std::move(key_id);
  credential.secret_access_key = std::move(secret);
  credential.principal.kind = Principal::Kind::root;
  credential.principal.account_id = account_id;
  credential.principal.arn = "arn:aws:iam::" + account_id + ":root";
  credential.principal.user_id = account_id;
  return credential;
}

std::string random_text(Random& random, std::string_view alphabet, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(alphabet[random.below(alphabet.size())]);
  return text;
}

/// Word characters, as IAM's accessKeyIdType; shorter ones are fine, for "test" and the like are
/// common.
bool fit_for_key_id(std::string_view text) {
  const auto word = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  return text.size() >= 3 && text.size() <= 128 && std::all_of(text.begin(), text.end(), word);
}

bool fit_for_secret(std::string_view text) {
  const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  return text.size() >= 8 && text.size() <= 256 && std::all_of(text.begin(), text.end(), printable);
}

std::optional<std::string> line_value(std::string_view file, std::string_view name) {
  const std::size_t at = file.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = file.substr(at + name.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

}  // namespace

Result<AccessKeyPair> read_root_pair(Files& files, const std::string& path) {
  DYAD_TRY_ASSIGN(const std::string kept, read_file(files, path, kMaxFileBytes));
  auto key_id = line_value(kept, kKeyIdLine);
  auto secret = line_value(kept, kSecretLine);
  if (!key_id || !secret || !fit_for_key_id(*key_id) || !fit_for_secret(*secret))
    return fail(ErrorCode::corruption, path + ": expected the lines '" + std::string(kKeyIdLine) +
                                           "...' and '" + std::string(kSecretLine) +
                                           "...'; remove the file for a new pair");
  return AccessKeyPair{std::move(*key_id), std::move(*secret)};
}

Result<RootCredential> load_root_credential(Files& files, Random& random, const std::string& path,
                                            const std::string& account_id,
                                            std::optional<std::string> environment_key_id,
                                            std::optional<std::string> environment_secret) {
  if (environment_key_id.has_value() != environment_secret.has_value())
    return fail(ErrorCode::invalid_argument,
                "DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY go together; set both or "
                "neither");
  if (environment_key_id) {
    if (!fit_for_key_id(*environment_key_id))
      return fail(ErrorCode::invalid_argument,
                  "DYAD_ROOT_ACCESS_KEY_ID must be 3 to 128 letters, digits or underscores");
    if (!fit_for_secret(*environment_secret))
      return fail(
          ErrorCode::invalid_argument,
          "DYAD_ROOT_SECRET_ACCESS_KEY must be 8 to 256 printable characters without spaces");
    return RootCredential{make_credential(*environment_key_id, *environment_secret, account_id),
                          false};
  }

  Result<AccessKeyPair> kept = read_root_pair(files, path);
  if (kept)
    return RootCredential{make_credential(std::move(kept->access_key_id),
                                          std::move(kept->secret_access_key), account_id),
                          false};
  if (kept.error().code != ErrorCode::not_found) return fail(std::move(kept).error());

  // The forms of AWS's own: AKIA and 16 of base32, 40 of base64.
  const std::string key_id =
      "AKIA" + random_text(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", kAccessKeyIdChars - 4);
  const std::string secret = random_text(
      random, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", kSecretChars);
  std::string file = "[default]\n";
  file.append(kKeyIdLine).append(key_id).append("\n");
  file.append(kSecretLine).append(secret).append("\n");
  DYAD_TRY(write_file(files, path, file));
  return RootCredential{make_credential(key_id, secret, account_id), true};
}

}  // namespace dyad::auth
