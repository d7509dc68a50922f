#include "runtime/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/buffer.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"
#include "runtime/local_event.h"

namespace dyad {
namespace {

/// Ciphertext read from the transport at a time: a full record and its overhead fit.
constexpr std::size_t kReceiveBytes = 17 * 1024;
/// The same where little comes at a time: what a connection holds that waits.
constexpr std::size_t kSmallReceiveBytes = 2 * 1024;
/// Plaintext encrypted before it is sent; bounds the ciphertext held in memory.
constexpr std::size_t kMaxEncryptBytes = 64 * 1024;
/// Small pieces are joined up to a full TLS record, since each record costs 22 bytes and a cipher
/// set-up.
constexpr std::size_t kRecordBytes = 16 * 1024;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;

/// Of a memory BIO that is empty: it keeps what it once needed, and connections wait for long.
void give_back(BIO* bio) {
  BUF_MEM* memory = nullptr;
  BIO_get_mem_ptr(bio, &memory);
  if (BIO_ctrl_pending(bio) > 0 || memory->max <= kSmallReceiveBytes) return;
  BUF_MEM* fresh = BUF_MEM_new();
  DYAD_CHECK(fresh != nullptr);
  BIO_set_mem_buf(bio, fresh, BIO_CLOSE);
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> transport, SslPointer ssl)
      : transport_(std::move(transport)), ssl_(std::move(ssl)) {
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    DYAD_CHECK(incoming_ != nullptr && outgoing_ != nullptr);
    // Empty means "not yet" rather than "at the end".
    BIO_set_mem_eof_return(incoming_, -1);
    BIO_set_mem_eof_return(outgoing_, -1);
    SSL_set_bio(ssl_.get(), incoming_, outgoing_);  // Takes both over.
  }

  Task<Result<std::size_t>> read(std::span<char> out, Deadline deadline) override;
  Task<Result<>> write(std::span<const std::string_view> pieces, Deadline deadline) override;
  Task<Result<>> shutdown(Deadline deadline) override;
  void abort() override { transport_->abort(); }
  std::string peer_address() const override { return transport_->peer_address(); }
  bool secure() const override { return true; }

 private:
  Task<Result<>> ensure_handshake(Deadline deadline);
  Task<Result<>> handshake(Deadline deadline);
  Task<Result<>> receive(Deadline deadline);
  Task<Result<>> send_pending(Deadline deadline);
  Task<Result<>> send_now(Deadline deadline);
  Result<> encrypt(std::string_view plain);
  Error ssl_failure(int result, const char* what);

  std::unique_ptr<Stream> transport_;
  SslPointer ssl_;
  BIO* incoming_ = nullptr;  ///< Ciphertext from the transport.
  BIO* outgoing_ = nullptr;  ///< Ciphertext for it.

  bool much_comes_ = false;  ///< With the last read: the next gets a large buffer.

  // A read and a write may be under way together, and either may do the handshake or have something
  // to send (the answer to a key update). One of them does it; the other waits.
  enum class Handshake : unsigned char { not_begun, under_way, done, failed };
  Handshake handshake_ = Handshake::not_begun;
  LocalEvent handshake_over_;
  bool sending_ = false;
  LocalEvent sending_over_;
};

Error TlsStream::ssl_failure(int result, const char* what) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const bool by_peer = kind == SSL_ERROR_SSL || kind == SSL_ERROR_SYSCALL;
  return Error(by_peer ? ErrorCode::cancelled : ErrorCode::internal, tls_error_text(what));
}

/// Takes in what the transport has, at least one byte.
Task<Result<>> TlsStream::receive(Deadline deadline) {
  if (!much_comes_) {
    give_back(incoming_);
    give_back(outgoing_);
  }
  const std::size_t size_bytes = much_comes_ ? kReceiveBytes : kSmallReceiveBytes;
  const auto memory = std::make_unique_for_overwrite<char[]>(size_bytes);
  const std::span<char> buffer(memory.get(), size_bytes);
  DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await transport_->read(buffer, deadline));
  much_comes_ = count >= kSmallReceiveBytes;
  if (count == 0) {
    co_return fail(ErrorCode::cancelled, "tls: the connection ended without a close_notify");
  }
  const int taken = BIO_write(incoming_, buffer.data(), static_cast<int>(count));
  DYAD_CHECK(taken == static_cast<int>(count));
  co_return Result<>();
}

Task<Result<>> TlsStream::send_now(Deadline deadline) {
  while (const std::size_t pending = BIO_ctrl_pending(outgoing_)) {
    // Copied out: encryption may go on while the transport waits.
    std::string cipher(pending, '\0');
    DYAD_CHECK(BIO_read(outgoing_, cipher.data(), static_cast<int>(pending)) ==
               static_cast<int>(pending));
    const std::array<std::string_view, 1> pieces{cipher};
    DYAD_CO_TRY(co_await transport_->write(pieces, deadline));
  }
  co_return Result<>();
}

/// All ciphertext so far is with the transport when this returns.
Task<Result<>> TlsStream::send_pending(Deadline deadline) {
  while (sending_) {
    const bool over = co_await sending_over_.wait(deadline);
    if (!over) co_return fail(ErrorCode::deadline_exceeded, "tls: the write's deadline passed");
  }
  if (BIO_ctrl_pending(outgoing_) == 0) co_return Result<>();
  sending_ = true;
  sending_over_.clear();
  Result<> sent = co_await send_now(deadline);
  sending_ = false;
  sending_over_.set();
  co_return sent;
}

Task<Result<>> TlsStream::handshake(Deadline deadline) {
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const int kind = SSL_get_error(ssl_.get(), result);
    // First sends what it has to say: an alert tells the peer what was wrong.
    std::string failure;
    if (result != 1 && kind != SSL_ERROR_WANT_READ) failure = tls_error_text("tls handshake");
    Result<> sent = co_await send_pending(deadline);
    if (!failure.empty()) co_return fail(ErrorCode::cancelled, std::move(failure));
    if (!sent) co_return sent;
    if (result == 1) co_return Result<>();
    DYAD_CO_TRY(co_await receive(deadline));
  }
}

Task<Result<>> TlsStream::ensure_handshake(Deadline deadline) {
  if (handshake_ == Handshake::not_begun) {
    handshake_ = Handshake::under_way;
    Result<> shaken = co_await handshake(deadline);
    handshake_ = shaken ? Handshake::done : Handshake::failed;
    handshake_over_.set();
    co_return shaken;
  }
  if (handshake_ == Handshake::under_way) {
    const bool over = co_await handshake_over_.wait(deadline);
    if (!over) co_return fail(ErrorCode::deadline_exceeded, "tls: the handshake's deadline passed");
  }
  if (handshake_ == Handshake::failed) {
    co_return fail(ErrorCode::cancelled, "tls: the handshake failed");
  }
  co_return Result<>();
}

Task<Result<std::size_t>> TlsStream::read(std::span<char> out, Deadline deadline) {
  DYAD_CHECK(!out.empty());
  if (handshake_ != Handshake::done) DYAD_CO_TRY(co_await ensure_handshake(deadline));
  while (true) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &count);
    if (result == 1) co_return count;
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
    if (kind != SSL_ERROR_WANT_READ) co_return fail(ssl_failure(result, "tls read"));
    // A write under way takes along what this read has to send; else it is this read's business.
    if (!sending_ && BIO_ctrl_pending(outgoing_) > 0) DYAD_CO_TRY(co_await send_pending(deadline));
    DYAD_CO_TRY(co_await receive(deadline));
  }
}

Result<> TlsStream::encrypt(std::string_view plain) {
  if (plain.empty()) return {};
  ERR_clear_error();
  std::size_t taken = 0;
  // The memory BIO takes everything and there is no renegotiation, so this never has to wait.
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken);
  if (result != 1) return fail(ssl_failure(result, "tls write"));
  DYAD_CHECK(taken == plain.size());
  return {};
}

Task<Result<>> TlsStream::write(std::span<const std::string_view> pieces, Deadline deadline) {
  if (handshake_ != Handshake::done) DYAD_CO_TRY(co_await ensure_handshake(deadline));
  std::string joined;
  for (std::string_view piece : pieces) {
    if (joined.size() + piece.size() <= kRecordBytes) {
      joined.append(piece);
      continue;
    }
    DYAD_CO_TRY(encrypt(joined));
    joined.clear();
    for (; piece.size() > kRecordBytes;
         piece.remove_prefix(std::min(piece.size(), kMaxEncryptBytes))) {
      DYAD_CO_TRY(encrypt(piece.substr(0, kMaxEncryptBytes)));
      if (BIO_ctrl_pending(outgoing_) >= kMaxEncryptBytes) {
        DYAD_CO_TRY(co_await send_pending(deadline));
      }
    }
    joined.append(piece);
  }
  DYAD_CO_TRY(encrypt(joined));
  co_return co_await send_pending(deadline);
}

Task<Result<>> TlsStream::shutdown(Deadline deadline) {
  if (handshake_ != Handshake::done) DYAD_CO_TRY(co_await ensure_handshake(deadline));
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());  // 0: ours is sent, the peer's has not come. Fine.
  if (result < 0) co_return fail(ssl_failure(result, "tls shutdown"));
  DYAD_CO_TRY(co_await send_pending(deadline));
  co_return co_await transport_->shutdown(deadline);
}

SslPointer new_ssl(SSL_CTX* context) {
  SslPointer ssl(SSL_new(context));
  DYAD_CHECK(ssl != nullptr);
  return ssl;
}

bool is_ip_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

}  // namespace

std::unique_ptr<Stream> make_tls_server_stream(std::unique_ptr<Stream> transport,
                                               const TlsServerContext& context) {
  SslPointer ssl = new_ssl(context.current().get());
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsStream>(std::move(transport), std::move(ssl));
}

std::unique_ptr<Stream> make_tls_client_stream(std::unique_ptr<Stream> transport,
                                               const TlsClientContext& context,
                                               const std::string& host) {
  SslPointer ssl = new_ssl(context.get());
  SSL_set_connect_state(ssl.get());
  const bool by_address = is_ip_address(host);
  // RFC 6066: server_name carries DNS names only.
  if (!by_address) SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  if (context.verifies()) {
    const int named = by_address
                          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str())
                          : SSL_set1_host(ssl.get(), host.c_str());
    DYAD_CHECK(named == 1);
  }
  ERR_clear_error();
  return std::make_unique<TlsStream>(std::move(transport), std::move(ssl));
}

}  // namespace dyad
