#include "store/rados/ownership.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <list>

#include "base/log.h"

namespace dyad::store::rados {
namespace {

constexpr const char* kLockName = "dyad.owner";
/// How often somebody else may be quicker before it is them.
constexpr int kMaxTakeOvers = 16;

std::string epoch_text(std::uint64_t epoch) {
  return fmt::format("{:016}", epoch);
}

}  // namespace

void assert_owner(librados::ObjectWriteOperation& operation, std::string_view epoch) {
  operation.cmpxattr(kOwnerAttribute, LIBRADOS_CMPXATTR_OP_EQ, buffer_of(epoch));
}

Result<std::unique_ptr<Ownership>> Ownership::take(Cluster& cluster, std::string first_object,
                                                   bool take_over) {
  std::unique_ptr<Ownership> taken(new Ownership(cluster, std::move(first_object)));
  librados::ObjectWriteOperation make;
  make.create(false);
  DYAD_TRY(cluster.write(taken->object_, std::move(make)));
  DYAD_TRY(taken->lock(take_over));
  DYAD_TRY(taken->begin_epoch());
  return taken;
}

Result<> Ownership::lock(bool take_over) {
  cookie_ = fmt::format("{:016x}", cluster_.pool().get_instance_id());
  for (int i = 0; i < kMaxTakeOvers; ++i) {
    const int code =
        cluster_.pool().lock_exclusive(object_, kLockName, cookie_, cluster_.address(), nullptr, 0);
    if (code == 0) return {};
    if (code != -EBUSY && code != -EEXIST) return fail(error_of(code, "locking " + object_));

    int exclusive = 0;
    std::string tag;
    std::list<librados::locker_t> holders;
    const int listed = cluster_.pool().list_lockers(object_, kLockName, &exclusive, &tag, &holders);
    if (listed == -ENOENT) continue;
    if (listed < 0) return fail(error_of(listed, "asking who locks " + object_));
    for (const librados::locker_t& holder : holders) {
      if (!take_over) {
        return fail(ErrorCode::conflict,
                    fmt::format("{} at {} owns this store", holder.client, holder.address));
      }
      log::warning("taking a store over", "object={} from={} at={}", object_, holder.client,
                   holder.address);
      DYAD_TRY(cluster_.fence_off(holder.address));
      const int broken =
          cluster_.pool().break_lock(object_, kLockName, holder.client, holder.cookie);
      if (broken < 0 && broken != -ENOENT) {
        return fail(error_of(broken, "breaking the lock of " + object_));
      }
    }
  }
  return fail(ErrorCode::conflict, "others keep taking this store over");
}

Result<> Ownership::begin_epoch() {
  librados::bufferlist stored;
  const int code = cluster_.pool().getxattr(object_, kOwnerAttribute, stored);
  if (code < 0 && code != -ENODATA) return fail(error_of(code, "reading the epoch of " + object_));
  std::uint64_t former = 0;
  const std::string text = code < 0 ? std::string() : stored.to_str();
  if (code >= 0) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), former);
    if (parsed.ec != std::errc()) {
      return fail(ErrorCode::corruption, object_ + ": the owner's epoch is not a number");
    }
  }
  epoch_ = epoch_text(former + 1);
  librados::ObjectWriteOperation begin;
  if (code >= 0) assert_owner(begin, text);
  begin.setxattr(kOwnerAttribute, buffer_of(epoch_));
  return cluster_.write(object_, std::move(begin));
}

Result<> Ownership::claim(const std::string& object) {
  librados::ObjectWriteOperation claim;
  claim.assert_exists();
  claim.setxattr(kOwnerAttribute, buffer_of(epoch_));
  return cluster_.write(object, std::move(claim));
}

librados::ObjectWriteOperation Ownership::guarded() const {
  librados::ObjectWriteOperation operation;
  assert_owner(operation, epoch_);
  return operation;
}

Result<> Ownership::release() {
  const int code = cluster_.pool().unlock(object_, kLockName, cookie_);
  if (code < 0) return fail(error_of(code, "unlocking " + object_));
  return {};
}

}  // namespace dyad::store::rados
