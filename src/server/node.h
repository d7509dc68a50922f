#pragma once

#include <memory>
#include <string>

#include "auth/credentials.h"
#include "base/result.h"
#include "runtime/reactor.h"
#include "server/node_options.h"

namespace dyad::server {

/// One running server: everything wired, in the one place that knows all.
class Node {
 public:
  /// Recovers the data directory, makes credentials where there are none, listens. Blocks; from a
  /// plain thread, after Signals::block(). Errors say what to do.
  static Result<std::unique_ptr<Node>> start(NodeOptions options);
  ~Node();

  std::string address() const;  ///< With the port chosen.
  bool secure() const;
  /// The certificate that clients must be told to trust, since it signs itself; empty: none.
  std::string own_certificate() const;
  const auth::RootCredential& root() const;
  Reactor& reactor();  ///< For signals.

  /// Reads the certificate anew and takes max_connections of `fresh`; all or nothing. The rest of
  /// `fresh` needs a new start.
  Result<> reload(const NodeOptions& fresh);
  /// Takes no more requests, finishes those under way, closes the store. Once; from a plain thread.
  Result<> stop();

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dyad::server
