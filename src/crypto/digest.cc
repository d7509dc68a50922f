// OpenSSL's block-level digests are deprecated in favour of EVP, but they are the ones whose state
// is a plain struct: no context to allocate, copy or share, and 98 ns for SHA-256 of 64 bytes where
// a reused EVP context takes 168 ns and EVP_Digest 576 ns. The assembly underneath (SHA-NI, AVX2)
// is the same.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <new>

namespace dyad::crypto {
namespace {

template <class Context, std::size_t Size>
Context* context(unsigned char (&state)[Size]) {
  static_assert(sizeof(Context) <= Size && alignof(Context) <= 8);
  return std::launder(reinterpret_cast<Context*>(state));
}

template <std::size_t N>
unsigned char* bytes_of(DigestBytes<N>& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

}  // namespace

void Md5::reset() {
  MD5_Init(new (state_) MD5_CTX);
}
void Md5::update(std::string_view bytes) {
  MD5_Update(context<MD5_CTX>(state_), bytes.data(), bytes.size());
}
DigestBytes<Md5::kBytes> Md5::finish() {
  DigestBytes<kBytes> digest;
  MD5_Final(bytes_of(digest), context<MD5_CTX>(state_));
  return digest;
}

void Sha1::reset() {
  SHA1_Init(new (state_) SHA_CTX);
}
void Sha1::update(std::string_view bytes) {
  SHA1_Update(context<SHA_CTX>(state_), bytes.data(), bytes.size());
}
DigestBytes<Sha1::kBytes> Sha1::finish() {
  DigestBytes<kBytes> digest;
  SHA1_Final(bytes_of(digest), context<SHA_CTX>(state_));
  return digest;
}

void Sha256::reset() {
  SHA256_Init(new (state_) SHA256_CTX);
}
void Sha256::update(std::string_view bytes) {
  SHA256_Update(context<SHA256_CTX>(state_), bytes.data(), bytes.size());
}
DigestBytes<Sha256::kBytes> Sha256::finish() {
  DigestBytes<kBytes> digest;
  SHA256_Final(bytes_of(digest), context<SHA256_CTX>(state_));
  return digest;
}

void Sha512::reset() {
  SHA512_Init(new (state_) SHA512_CTX);
}
void Sha512::update(std::string_view bytes) {
  SHA512_Update(context<SHA512_CTX>(state_), bytes.data(), bytes.size());
}
DigestBytes<Sha512::kBytes> Sha512::finish() {
  DigestBytes<kBytes> digest;
  SHA512_Final(bytes_of(digest), context<SHA512_CTX>(state_));
  return digest;
}

DigestBytes<Md5::kBytes> md5(std::string_view bytes) {
  Md5 digest;
  digest.update(bytes);
  return digest.finish();
}

DigestBytes<Sha1::kBytes> sha1(std::string_view bytes) {
  Sha1 digest;
  digest.update(bytes);
  return digest.finish();
}

DigestBytes<Sha256::kBytes> sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

std::array<char, 64> sha256_hex(std::string_view bytes) {
  return hex_of(sha256(bytes));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace dyad::crypto
