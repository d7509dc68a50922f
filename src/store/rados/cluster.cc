#include "store/rados/cluster.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/completion.h"

namespace dyad::store::rados {
namespace {

/// For as long as the cluster's memory of who was fenced off has to last: longer than any operation
/// can be under way.
constexpr std::uint32_t kFencedSeconds = 24 * 3600;

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENODATA:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::already_exists;
    case ESHUTDOWN:  // On the blocklist.
    case ECANCELED:  // A guard of the operation did not hold.
      return ErrorCode::not_owner;
    case EBUSY:
      return ErrorCode::conflict;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    case E2BIG:
    case EFBIG:
      return ErrorCode::too_large;
    case ETIMEDOUT:
      return ErrorCode::deadline_exceeded;
    default:
      return ErrorCode::io_error;
  }
}

Result<> result_of(int code, std::string_view what) {
  if (code >= 0) return {};
  return fail(error_of(code, what));
}

/// What an operation under way needs beside itself; lives in the awaiting coroutine's frame.
struct Awaited {
  Completion<bool> done;
  librados::AioCompletion* completion;

  Awaited()
      : completion(librados::Rados::aio_create_completion(
            this, [](void*, void* self) { static_cast<Awaited*>(self)->done.set(true); })) {}
  ~Awaited() { completion->release(); }
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;
};

/// The callback holds the state as well: who began the write may be gone before it ends.
class BegunWrite final : public Cluster::Begun {
 public:
  explicit BegunWrite(std::string object) : state_(std::make_shared<State>(std::move(object))) {}

  void start(librados::IoCtx& pool, librados::ObjectWriteOperation operation) {
    auto* held = new std::shared_ptr<State>(state_);
    librados::AioCompletion* completion =
        librados::Rados::aio_create_completion(held, [](rados_completion_t done, void* argument) {
          const std::unique_ptr<std::shared_ptr<State>> state(
              static_cast<std::shared_ptr<State>*>(argument));
          (*state)->code.set(rados_aio_get_return_value(done));
        });
    const int refused = pool.aio_operate(state_->object, completion, &operation);
    completion->release();
    if (refused >= 0) return;
    delete held;
    state_->code.set(refused);
  }
  Task<Result<>> done() override {
    const int code = co_await state_->code;
    co_return result_of(code, state_->object);
  }

 private:
  struct State {
    explicit State(std::string name) : object(std::move(name)) {}
    const std::string object;
    Completion<int> code;
  };
  std::shared_ptr<State> state_;
};

}  // namespace

Error error_of(int negative_errno, std::string_view what) {
  const int error = -negative_errno;
  const ErrorCode code = code_of(error);
  if (code == ErrorCode::not_owner) {
    return Error(code, fmt::format("{}: another server owns this now ({})", what, error));
  }
  return Error(code, fmt::format("{}: {}", what, std::strerror(error)));
}

librados::bufferlist buffer_of(std::string_view bytes) {
  librados::bufferlist buffer;
  buffer.append(bytes.data(), static_cast<unsigned>(bytes.size()));
  return buffer;
}

Result<std::shared_ptr<Cluster>> Cluster::connect(const ClusterOptions& options) {
  const std::shared_ptr<Cluster> made(new Cluster());
  const std::string what =
      fmt::format("connecting to the cluster of '{}' as {}", options.configuration, options.user);
  DYAD_TRY(result_of(rados_create2(&made->c_cluster_, "ceph", options.user.c_str(), 0), what));
  const char* path = options.configuration.empty() ? nullptr : options.configuration.c_str();
  DYAD_TRY(result_of(rados_conf_read_file(made->c_cluster_, path), what));
  DYAD_TRY(result_of(rados_connect(made->c_cluster_), what));
  librados::Rados::from_rados_t(made->c_cluster_, made->cluster_);
  DYAD_TRY(result_of(rados_ioctx_create(made->c_cluster_, options.pool.c_str(), &made->c_pool_),
                     fmt::format("opening the pool '{}'", options.pool)));
  librados::IoCtx::from_rados_ioctx_t(made->c_pool_, made->pool_);
  return made;
}

Cluster::~Cluster() {
  pool_.close();
  if (c_pool_ != nullptr) rados_ioctx_destroy(c_pool_);
  // One of two references to the client; `cluster_` has the other, and lets go of it when it is
  // destroyed, and only then: shutdown() does not make it forget.
  if (c_cluster_ != nullptr) rados_shutdown(c_cluster_);
}

Result<> Cluster::fence_off(const std::string& address) {
  DYAD_TRY(result_of(cluster_.blocklist_add(address, kFencedSeconds),
                     fmt::format("putting {} on the blocklist", address)));
  return result_of(cluster_.wait_for_latest_osdmap(), "waiting for the map of the blocklist");
}

Result<> Cluster::write(const std::string& object, librados::ObjectWriteOperation operation) {
  return result_of(pool_.operate(object, &operation), object);
}

Result<> Cluster::remove(const std::string& object) {
  return result_of(pool_.remove(object), object);
}

Result<> Cluster::read(const std::string& object, librados::ObjectReadOperation operation) {
  return result_of(pool_.operate(object, &operation, nullptr), object);
}

Result<std::string> Cluster::read_bytes(const std::string& object, std::uint64_t offset,
                                        std::size_t bytes) {
  librados::bufferlist buffer;
  DYAD_TRY(result_of(pool_.read(object, buffer, bytes, offset), object));
  return buffer.to_str();
}

Result<> Cluster::remove_keys(const std::string& object, const std::string& begin,
                              const std::string& end) {
  rados_write_op_t operation = rados_create_write_op();
  rados_write_op_omap_rm_range2(operation, begin.data(), begin.size(), end.data(), end.size());
  const int code = rados_write_op_operate2(operation, c_pool_, object.c_str(), nullptr, 0);
  rados_release_write_op(operation);
  return result_of(code, object);
}

Task<Result<>> Cluster::read_later(std::string object, librados::ObjectReadOperation operation) {
  Awaited awaited;
  const int refused = pool_.aio_operate(object, awaited.completion, &operation, nullptr);
  if (refused < 0) co_return result_of(refused, object);
  co_await awaited.done;
  co_return result_of(awaited.completion->get_return_value(), object);
}

Task<Result<>> Cluster::write_later(std::string object, librados::ObjectWriteOperation operation) {
  Awaited awaited;
  const int refused = pool_.aio_operate(object, awaited.completion, &operation);
  if (refused < 0) co_return result_of(refused, object);
  co_await awaited.done;
  co_return result_of(awaited.completion->get_return_value(), object);
}

Task<Result<std::string>> Cluster::read_bytes_later(std::string object, std::uint64_t offset,
                                                    std::size_t bytes) {
  Awaited awaited;
  librados::bufferlist buffer;
  const int refused = pool_.aio_read(object, awaited.completion, &buffer, bytes, offset);
  if (refused < 0) co_return fail(error_of(refused, object));
  co_await awaited.done;
  DYAD_CO_TRY(result_of(awaited.completion->get_return_value(), object));
  co_return buffer.to_str();
}

std::unique_ptr<Cluster::Begun> Cluster::begin_write(std::string object,
                                                     librados::ObjectWriteOperation operation) {
  auto begun = std::make_unique<BegunWrite>(std::move(object));
  begun->start(pool_, std::move(operation));
  return begun;
}

Cluster::Started Cluster::start(const std::string& object,
                                librados::ObjectWriteOperation operation) {
  librados::AioCompletion* completion = librados::Rados::aio_create_completion();
  const int refused = pool_.aio_operate(object, completion, &operation);
  return Started(completion, refused);
}

Cluster::Started::Started(Started&& from) noexcept
    : completion_(std::exchange(from.completion_, nullptr)), refused_(from.refused_) {}

Cluster::Started::~Started() {
  if (completion_ == nullptr) return;
  if (refused_ >= 0) completion_->wait_for_complete();
  completion_->release();
}

Result<> Cluster::Started::wait(std::string_view what) {
  if (refused_ < 0) return result_of(refused_, what);
  completion_->wait_for_complete();
  return result_of(completion_->get_return_value(), what);
}

}  // namespace dyad::store::rados
