#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "store/backend.h"
#include "store/rados/cluster.h"
#include "store/rados/commit_gate.h"
#include "store/rados/commit_plan.h"
#include "store/rados/home_layout.h"
#include "store/rados/home_log.h"
#include "store/rados/ownership.h"
#include "store/rados/rados_store.h"
#include "store/rados/row_cursor.h"

namespace dyad::store::rados {

/// What an owner keeps in memory of one home.
struct Home {
  Home(HomeId id, const Layout& layout) : log(id, layout) {}
  HomeLog log;
  KeySamples samples;
  std::uint64_t written_keys = 0;  ///< The committer's, for taking samples.
};

/// Rows and logs in homes (home_layout.h). Commits are planned (commit_plan.h) and take turns with
/// walks (commit_gate.h).
class RadosBackend final : public Backend {
 public:
  struct Opened {
    std::shared_ptr<Cluster> cluster;
    std::unique_ptr<Layout> layout;
    std::unique_ptr<Ownership> ownership;
    std::map<HomeId, std::shared_ptr<Home>> homes;
    Records records;
  };
  RadosBackend(Runtime& runtime, const RadosOptions& options, Opened opened);

  Task<Result<std::optional<std::string>>> read(std::string_view physical) override;
  Task<Result<std::vector<std::optional<std::string>>>> read_all(
      std::span<const std::string> physical) override;
  std::unique_ptr<BaseSnapshot> snapshot() override;
  Result<> admit(std::size_t bytes, bool frees) override;
  Task<Result<>> commit(const CommitBatch& batch) override;
  void reclaim(const PartitionRecord& dropped) override;
  Task<Result<LogEntries>> read_log(PartitionId partition, Timestamp after, Timestamp upto,
                                    const LogLimits& limits) override;
  Task<Result<>> trim_log(PartitionId partition, Timestamp upto) override;
  Task<Result<>> close(Timestamp ceiling) override;

 private:
  class Snapshot;

  std::shared_ptr<Home> home(HomeId id);
  std::shared_ptr<Home> home_of_partition(PartitionId partition, HomeId& id);
  librados::ObjectWriteOperation guarded() const { return ownership_->guarded(); }

  Result<> commit_now(const CommitBatch& batch);
  Result<> make_home(HomeId id);
  Result<> commit_alone(const CommitPlan& plan);
  Result<> commit_together(const CommitPlan& plan);
  Result<> write_intents(const std::map<HomeId, std::vector<HomeWrite>>& pieces);
  Result<> decide(const HomeWrite* catalogue);
  Result<> carry_out(HomeId id, const std::vector<HomeWrite>& pieces);
  void shown(HomeId id, const HomeWrite& write);
  Result<> seal_long_logs(const CommitPlan& plan);
  Result<> seal(HomeId id, Home& home);
  Result<> clear_away(const PartitionRecord& dropped);
  Result<> remove_segments(HomeId id, const std::vector<std::uint64_t>& numbers);

  Runtime& runtime_;
  const RadosOptions options_;
  const std::shared_ptr<Cluster> cluster_;
  const std::unique_ptr<Layout> layout_;
  const std::unique_ptr<Ownership> ownership_;
  CommitGate gate_;

  std::mutex mutex_;  ///< Guards the next two.
  std::map<HomeId, std::shared_ptr<Home>> homes_;
  std::map<PartitionId, HomeId> roots_;

  // The committer's.
  Records records_;
  std::uint64_t commits_ = 0;      ///< Of those over several homes.
  std::vector<std::string> done_;  ///< Commit records that are no longer needed.
};

/// Removes what a dropped partition leaves: its rows, where it is live, its cursors, and its home,
/// where nobody else lives in it: then the answer is true. Blocks. Done twice it does no harm.
Result<bool> clear_partition(Cluster& cluster, const Layout& layout, const PartitionRecord& dropped,
                             const Records& left, const std::vector<std::uint64_t>& segments);
/// What home 0 still says of one that was cleared away.
std::set<std::string> keys_of_cleared(const PartitionRecord& dropped, bool home_gone);

}  // namespace dyad::store::rados
