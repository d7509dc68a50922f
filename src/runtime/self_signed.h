#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace dyad {

/// A certificate that signs itself, and its key: PEM. ECDSA over P-256.
struct SelfSigned {
  std::string certificate;
  std::string key;
};

/// Good from an hour before `now_ms`, for clocks that are slow, for `days`. `names`: DNS names and
/// addresses, as "DNS:*.localhost" and "IP:127.0.0.1"; the first DNS name is the subject's. It
/// may sign nothing but itself. `serial`: its number.
Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, std::int64_t now_ms,
                                    int days, std::uint64_t serial);

/// What a PEM certificate says of itself.
struct CertificateFacts {
  std::int64_t expires_ms = 0;
  std::vector<std::string> names;  ///< In the form of make_self_signed, sorted.
};
/// invalid_argument: it is none.
Result<CertificateFacts> read_certificate(const std::string& pem);
/// Whether the key is that of the certificate. invalid_argument: one of them is not what it should
/// be.
Result<bool> key_fits(const std::string& certificate_pem, const std::string& key_pem);

}  // namespace dyad
