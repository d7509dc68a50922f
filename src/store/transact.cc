#include <algorithm>
#include <utility>

#include "base/check.h"
#include "store/local_store.h"
#include "store/transaction_run.h"

// The way of one transaction through LocalStore.

namespace dyad::store {
namespace {

Result<> check_declared(const std::vector<DeclaredKey>& declared) {
  if (declared.size() > kMaxDeclaredKeys) {
    return fail(ErrorCode::too_large,
                "a transaction declares at most " + std::to_string(kMaxDeclaredKeys) + " keys");
  }
  for (const DeclaredKey& key : declared) {
    if (key.key.size() > kMaxKeyBytes) {
      return fail(ErrorCode::too_large,
                  "a declared key is at most " + std::to_string(kMaxKeyBytes) + " bytes");
    }
  }
  return {};
}

bool frees_space(const OrderedTransaction& tx) {
  if (tx.makes_room) return true;
  return std::none_of(tx.rows.begin(), tx.rows.end(),
                      [](const RowWrite& row) { return row.value.has_value(); }) &&
         std::all_of(tx.changes.begin(), tx.changes.end(), [](const PartitionChange& change) {
           return change.kind == PartitionChange::Kind::drop;
         });
}

}  // namespace

Task<Result<Commit>> LocalStore::transact(std::vector<DeclaredKey> declared, Body body,
                                          Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  co_return co_await attempts(std::move(declared), body, deadline);
}

Task<Result<>> LocalStore::take(LatchTable::Set& latches, const std::vector<DeclaredKey>& declared,
                                Deadline deadline) {
  latches.reserve(declared.size());
  for (const DeclaredKey& key : declared) {
    const LatchTable::Grant grant = co_await latches.take(key, deadline);
    if (grant == LatchTable::Grant::deadline_exceeded) {
      co_return fail(ErrorCode::deadline_exceeded, "the time is over while waiting for a latch");
    }
    if (grant == LatchTable::Grant::overloaded) {
      co_return fail(ErrorCode::overloaded, "too many wait for one latch");
    }
  }
  co_return Result<>();
}

Task<Result<>> LocalStore::wait_for_what_was_seen(TransactionRun& run) {
  Timestamp upto = run.depends_on();
  // A map that is ahead of the durable one: which transaction made it so is not known; the last
  // will do.
  if (run.writes().seen_map() != directory_.durable()) {
    upto = std::max(upto, sequencer_.last_ordered());
  }
  co_return co_await sequencer_.wait_durable(upto);
}

Task<Result<Commit>> LocalStore::attempts(std::vector<DeclaredKey> declared, const Body& body,
                                          Deadline deadline) {
  for (int attempt = 0; attempt < kMaxTransactionAttempts; ++attempt) {
    // Others go first where a run has failed.
    if (attempt > 0) co_await resume_on(*Executor::current());
    normalise(declared);
    DYAD_CO_TRY(check_declared(declared));
    if (deadline.passed(runtime_.clock())) {
      co_return fail(ErrorCode::deadline_exceeded, "the time is over before the transaction ran");
    }
    LatchTable::Set latches(latches_);
    DYAD_CO_TRY(co_await take(latches, declared, deadline));
    DYAD_CO_TRY(refuse_when_closing());

    TransactionRun run(*backend_, overlay_, sequencer_, directory_.ordered());
    const Result<> outcome = co_await body(run);
    if (!outcome) {
      const ErrorCode code = outcome.error().code;
      latches.release();
      if (code == ErrorCode::retry) continue;
      if (code == ErrorCode::need_keys) {
        declared.insert(declared.end(), std::make_move_iterator(run.needed().begin()),
                        std::make_move_iterator(run.needed().end()));
        continue;
      }
      DYAD_CO_TRY(co_await wait_for_what_was_seen(run));
      co_return fail(outcome.error());
    }
    if (run.writes().empty()) {
      latches.release();
      DYAD_CO_TRY(co_await wait_for_what_was_seen(run));
      co_return Commit();
    }

    Completion<Result<>> durable;
    const auto ordered =
        std::make_shared<OrderedTransaction>(std::move(run.writes()), run.depends_on(), durable);
    DYAD_CO_TRY(backend_->admit(ordered->bytes, frees_space(*ordered)));
    DYAD_CO_TRY(refuse_when_closing());
    const Result<> placed = sequencer_.order(ordered);
    latches.release();
    if (!placed) {
      if (placed.error().code == ErrorCode::retry) continue;
      co_return fail(placed.error());
    }
    const Timestamp timestamp = ordered->timestamp;
    DYAD_CO_TRY(co_await durable);
    co_return Commit(timestamp);
  }
  co_return fail(ErrorCode::conflict, "a transaction did not come through in " +
                                          std::to_string(kMaxTransactionAttempts) + " runs");
}

}  // namespace dyad::store
