#include "request_signer.h"

#include <algorithm>

#include "crypto/amz_date.h"
#include "crypto/digest.h"
#include "crypto/sigv4.h"

namespace dyad::bench {
namespace {

constexpr std::string_view kUserAgent = "dyad-bench";

}  // namespace

RequestSigner::RequestSigner(crypto::Credentials credentials, Form form)
    : access_key_id_(credentials.access_key_id),
      form_(std::move(form)),
      keys_(std::move(credentials), form_.style, form_.region, form_.service),
      key_("") {
  payload_hash_.assign(2 * crypto::Sha256::kBytes, '0');
  // The views stay good: strings of fixed length are overwritten in place, the others never change.
  headers_.push_back({"host", form_.host});
  for (const auto& header : form_.headers) headers_.push_back({header.name, header.value});
  headers_.push_back({"x-amz-date", {}});
  if (form_.style == crypto::SignatureStyle::s3) {
    hash_header_ = headers_.size();
    headers_.push_back({"x-amz-content-sha256", payload_hash_});
  }

  std::vector<std::string_view> names;
  for (const http::Header& header : headers_) names.push_back(header.name);
  std::ranges::sort(names);
  for (const std::string_view name : names) {
    if (!signed_headers_.empty()) signed_headers_.push_back(';');
    signed_headers_.append(name);
  }
  headers_.push_back({"user-agent", kUserAgent});
  headers_.push_back({"authorization", {}});
}

void RequestSigner::new_second(std::int64_t now_ms) {
  second_ = now_ms / 1000;
  amz_date_ = crypto::to_amz_date(now_ms);
  scope_ = keys_.scope(now_ms);
  key_ = keys_.key(now_ms);
  authorization_ = std::string(crypto::kSigv4Algorithm) + " Credential=" + access_key_id_ + "/" +
                   scope_.text() + ", SignedHeaders=" + signed_headers_ + ", Signature=";
  authorization_start_ = authorization_.size();
  for (http::Header& header : headers_)
    if (header.name == "x-amz-date") header.value = amz_date_;
}

std::span<const http::Header> RequestSigner::sign(std::string_view method, std::string_view target,
                                                  std::string_view body, std::int64_t now_ms) {
  const auto body_hash = crypto::sha256_hex(body);
  std::copy(body_hash.begin(), body_hash.end(), payload_hash_.begin());
  return sign_hashed(method, target, payload_hash_, now_ms);
}

std::span<const http::Header> RequestSigner::sign_hashed(std::string_view method,
                                                         std::string_view target,
                                                         std::string_view hash,
                                                         std::int64_t now_ms) {
  if (now_ms / 1000 != second_) new_second(now_ms);
  if (hash_header_) headers_[*hash_header_].value = hash;

  const std::size_t question = std::min(target.find('?'), target.size());
  crypto::RequestView request;
  request.method = method;
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  request.headers = headers_;
  canonical_.clear();
  crypto::append_canonical_request(canonical_, request, form_.style, signed_headers_, hash);
  to_sign_.clear();
  crypto::append_string_to_sign(to_sign_, amz_date_, scope_, canonical_);
  const auto signature = crypto::hex_of(key_.sign(to_sign_));

  authorization_.resize(authorization_start_);
  authorization_.append(signature.data(), signature.size());
  headers_.back().value = authorization_;
  return headers_;
}

}  // namespace dyad::bench
