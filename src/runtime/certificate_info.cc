#include "runtime/certificate_info.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "runtime/tls_context.h"

namespace dyad {

Result<bool> certificate_signs_itself(const std::string& path) {
  ERR_clear_error();
  const std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  if (!file) return fail(ErrorCode::io_error, tls_error_text("certificate " + path));
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
  if (!certificate) return fail(ErrorCode::invalid_argument, tls_error_text("certificate " + path));
  return X509_check_issued(certificate.get(), certificate.get()) == X509_V_OK;
}

}  // namespace dyad
