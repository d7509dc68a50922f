#include "runtime/io_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "base/check.h"

namespace dyad {

namespace asio = boost::asio;
using AsioExecutor = asio::io_context::executor_type;

struct IoLoop::Impl {
  // Descriptors are touched by one thread only; the queue of handlers is not, because of wake().
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<AsioExecutor> work{context.get_executor()};
};

struct FdWatch::Registered {
  asio::posix::basic_stream_descriptor<AsioExecutor> descriptor;
};

IoLoop::IoLoop() : impl_(std::make_unique<Impl>()) {}
IoLoop::~IoLoop() = default;

void IoLoop::wake() {
  asio::post(impl_->context, [] {});
}

void IoLoop::run_one(std::int64_t timeout_us) {
  constexpr std::int64_t kLongestSleepUs = 60'000'000;
  if (timeout_us <= 0) {
    impl_->context.poll_one();
    return;
  }
  if (timeout_us > kLongestSleepUs) timeout_us = kLongestSleepUs;
  impl_->context.run_one_for(std::chrono::microseconds(timeout_us));
}

void IoLoop::poll() {
  impl_->context.poll();
}

FdWatch::FdWatch(IoLoop& loop, UniqueFd fd) : loop_(loop), fd_(fd.release()) {}
FdWatch::~FdWatch() {
  close();
}

void FdWatch::wait(Direction direction, IoLoop::Waiter& waiter) {
  DYAD_CHECK(fd_ >= 0);
  if (registered_ == nullptr) {
    registered_.reset(new Registered{
        asio::posix::basic_stream_descriptor<AsioExecutor>(loop_.impl_->context.get_executor())});
    boost::system::error_code refused;
    registered_->descriptor.assign(fd_, refused);
    // Only a descriptor that cannot be polled, or no kernel memory, is refused.
    DYAD_CHECK(!refused);
  }
  const auto event = direction == Direction::read ? asio::posix::descriptor_base::wait_read
                                                  : asio::posix::descriptor_base::wait_write;
  // Asio re-arms the descriptor with each wait, so that readiness from before it is not missed.
  registered_->descriptor.async_wait(event, [&waiter](const boost::system::error_code& error) {
    waiter.over(waiter, error == asio::error::operation_aborted);
  });
}

void FdWatch::cancel() {
  if (registered_ == nullptr) return;
  boost::system::error_code ignored;
  registered_->descriptor.cancel(ignored);
}

void FdWatch::close() {
  if (fd_ < 0) return;
  if (registered_ != nullptr) {
    boost::system::error_code ignored;
    registered_->descriptor.close(ignored);
    registered_.reset();
  } else {
    UniqueFd closing(fd_);
  }
  fd_ = -1;
}

UniqueFd FdWatch::release() {
  if (registered_ != nullptr) {
    registered_->descriptor.release();
    registered_.reset();
  }
  return UniqueFd(std::exchange(fd_, -1));
}

}  // namespace dyad
