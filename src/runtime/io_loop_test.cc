#include "runtime/io_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace dyad {
namespace {

using Direction = FdWatch::Direction;

struct Recorder : IoLoop::Waiter {
  Recorder() { over = on_over; }
  static void on_over(IoLoop::Waiter& waiter, bool cancelled) {
    auto& self = static_cast<Recorder&>(waiter);
    ++self.told;
    self.was_cancelled = cancelled;
  }

  int told = 0;
  bool was_cancelled = false;
};

class IoLoopTest : public testing::Test {
 protected:
  IoLoopTest() {
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    here_ = std::make_unique<FdWatch>(loop_, UniqueFd(ends[0]));
    there_ = UniqueFd(ends[1]);
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(::write(there_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  /// What one call brings; -1 where it would block.
  ssize_t receive(std::size_t bytes) {
    std::string buffer(bytes, '\0');
    return ::read(here_->fd(), buffer.data(), bytes);
  }

  IoLoop loop_;
  std::unique_ptr<FdWatch> here_;
  UniqueFd there_;
};

TEST_F(IoLoopTest, ToldOnceForWhatCameBeforeAndAfterTheWait) {
  send("before");
  Recorder first;
  here_->wait(Direction::read, first);
  EXPECT_EQ(first.told, 0);
  loop_.run_one(1'000'000);
  EXPECT_EQ(first.told, 1);
  EXPECT_FALSE(first.was_cancelled);
  EXPECT_EQ(receive(100), 6);

  Recorder second;
  here_->wait(Direction::read, second);
  loop_.poll();
  EXPECT_EQ(second.told, 0);
  send("after");
  loop_.poll();
  EXPECT_EQ(second.told, 1);
  loop_.poll();
  EXPECT_EQ(second.told, 1);
}

TEST_F(IoLoopTest, WhatComesBetweenAReadAndTheNextWaitIsNotMissed) {
  for (int i = 0; i < 100; ++i) {
    Recorder waiter;
    send("x");
    here_->wait(Direction::read, waiter);
    while (waiter.told == 0) loop_.run_one(1'000'000);
    while (receive(10) > 0) {
    }
    // An edge that comes while nobody waits, seen by the loop or not yet.
    send("y");
    if (i % 2 == 0) loop_.poll();
    Recorder next;
    here_->wait(Direction::read, next);
    loop_.run_one(1'000'000);
    ASSERT_EQ(next.told, 1);
    while (receive(10) > 0) {
    }
  }
}

TEST_F(IoLoopTest, AnEndThatCameWithTheLastBytesIsTold) {
  send("last");
  there_.reset();
  Recorder first;
  here_->wait(Direction::read, first);
  loop_.run_one(1'000'000);
  EXPECT_EQ(receive(100), 4);  // Fewer than asked for: a reader waits now, and no edge will come.
  for (int i = 0; i < 3; ++i) {
    Recorder end;
    here_->wait(Direction::read, end);
    loop_.run_one(1'000'000);
    EXPECT_EQ(end.told, 1);
    EXPECT_FALSE(end.was_cancelled);
  }
  EXPECT_EQ(receive(100), 0);
}

TEST_F(IoLoopTest, AWriterIsToldWhenThereIsRoom) {
  const std::string block(4096, 'b');
  while (::write(here_->fd(), block.data(), block.size()) > 0) {
  }
  Recorder stale;  // Before it joined the loop there was no room; an edge comes with room alone.
  here_->wait(Direction::write, stale);
  loop_.poll();
  EXPECT_EQ(stale.told, 0);
  std::string drained(1 << 20, '\0');
  while (::read(there_.get(), drained.data(), drained.size()) > 0) {
  }
  loop_.run_one(1'000'000);
  EXPECT_EQ(stale.told, 1);
}

TEST_F(IoLoopTest, CancelAndCloseEndBothWaits) {
  Recorder read, write, later;
  const std::string block(4096, 'b');
  while (::write(here_->fd(), block.data(), block.size()) > 0) {
  }
  here_->wait(Direction::read, read);
  here_->wait(Direction::write, write);
  here_->cancel();
  EXPECT_EQ(read.told + write.told, 0);
  loop_.poll();
  EXPECT_TRUE(read.was_cancelled && write.was_cancelled);

  here_->wait(Direction::read, later);
  here_->close();
  EXPECT_EQ(here_->fd(), -1);
  loop_.poll();
  EXPECT_EQ(later.told, 1);
  EXPECT_TRUE(later.was_cancelled);
}

TEST_F(IoLoopTest, OneThatIsToldMayEndAnotherWhoseEventCameWithItsOwn) {
  struct Closer : Recorder {
    explicit Closer(std::unique_ptr<FdWatch>& watch) : victim(watch) { over = close; }
    static void close(IoLoop::Waiter& waiter, bool) {
      auto& self = static_cast<Closer&>(waiter);
      ++self.told;
      self.victim.reset();
    }
    std::unique_ptr<FdWatch>& victim;
  };
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  auto other = std::make_unique<FdWatch>(loop_, UniqueFd(ends[0]));
  UniqueFd other_end(ends[1]);
  Closer closes_here(here_), closes_other(other);
  here_->wait(Direction::read, closes_other);
  other->wait(Direction::read, closes_here);
  send("x");
  ASSERT_EQ(::write(other_end.get(), "x", 1), 1);
  loop_.poll();
  // Both were ready in one look; both are told, once.
  EXPECT_EQ(closes_here.told, 1);
  EXPECT_EQ(closes_other.told, 1);
}

TEST_F(IoLoopTest, AReleasedDescriptorMayJoinAgain) {
  Recorder first, second;
  send("x");
  here_->wait(Direction::read, first);
  loop_.poll();
  EXPECT_EQ(first.told, 1);
  FdWatch again(loop_, here_->release());
  EXPECT_EQ(here_->fd(), -1);
  again.wait(Direction::read, second);
  loop_.poll();
  EXPECT_EQ(second.told, 1);
}

TEST_F(IoLoopTest, TellsAllOfMoreThanOneCallTakes) {
  constexpr std::size_t kPairs = IoLoop::kMaxEventsPerCall + 50;
  std::vector<std::unique_ptr<FdWatch>> watches;
  std::vector<UniqueFd> ends;
  std::vector<Recorder> waiters(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    std::array<int, 2> pipe_ends;
    ASSERT_EQ(::pipe2(pipe_ends.data(), O_NONBLOCK), 0);
    watches.push_back(std::make_unique<FdWatch>(loop_, UniqueFd(pipe_ends[0])));
    ends.emplace_back(pipe_ends[1]);
    watches[i]->wait(Direction::read, waiters[i]);
    ASSERT_EQ(::write(pipe_ends[1], "x", 1), 1);
  }
  for (std::size_t i = 0; i < kPairs; ++i) loop_.run_one(1'000'000);
  for (const Recorder& waiter : waiters) EXPECT_EQ(waiter.told, 1);
}

TEST_F(IoLoopTest, WakeEndsASleepEachTime) {
  for (int i = 0; i < 20; ++i) {
    std::thread waker([&] { loop_.wake(); });
    loop_.run_one(60'000'000);  // The test's own time limit would say so if it slept on.
    waker.join();
    loop_.poll();
  }
}

}  // namespace
}  // namespace dyad
