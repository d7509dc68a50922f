#include "runtime/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"
#include "runtime/socket_error.h"

namespace dyad {
namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  return set;
}

}  // namespace

void Signals::block(std::initializer_list<int> numbers) {
  const sigset_t set = set_of(numbers);
  DYAD_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

Result<std::unique_ptr<Signals>> Signals::receive(Reactor& reactor,
                                                  std::initializer_list<int> numbers) {
  const sigset_t set = set_of(numbers);
  UniqueFd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return fail(socket_error("signalfd"));
  return std::unique_ptr<Signals>(new Signals(reactor, std::move(fd)));
}

Task<Result<int>> Signals::next() {
  while (signals_.fd() >= 0) {
    signalfd_siginfo info;
    const ssize_t count = ::read(signals_.fd(), &info, sizeof info);
    if (count == static_cast<ssize_t>(sizeof info)) co_return static_cast<int>(info.ssi_signo);
    if (count < 0 && errno == EINTR) continue;
    if (count >= 0 || errno != EAGAIN) co_return fail(socket_error("read a signal"));
    const Pollable::Outcome outcome = co_await signals_.readable(Deadline::never());
    if (outcome != Pollable::Outcome::ready) co_return fail(wait_error(outcome));
  }
  co_return fail(wait_error(Pollable::Outcome::cancelled));
}

}  // namespace dyad
