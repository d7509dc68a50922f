#include "runtime/self_signed.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "runtime/tls_context.h"

namespace dyad {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

std::unexpected<Error> failed(const char* what) {
  return fail(ErrorCode::internal, tls_error_text(what));
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_subject(X509* certificate, const std::vector<std::string>& names) {
  constexpr std::string_view dns = "DNS:";
  const auto first =
      std::ranges::find_if(names, [&](const std::string& name) { return name.starts_with(dns); });
  const std::string common = first == names.end() ? "dyad" : first->substr(dns.size());
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1,
                                      0) == 1;
  };
  return add("O", "Dyad") && add("CN", common) && X509_set_issuer_name(certificate, subject) == 1;
}

Result<Certificate> parse_certificate(const std::string& pem) {
  ERR_clear_error();
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!certificate) return fail(ErrorCode::invalid_argument, tls_error_text("certificate"));
  return certificate;
}

std::string name_of(const GENERAL_NAME* name) {
  int kind = 0;
  const void* value = GENERAL_NAME_get0_value(name, &kind);
  const auto* text = static_cast<const ASN1_STRING*>(value);
  if (kind == GEN_DNS)
    return "DNS:" + std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text)));
  if (kind != GEN_IPADD) return {};
  char address[INET6_ADDRSTRLEN] = {};
  const int family = ASN1_STRING_length(text) == 4 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, ASN1_STRING_get0_data(text), address, sizeof(address)) == nullptr)
    return {};
  return "IP:" + std::string(address);
}

}  // namespace

Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, std::int64_t now_ms,
                                    int days, std::uint64_t serial) {
  ERR_clear_error();
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return failed("making a key");
  std::string alternatives;
  for (const std::string& name : names) {
    if (!alternatives.empty()) alternatives += ',';
    alternatives += name;
  }
  X509* made = certificate.get();
  const std::time_t now_s = static_cast<std::time_t>(now_ms / 1000);
  constexpr std::time_t hour_s = 3600;
  const bool whole =
      X509_set_version(made, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(made), now_s - hour_s) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(made), now_s - hour_s + days * 24 * hour_s) != nullptr &&
      X509_set_pubkey(made, key.get()) == 1 && set_subject(made, names) &&
      add_extension(made, NID_subject_alt_name, alternatives) &&
      // Clients take it as its own authority, and only for itself (RFC 5280, 4.2.1.9).
      add_extension(made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(made, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
      add_extension(made, NID_ext_key_usage, "serverAuth") &&
      add_extension(made, NID_subject_key_identifier, "hash") &&
      X509_sign(made, key.get(), EVP_sha256()) > 0;
  if (!whole) return failed("making a certificate");
  const Memory certificate_pem(BIO_new(BIO_s_mem()));
  const Memory key_pem(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_pem.get(), made) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1)
    return failed("writing a certificate");
  return SelfSigned{text_of(certificate_pem.get()), text_of(key_pem.get())};
}

Result<CertificateFacts> read_certificate(const std::string& pem) {
  DYAD_TRY_ASSIGN(const Certificate certificate, parse_certificate(pem));
  CertificateFacts facts;
  std::tm expires{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &expires) != 1)
    return fail(ErrorCode::invalid_argument, tls_error_text("certificate"));
  facts.expires_ms = static_cast<std::int64_t>(::timegm(&expires)) * 1000;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    std::string name = name_of(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) facts.names.push_back(std::move(name));
  }
  std::ranges::sort(facts.names);
  return facts;
}

Result<bool> key_fits(const std::string& certificate_pem, const std::string& key_pem) {
  DYAD_TRY_ASSIGN(const Certificate certificate, parse_certificate(certificate_pem));
  const Memory memory(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  // Without a callback OpenSSL would ask for an encrypted key's password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
  if (!key) return fail(ErrorCode::invalid_argument, tls_error_text("key"));
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace dyad
