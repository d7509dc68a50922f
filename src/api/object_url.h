#pragma once

#include <string>
#include <string_view>

#include "crypto/uri_encoding.h"

namespace dyad::api {

/// How a client addressed the server.
struct ClientAddress {
  bool secure = false;        ///< Over TLS.
  bool virtual_host = false;  ///< The host's name is the bucket's.
  std::string_view host;      ///< As the request says it; empty: it does not.
};

/// Where an object can be had, in the style in which it was written: Location of
/// CompleteMultipartUpload and of POST forms. S3 encodes the slashes of a key here.
inline std::string object_url(const ClientAddress& address, std::string_view bucket,
                              std::string_view key) {
  std::string url = address.secure ? "https://" : "http://";
  url.append(address.host).append("/");
  if (!address.virtual_host) {
    crypto::append_uri_encoded(url, bucket, false);
    url += '/';
  }
  crypto::append_uri_encoded(url, key, false);
  return url;
}

}  // namespace dyad::api
