#pragma once

#include <rados/librados.h>

#include <rados/librados.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/task.h"

namespace dyad::store::rados {

/// Where a cluster is and which pool of it is ours.
struct ClusterOptions {
  std::string configuration;  ///< Path of a ceph.conf; empty: where librados looks by itself.
  std::string user = "client.admin";
  std::string pool;
};

/// What librados calls -errno, as ours. not_owner: this client is fenced off, or what a guard of
/// the operation asserted does not hold: somebody else owns the object now.
Error error_of(int negative_errno, std::string_view what);

librados::bufferlist buffer_of(std::string_view bytes);

/// One client of the cluster, with one pool open. Thread-safe. A client whose address was put on
/// the blocklist never works again: connect anew.
///
/// An operation object serves once: used a second time it does nothing, and says success. So all
/// calls take theirs by value.
class Cluster {
 public:
  /// Blocks.
  static Result<std::shared_ptr<Cluster>> connect(const ClusterOptions& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  librados::IoCtx& pool() { return pool_; }
  /// The client's addresses and nonce, as locks and the blocklist name them.
  std::string address() const { return cluster_.get_addrs(); }
  /// Whoever has this address has no effect on any object from when this returns on: an operation
  /// of ours carries the map that says so, and a storage daemon takes it before it serves us.
  Result<> fence_off(const std::string& address);

  // These block, until the cluster answers, however long it takes to do so.

  Result<> write(const std::string& object, librados::ObjectWriteOperation operation);
  Result<> remove(const std::string& object);
  /// What the operation's own out parameters say must be checked too.
  Result<> read(const std::string& object, librados::ObjectReadOperation operation);
  Result<std::string> read_bytes(const std::string& object, std::uint64_t offset,
                                 std::size_t bytes);

  /// Removes an object's keys in [begin, end), all at once.
  Result<> remove_keys(const std::string& object, const std::string& begin, const std::string& end);

  /// On the calling coroutine's executor; the out parameters live until it is done.
  Task<Result<>> read_later(std::string object, librados::ObjectReadOperation operation);
  Task<Result<>> write_later(std::string object, librados::ObjectWriteOperation operation);
  /// A write that goes on while the caller does something else.
  class Begun {
   public:
    virtual ~Begun() = default;
    /// Once. Durable on all replicas.
    virtual Task<Result<>> done() = 0;
  };
  std::unique_ptr<Begun> begin_write(std::string object, librados::ObjectWriteOperation operation);
  /// Short at the object's end.
  Task<Result<std::string>> read_bytes_later(std::string object, std::uint64_t offset,
                                             std::size_t bytes);

  /// A write under way.
  class Started {
   public:
    Started(librados::AioCompletion* completion, int refused)
        : completion_(completion), refused_(refused) {}
    Started(Started&& from) noexcept;
    Started& operator=(Started&&) = delete;
    ~Started();
    /// Blocks until it is durable on all replicas.
    Result<> wait(std::string_view what);

   private:
    librados::AioCompletion* completion_;
    int refused_;
  };
  Started start(const std::string& object, librados::ObjectWriteOperation operation);

 private:
  Cluster() = default;

  // The interface for C has what the one for C++ lacks; both name the same client.
  rados_t c_cluster_ = nullptr;
  rados_ioctx_t c_pool_ = nullptr;
  librados::Rados cluster_;
  librados::IoCtx pool_;
};

}  // namespace dyad::store::rados
