#include <set>
#include <utility>

#include "base/check.h"
#include "store/rados/rados_backend.h"

// How a batch becomes durable.

namespace dyad::store::rados {
namespace {

/// One operation's worth: an operation larger than osd_max_write_size (90 MiB) is refused.
constexpr std::size_t kMaxOperationBytes = 32u << 20;

constexpr HomeId kCatalogHome = kCatalogPartition.value();

}  // namespace

Task<Result<>> RadosBackend::commit(const CommitBatch& batch) {
  gate_.begin_commit();
  const Result<> done = commit_now(batch);
  gate_.end_commit();
  co_return done;
}

Result<> RadosBackend::commit_now(const CommitBatch& batch) {
  const CommitPlan plan = plan_commit(batch, records_, kMaxOperationBytes);
  for (const HomeId made : plan.made) DYAD_TRY(make_home(made));
  if (plan.changes_partitions) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, record] : records_) roots_[id] = record.root.value();
  }
  DYAD_TRY(commit_alone(plan));
  if (!plan.together.empty()) DYAD_TRY(commit_together(plan));
  for (const PartitionRecord& record : plan.stillborn) reclaim(record);
  return seal_long_logs(plan);
}

// Until a commit record tells of it nobody knows of it: what a crash left under the same id goes.
Result<> RadosBackend::make_home(HomeId id) {
  const std::string object = layout_->home(id);
  const Result<> removed = cluster_->remove(object);
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  librados::ObjectWriteOperation make;
  make.create(true);
  make.setxattr(kOwnerAttribute, buffer_of(ownership_->epoch()));
  return cluster_->write(object, std::move(make));
}

Result<> RadosBackend::commit_alone(const CommitPlan& plan) {
  std::vector<std::pair<HomeId, Cluster::Started>> started;
  started.reserve(plan.alone.size());
  for (const auto& [id, write] : plan.alone) {
    librados::ObjectWriteOperation operation = guarded();
    write.add_to(operation);
    started.emplace_back(id, cluster_->start(layout_->home(id), std::move(operation)));
  }
  Result<> outcome;
  for (auto& [id, one] : started) {
    const Result<> done = one.wait(layout_->home(id));
    if (!done) {
      outcome = done;
    } else {
      shown(id, plan.alone.at(id));
    }
  }
  return outcome;
}

Result<> RadosBackend::commit_together(const CommitPlan& plan) {
  ++commits_;
  std::map<HomeId, std::vector<HomeWrite>> pieces;
  const HomeWrite* catalogue = nullptr;
  for (const auto& [id, write] : plan.together) {
    // The catalogue's share rides on the commit record, if one operation can carry it.
    if (id == kCatalogHome && write.bytes() <= kMaxOperationBytes) {
      catalogue = &write;
    } else {
      pieces[id] = write.pieces(kMaxOperationBytes);
    }
  }
  DYAD_TRY(write_intents(pieces));
  gate_.hide();
  DYAD_TRY(decide(catalogue));
  for (const auto& [id, of_home] : pieces) DYAD_TRY(carry_out(id, of_home));
  done_.push_back(home_key(HomeKey::commit, commits_));
  return {};
}

Result<> RadosBackend::write_intents(const std::map<HomeId, std::vector<HomeWrite>>& pieces) {
  std::vector<std::pair<HomeId, Cluster::Started>> started;
  for (const auto& [id, of_home] : pieces) {
    for (std::size_t i = 0; i < of_home.size(); ++i) {
      librados::ObjectWriteOperation operation = guarded();
      std::map<std::string, librados::bufferlist> intent;
      intent.emplace(intent_key(commits_, i), buffer_of(of_home[i].encode()));
      operation.omap_set(intent);
      started.emplace_back(id, cluster_->start(layout_->home(id), std::move(operation)));
    }
  }
  Result<> outcome;
  for (auto& [id, one] : started) {
    const Result<> done = one.wait(layout_->home(id));
    if (!done) outcome = done;
  }
  return outcome;
}

// The moment from which the commit counts.
Result<> RadosBackend::decide(const HomeWrite* catalogue) {
  librados::ObjectWriteOperation operation = guarded();
  std::map<std::string, librados::bufferlist> record;
  record.emplace(home_key(HomeKey::commit, commits_), buffer_of("1"));
  operation.omap_set(record);
  const std::set<std::string> done(done_.begin(), done_.end());
  if (!done.empty()) operation.omap_rm_keys(done);
  if (catalogue != nullptr) catalogue->add_to(operation);
  DYAD_TRY(cluster_->write(layout_->home(kCatalogHome), std::move(operation)));
  done_.clear();
  if (catalogue != nullptr) shown(kCatalogHome, *catalogue);
  return {};
}

Result<> RadosBackend::carry_out(HomeId id, const std::vector<HomeWrite>& pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    librados::ObjectWriteOperation operation = guarded();
    pieces[i].add_to(operation);
    operation.omap_rm_keys({intent_key(commits_, i)});
    DYAD_TRY(cluster_->write(layout_->home(id), std::move(operation)));
    shown(id, pieces[i]);
  }
  return {};
}

void RadosBackend::shown(HomeId id, const HomeWrite& write) {
  const std::shared_ptr<Home> home = this->home(id);
  if (!write.log().empty()) home->log.appended(write.log());
  for (const auto& [key, value] : write.keys()) {
    if (!value || key.front() != static_cast<char>(HomeKey::row)) continue;
    if (++home->written_keys % KeySamples::kKeysASample == 0) home->samples.add(key);
  }
}

Result<> RadosBackend::seal_long_logs(const CommitPlan& plan) {
  for (const auto* writes : {&plan.alone, &plan.together}) {
    for (const auto& [id, write] : *writes) {
      const std::shared_ptr<Home> home = this->home(id);
      if (home->log.open_bytes() >= options_.segment_bytes) DYAD_TRY(seal(id, *home));
    }
  }
  return {};
}

// The segment is whole before the home lets go of it, all in one operation; a crash between leaves
// a segment that nobody knows and the next seal writes anew.
Result<> RadosBackend::seal(HomeId id, Home& home) {
  const HomeLog::Seal seal = home.log.next_seal();
  DYAD_TRY_ASSIGN(const std::string bytes,
                  cluster_->read_bytes(layout_->home(id), 0, seal.index.bytes));
  if (bytes.size() != seal.index.bytes) {
    return fail(ErrorCode::corruption, "the log in " + layout_->home(id) + " is cut");
  }
  librados::ObjectWriteOperation copy;
  copy.write_full(buffer_of(bytes));
  DYAD_TRY(cluster_->write(layout_->segment(id, seal.number), std::move(copy)));
  librados::ObjectWriteOperation cut = guarded();
  std::map<std::string, librados::bufferlist> entry;
  entry.emplace(home_key(HomeKey::segment, seal.number), buffer_of(seal.index.encode()));
  cut.omap_set(entry);
  cut.truncate(0);
  DYAD_TRY(cluster_->write(layout_->home(id), std::move(cut)));
  home.log.sealed();
  return {};
}

}  // namespace dyad::store::rados
