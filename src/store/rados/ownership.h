#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "store/rados/cluster.h"

namespace dyad::store::rados {

/// The attribute that says who owns an object: the epoch of the owner, as text.
constexpr const char* kOwnerAttribute = "dyad.owner";

/// The start of every write of an owner's: nothing happens unless the object is still its own.
void assert_owner(librados::ObjectWriteOperation& operation, std::string_view epoch);

/// That this server, and no other, may write to a store's objects: an exclusive lock on the first
/// of them, and an epoch, larger than every owner's before, that each object knows and each write
/// asserts.
///
/// Who takes over from a live owner puts its address on the blocklist first: what the former owner
/// has under way, asserted or not, has no effect from then on, and its reads fail as its writes do.
/// So nothing depends on clocks or leases; when to take over is for who calls to decide.
class Ownership {
 public:
  /// Blocks. conflict: somebody else is the owner, and `take_over` was not asked for.
  static Result<std::unique_ptr<Ownership>> take(Cluster& cluster, std::string first_object,
                                                 bool take_over);

  const std::string& epoch() const { return epoch_; }
  /// Makes an object of before know the new owner.
  Result<> claim(const std::string& object);
  /// The start of a write.
  librados::ObjectWriteOperation guarded() const;
  /// Lets the next owner in without a fight.
  Result<> release();

 private:
  Ownership(Cluster& cluster, std::string object) : cluster_(cluster), object_(std::move(object)) {}
  Result<> lock(bool take_over);
  Result<> begin_epoch();

  Cluster& cluster_;
  const std::string object_;
  std::string cookie_;
  std::string epoch_;
};

}  // namespace dyad::store::rados
