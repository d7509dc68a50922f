#include "runtime/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "runtime/connect.h"
#include "runtime/gate.h"
#include "runtime/listener.h"
#include "runtime/sync_wait.h"
#include "runtime/test_runtime.h"

namespace dyad {
namespace {

/// A self-signed certificate for 127.0.0.1 and its key, written as PEM files.
void write_certificate(const std::string& certificate_path, const std::string& key_path,
                       long serial) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  FILE* file = ::fopen(certificate_path.c_str(), "w");
  PEM_write_X509(file, certificate);
  ::fclose(file);
  file = ::fopen(key_path.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  ::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::internal : result.error().code;
}

using Streams = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dyad-tls-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    write_certificate(path("cert.pem"), path("key.pem"), 1);
    server_ = TlsServerContext::load(path("cert.pem"), path("key.pem")).value();
    ListenOptions options;
    options.tls = server_;
    listener_ = Listener::bind(reactor_, "127.0.0.1:0", options).value();
  }
  ~TlsStreamTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  Deadline soon() const { return Deadline::after_ms(clock_, 20'000); }

  Task<Streams> pair(std::shared_ptr<TlsClientContext> trust) {
    ConnectOptions options;
    options.tls = std::move(trust);
    auto client = co_await connect(reactor_, listener_->address(), options, soon());
    auto server = co_await listener_->accept();
    EXPECT_TRUE(client.has_value() && server.has_value());
    co_return Streams(std::move(*client), std::move(*server));
  }
  Task<void> serve_echo(Stream& stream, Gate::Pass) {
    const Result<> echoed = co_await echo(stream, soon());
    echo_ended_well_ = echoed.has_value();
  }
  /// What a client that trusts `trust` gets back for "ping".
  Task<Result<std::string>> ping(std::shared_ptr<TlsClientContext> trust) {
    auto [client, server] = co_await pair(std::move(trust));
    Gate gate;
    reactor_.spawn(serve_echo(*server, *gate.enter()));
    Result<> written = co_await write_one(*client, "ping", soon());
    Result<std::string> got = std::string();
    if (written) {
      got = co_await read_exactly(*client, 4, soon());
    } else {
      got = fail(written.error());
    }
    client->abort();
    co_await gate.close();
    co_return got;
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "test"};
  std::string directory_;
  std::shared_ptr<TlsServerContext> server_;
  std::unique_ptr<Listener> listener_;
  bool echo_ended_well_ = false;
};

TEST_F(TlsStreamTest, CarriesBytesBothWaysAtOnceAndTellsTheEnd) {
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(TlsClientContext::trust_anybody_for_tests());
    EXPECT_TRUE(client->secure() && server->secure());
    EXPECT_EQ(client->peer_address(), listener_->address());
    Gate gate;
    reactor_.spawn(serve_echo(*server, *gate.enter()));
    // Small pieces, empty ones, and more than the socket buffers and the encryption buffer hold.
    std::string expected;
    std::vector<std::string> storage;
    for (const std::size_t size : {5, 0, 100, 16'384, 16'385, 3, 5'000'000, 65'536, 1}) {
      storage.emplace_back(size, static_cast<char>('a' + storage.size()));
      expected += storage.back();
    }
    const std::vector<std::string_view> pieces(storage.begin(), storage.end());
    const auto send = [&](Gate::Pass) -> Task<void> {
      const Result<> written = co_await client->write(pieces, soon());
      EXPECT_TRUE(written.has_value());
      const Result<> ended = co_await client->shutdown(soon());
      EXPECT_TRUE(ended.has_value());
    };
    // The read begins first and drives the handshake; the write waits for it.
    const auto receive = [&](Gate::Pass) -> Task<void> {
      const Result<std::string> got = co_await read_exactly(*client, expected.size(), soon());
      EXPECT_TRUE(got.value() == expected);
      EXPECT_EQ(*co_await read_exactly(*client, 1, soon()), "");
    };
    reactor_.spawn(receive(*gate.enter()));
    reactor_.spawn(send(*gate.enter()));
    co_await gate.close();
    EXPECT_TRUE(echo_ended_well_);
  };
  sync_wait(reactor_, body());
}

TEST_F(TlsStreamTest, AClientVerifiesUnlessToldNotTo) {
  const auto trusting = TlsClientContext::trust_anybody_for_tests();
  EXPECT_EQ(sync_wait(reactor_, ping(trusting)).value(), "ping");
  const auto knowing = TlsClientContext::load(path("cert.pem")).value();
  EXPECT_EQ(sync_wait(reactor_, ping(knowing)).value(), "ping");
  const auto system = TlsClientContext::load("").value();
  EXPECT_EQ(code_of(sync_wait(reactor_, ping(system))), ErrorCode::cancelled);
}

TEST_F(TlsStreamTest, ACertificateForAnotherNameIsRefused) {
  const auto body = [&]() -> Task<Result<>> {
    const auto knowing = TlsClientContext::load(path("cert.pem")).value();
    auto tcp = co_await connect(reactor_, listener_->address(), {}, soon());
    auto server = co_await listener_->accept();
    Gate gate;
    reactor_.spawn(serve_echo(**server, *gate.enter()));
    const auto client = make_tls_client_stream(std::move(*tcp), *knowing, "example.com");
    Result<> written = co_await write_one(*client, "secret", soon());
    client->abort();
    co_await gate.close();
    EXPECT_FALSE(echo_ended_well_);
    co_return written;
  };
  EXPECT_EQ(code_of(sync_wait(reactor_, body())), ErrorCode::cancelled);
}

TEST_F(TlsStreamTest, NoiseInsteadOfAHandshakeEndsTheConnection) {
  const auto body = [&]() -> Task<void> {
    auto client = co_await connect(reactor_, listener_->address(), {}, soon());
    auto server = co_await listener_->accept();
    const Result<> sent = co_await write_one(**client, "GET / HTTP/1.1\r\n\r\n", soon());
    EXPECT_TRUE(sent.has_value());
    char buffer[16];
    const Result<std::size_t> got = co_await (*server)->read(buffer, soon());
    EXPECT_EQ(code_of(got), ErrorCode::cancelled);
    const Result<> later = co_await write_one(**server, "x", soon());
    EXPECT_EQ(code_of(later), ErrorCode::cancelled);
  };
  sync_wait(reactor_, body());
}

TEST_F(TlsStreamTest, ASilentClientMeetsTheDeadline) {
  const auto body = [&]() -> Task<void> {
    auto client = co_await connect(reactor_, listener_->address(), {}, soon());
    auto server = co_await listener_->accept();
    Gate gate;
    const auto write = [&](Gate::Pass) -> Task<void> {
      // Waits for the handshake that the read below drives.
      const Result<> written = co_await write_one(**server, "x", Deadline::after_ms(clock_, 10));
      EXPECT_EQ(code_of(written), ErrorCode::deadline_exceeded);
    };
    const auto read = [&](Gate::Pass) -> Task<void> {
      char buffer[16];
      const Deadline deadline = Deadline::after_ms(clock_, 30);
      const Result<std::size_t> got = co_await (*server)->read(buffer, deadline);
      EXPECT_EQ(code_of(got), ErrorCode::deadline_exceeded);
    };
    reactor_.spawn(read(*gate.enter()));
    reactor_.spawn(write(*gate.enter()));
    co_await gate.close();
  };
  sync_wait(reactor_, body());
}

TEST_F(TlsStreamTest, AnEndWithoutNoticeIsNotAnEnd) {
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(TlsClientContext::trust_anybody_for_tests());
    Gate gate;
    const auto receive = [&](Gate::Pass) -> Task<void> {
      EXPECT_EQ(*co_await read_exactly(*server, 4, soon()), "body");
      char buffer[16];
      const Result<std::size_t> got = co_await server->read(buffer, soon());
      EXPECT_EQ(code_of(got), ErrorCode::cancelled);
    };
    reactor_.spawn(receive(*gate.enter()));
    const Result<> written = co_await write_one(*client, "body", soon());
    EXPECT_TRUE(written.has_value());
    client.reset();  // Closes the socket, as an attacker who cuts the line would.
    co_await gate.close();
  };
  sync_wait(reactor_, body());
}

TEST_F(TlsStreamTest, ReloadingIsAllOrNothing) {
  const auto old_trust = TlsClientContext::load(path("cert.pem")).value();
  EXPECT_EQ(sync_wait(reactor_, ping(old_trust)).value(), "ping");

  std::ofstream(path("key.pem")) << "not a key";
  EXPECT_EQ(code_of(server_->reload()), ErrorCode::invalid_argument);
  EXPECT_EQ(sync_wait(reactor_, ping(old_trust)).value(), "ping");

  write_certificate(path("cert.pem"), path("key.pem"), 2);
  write_certificate(path("other.pem"), path("key.pem"), 3);  // Not the certificate's key.
  EXPECT_EQ(code_of(server_->reload()), ErrorCode::invalid_argument);
  EXPECT_EQ(sync_wait(reactor_, ping(old_trust)).value(), "ping");

  write_certificate(path("cert.pem"), path("key.pem"), 4);
  EXPECT_TRUE(server_->reload().has_value());
  EXPECT_EQ(code_of(sync_wait(reactor_, ping(old_trust))), ErrorCode::cancelled);
  const auto new_trust = TlsClientContext::load(path("cert.pem")).value();
  EXPECT_EQ(sync_wait(reactor_, ping(new_trust)).value(), "ping");
}

TEST_F(TlsStreamTest, LoadingSaysWhatIsMissing) {
  const auto missing = TlsServerContext::load(path("none.pem"), path("key.pem"));
  EXPECT_EQ(code_of(missing), ErrorCode::invalid_argument);
  EXPECT_NE(missing.error().message.find("none.pem"), std::string::npos);
  EXPECT_EQ(code_of(TlsClientContext::load(path("none.pem"))), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace dyad
