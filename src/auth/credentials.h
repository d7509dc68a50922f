#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/principal.h"
#include "base/random.h"
#include "base/result.h"
#include "runtime/files.h"

namespace dyad::auth {

struct Credential {
  std::string access_key_id;
  std::string secret_access_key;
  Principal principal;
};

/// The access keys that this server knows. Immutable after construction, so thread-safe.
class CredentialStore {
 public:
  explicit CredentialStore(Credential root) : root_(std::move(root)) {}
  /// Null: no such key.
  const Credential* find(std::string_view access_key_id) const {
    return access_key_id == root_.access_key_id ? &root_ : nullptr;
  }
  const Credential& root() const { return root_; }

 private:
  Credential root_;
};

struct RootCredential {
  Credential credential;
  bool made_now = false;  ///< Nobody has seen the secret yet: show it, once.
};

struct AccessKeyPair {
  std::string access_key_id;
  std::string secret_access_key;
};
/// What load_root_credential() has written. not_found; corruption: the file is not one of ours.
Result<AccessKeyPair> read_root_pair(Files& files, const std::string& path);

/// What DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY say, else what `path` keeps, else a
/// new pair that is written to `path` (mode 0600). invalid_argument: only one of the two is given,
/// or they are not of the form that AWS's tools accept; corruption: the file is not one of ours.
Result<RootCredential> load_root_credential(Files& files, Random& random, const std::string& path,
                                            const std::string& account_id,
                                            std::optional<std::string> environment_key_id,
                                            std::optional<std::string> environment_secret);

}  // namespace dyad::auth
