#include "runtime/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "base/check.h"

namespace dyad {
namespace {

std::shared_ptr<SSL_CTX> new_context(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  DYAD_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // No renegotiation: a write never needs a read then. Idle connections hold no record buffers.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

/// ALPN (RFC 7301): HTTP/1.1 is what is spoken here; a client that offers only others goes on
/// without.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
  constexpr std::string_view kProtocols = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_length,
                                          reinterpret_cast<const unsigned char*>(kProtocols.data()),
                                          kProtocols.size(), offered, offered_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Error invalid(const std::string& what) {
  return Error(ErrorCode::invalid_argument, tls_error_text(what));
}

Result<std::shared_ptr<SSL_CTX>> load_server(const std::string& certificate_path,
                                             const std::string& key_path) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context = new_context(TLS_server_method());
  // Without a callback OpenSSL would ask for an encrypted key's password on the terminal.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_path.c_str()) != 1) {
    return fail(invalid("certificate " + certificate_path));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(invalid("private key " + key_path));
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(invalid("private key " + key_path + " for " + certificate_path));
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

}  // namespace

std::string tls_error_text(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return what + ": failed";
  const char* reason = ERR_reason_error_string(code);
  return what + ": " + (reason != nullptr ? reason : "error " + std::to_string(code));
}

TlsServerContext::TlsServerContext(std::string certificate_path, std::string key_path)
    : certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)) {}

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::load(
    const std::string& certificate_path, const std::string& key_path) {
  std::shared_ptr<TlsServerContext> context(new TlsServerContext(certificate_path, key_path));
  DYAD_TRY(context->reload());
  return context;
}

Result<> TlsServerContext::reload() {
  DYAD_TRY_ASSIGN(std::shared_ptr<SSL_CTX> fresh, load_server(certificate_path_, key_path_));
  const std::lock_guard lock(mutex_);
  context_.swap(fresh);
  return {};
}

std::shared_ptr<SSL_CTX> TlsServerContext::current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

Result<std::shared_ptr<TlsClientContext>> TlsClientContext::load(const std::string& ca_path) {
  ERR_clear_error();
  std::shared_ptr<TlsClientContext> client(new TlsClientContext());
  client->context_ = new_context(TLS_client_method());
  SSL_CTX* context = client->context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_path.empty() ? SSL_CTX_set_default_verify_paths(context)
                                     : SSL_CTX_load_verify_file(context, ca_path.c_str());
  if (loaded != 1) return fail(invalid("trusted certificates " + ca_path));
  return client;
}

std::shared_ptr<TlsClientContext> TlsClientContext::trust_anybody_for_tests() {
  std::shared_ptr<TlsClientContext> client(new TlsClientContext());
  client->context_ = new_context(TLS_client_method());
  client->verifies_ = false;
  return client;
}

}  // namespace dyad
