#include "phase.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad::bench {
namespace {

/// Takes a millisecond, and fails where it was told to.
class Sleeper final : public Driver {
 public:
  Sleeper(const Clock& clock, bool fails) : clock_(clock), fails_(fails) {}
  Task<Result<>> operate() override {
    ++done;
    co_await SleepUntil(clock_.steady_us() + 1000);
    if (fails_) co_return fail(ErrorCode::conflict, "as told");
    co_return Result<>();
  }
  int done = 0;

 private:
  const Clock& clock_;
  const bool fails_;
};

class PhaseTest : public ::testing::Test {
 protected:
  Phase run(std::vector<std::unique_ptr<Driver>>& drivers, PhasePlan plan) {
    Result<Phase> phase = sync_wait(reactor_, run_phase(reactor_, drivers, plan));
    EXPECT_TRUE(phase) << (phase ? "" : phase.error().to_string());
    return std::move(*phase);
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "phase"};
};

TEST_F(PhaseTest, CountsWhatEndsBetweenWarmUpAndEnd) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < 4; ++i) drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.warm_up_ms = 50;
  plan.measure_ms = 100;
  plan.subject = ::getpid();
  const Phase phase = run(drivers, plan);
  int done = 0;
  for (const auto& driver : drivers) done += static_cast<const Sleeper&>(*driver).done;
  EXPECT_GT(phase.operations, 0u);
  EXPECT_LT(phase.operations, static_cast<std::uint64_t>(done));
  EXPECT_EQ(phase.latency_us.count(), phase.operations);
  EXPECT_GE(phase.latency_us.percentile(0), 900u);
  EXPECT_GE(phase.seconds, 0.09);
  EXPECT_TRUE(phase.subject_cpu.has_value());
  EXPECT_EQ(phase.errors, 0u);
}

TEST_F(PhaseTest, ANumberOfOperationsIsKeptExactly) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < 3; ++i) drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.operations = 20;
  const Phase phase = run(drivers, plan);
  EXPECT_EQ(phase.operations, 20u);
  EXPECT_FALSE(phase.subject_cpu.has_value());
}

TEST_F(PhaseTest, ErrorsAreToldAndEndThePhaseEarly) {
  std::vector<std::unique_ptr<Driver>> drivers;
  drivers.push_back(std::make_unique<Sleeper>(clock_, true));
  PhasePlan plan;
  plan.operations = 1'000'000'000;
  const Phase phase = run(drivers, plan);
  EXPECT_EQ(phase.errors, 100u);
  EXPECT_EQ(phase.operations, 0u);
  EXPECT_EQ(phase.first_error, "conflict: as told");
}

TEST_F(PhaseTest, AnOpenLoopKeepsItsRateWhileDriversAreFree) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < 32; ++i) drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.warm_up_ms = 20;
  plan.measure_ms = 200;
  plan.rate_per_s = 500;
  const Phase phase = run(drivers, plan);
  // What is due within 200 ms, however late the machine was with it.
  EXPECT_GE(phase.operations, 99u);
  EXPECT_LE(phase.operations, 101u);
  EXPECT_GE(phase.latency_us.percentile(0), 900u);
}

/// The first operation takes long, the others nothing.
class Stalls final : public Driver {
 public:
  explicit Stalls(const Clock& clock) : clock_(clock) {}
  Task<Result<>> operate() override {
    if (first_) co_await SleepUntil(clock_.steady_us() + 100'000);
    first_ = false;
    co_return Result<>();
  }
  std::uint64_t units() const override { return 7; }

 private:
  const Clock& clock_;
  bool first_ = true;
};

TEST_F(PhaseTest, AnOpenLoopChargesAStallToAllThatWasDueMeanwhile) {
  std::vector<std::unique_ptr<Driver>> drivers;
  drivers.push_back(std::make_unique<Stalls>(clock_));
  PhasePlan plan;
  plan.warm_up_ms = 0;
  plan.measure_ms = 200;
  plan.rate_per_s = 100;
  const Phase phase = run(drivers, plan);
  EXPECT_GE(phase.operations, 19u);
  EXPECT_LE(phase.operations, 20u);
  EXPECT_EQ(phase.units, 7 * phase.operations);
  // Those due at 0, 10, 20 ... 90 ms were answered at 100 at the earliest. A closed loop would have
  // seen a single slow one.
  EXPECT_GE(phase.latency_us.percentile(0.75), 40'000u);
}

/// As slow as the drivers are, the rate cannot be kept.
TEST_F(PhaseTest, ARateThatIsNotKeptIsAnError) {
  std::vector<std::unique_ptr<Driver>> drivers;
  drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.warm_up_ms = 0;
  plan.measure_ms = 30;
  plan.rate_per_s = 1'000'000;
  const Phase phase = run(drivers, plan);
  EXPECT_EQ(phase.errors, 1u);
  EXPECT_EQ(phase.first_error, "conflict: the server does not keep up with the rate");
}

TEST_F(PhaseTest, ToldIsTheMemoryOfTheSubject) {
  std::vector<std::unique_ptr<Driver>> drivers;
  drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.operations = 1;
  plan.subject = ::getpid();
  const Phase phase = run(drivers, plan);
  ASSERT_TRUE(phase.subject_memory.has_value());
  EXPECT_GT(phase.subject_memory->resident_bytes, 1 << 20);
  EXPECT_GE(phase.subject_memory->peak_bytes, phase.subject_memory->resident_bytes);
}

TEST_F(PhaseTest, ANumberOfOperationsThatTakesTooLongIsAnError) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < 3; ++i) drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.operations = 1'000'000'000;
  plan.limit_ms = 20;
  const Phase phase = run(drivers, plan);
  EXPECT_GE(phase.errors, 1u);
  EXPECT_EQ(phase.first_error, "deadline_exceeded: it takes longer than it may");
}

/// Never suspends.
class Immediate final : public Driver {
 public:
  Task<Result<>> operate() override {
    ++done;
    co_return Result<>();
  }
  int done = 0;
};

TEST_F(PhaseTest, OperationsThatNeverWaitTakeTurnsAndEnd) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < 3; ++i) drivers.push_back(std::make_unique<Immediate>());
  PhasePlan plan;
  plan.warm_up_ms = 5;
  plan.measure_ms = 20;
  const Phase phase = run(drivers, plan);
  EXPECT_GT(phase.operations, 100u);
  for (const auto& driver : drivers) EXPECT_GT(static_cast<const Immediate&>(*driver).done, 30);
}

TEST_F(PhaseTest, AProcessThatIsNotThereIsAnError) {
  std::vector<std::unique_ptr<Driver>> drivers;
  drivers.push_back(std::make_unique<Sleeper>(clock_, false));
  PhasePlan plan;
  plan.operations = 1;
  plan.subject = 0x7fffffff;
  const Result<Phase> phase = sync_wait(reactor_, run_phase(reactor_, drivers, plan));
  ASSERT_FALSE(phase);
  EXPECT_EQ(phase.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace dyad::bench
