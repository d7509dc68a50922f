#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace dyad::gateway {

// What a request says of itself in its head, for who must decide cheaply. Nothing is proved of it.

/// The access key that it names, of either version of signature, in its header or query; empty:
/// none. `kept` holds what had to be decoded.
std::string_view claimed_access_key(const http::RequestHead& head, std::string& kept);

/// A form is the query protocol; S3's own POST forms are multipart.
bool is_query_form(const http::RequestHead& head);

/// Whether it may have to wait for a commit: no if its method, or the operation that it names, only
/// reads.
bool may_write(const http::RequestHead& head);

}  // namespace dyad::gateway
