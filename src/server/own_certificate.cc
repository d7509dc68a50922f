#include "server/own_certificate.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/log.h"
#include "runtime/self_signed.h"

namespace dyad::server {
namespace {

constexpr std::size_t kMaxPemBytes = 64 * 1024;
constexpr std::int64_t kDayMs = 24 * 3'600'000;

// A name with a star stands for one label: *.localhost is no name of photos.s3.localhost.
const std::vector<std::string> kNames = {"DNS:localhost",    "DNS:*.localhost",
                                         "DNS:s3.localhost", "DNS:*.s3.localhost",
                                         "IP:127.0.0.1",     "IP:::1"};

/// Why the pair that is there will not do; empty: it will.
std::string fault_of(Files& files, std::int64_t now_ms, const std::string& data_directory) {
  const auto certificate = read_file(files, own_certificate_path(data_directory), kMaxPemBytes);
  const auto key = read_file(files, own_key_path(data_directory), kMaxPemBytes);
  if (!certificate || !key) return "missing";
  const Result<CertificateFacts> facts = read_certificate(*certificate);
  const Result<bool> fits = key_fits(*certificate, *key);
  if (!facts || !fits || !*fits) return "damaged";
  std::vector<std::string> names = kNames;
  std::ranges::sort(names);
  if (facts->names != names) return "for other names";
  if (facts->expires_ms < now_ms + kRenewBeforeDays * kDayMs) return "near its end";
  return {};
}

}  // namespace

std::string own_certificate_path(const std::string& data_directory) {
  return data_directory + "/tls-certificate.pem";
}
std::string own_key_path(const std::string& data_directory) {
  return data_directory + "/tls-key.pem";
}

Result<> ensure_own_certificate(Files& files, Random& random, std::int64_t now_ms,
                                const std::string& data_directory) {
  const std::string fault = fault_of(files, now_ms, data_directory);
  if (fault.empty()) return {};
  std::uint64_t serial = 0;
  random.fill(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(&serial), sizeof(serial)));
  DYAD_TRY_ASSIGN(const SelfSigned made,
                  make_self_signed(kNames, now_ms, kOwnCertificateDays, serial >> 1));
  // A crash in between leaves a pair that does not fit, which the next start takes for damaged.
  DYAD_TRY(write_file(files, own_key_path(data_directory), made.key));
  DYAD_TRY(write_file(files, own_certificate_path(data_directory), made.certificate));
  log::info("made a certificate", "path={} days={} because=\"the former one was {}\"",
            own_certificate_path(data_directory), kOwnCertificateDays, fault);
  return {};
}

}  // namespace dyad::server
