#include "store/hostile/hostile_transaction.h"

#include <algorithm>

namespace dyad::store {

std::optional<ScanLimits> meagre(Malice& malice, ScanLimits limits) {
  if (malice.roll(malice.options().empty_page_one_in)) return std::nullopt;
  limits.rows = 1;
  return limits;
}

Result<> HostileTransaction::trouble(PartitionId partition) {
  if (std::find(runs_.touched.begin(), runs_.touched.end(), partition) == runs_.touched.end()) {
    runs_.touched.push_back(partition);
    if (malice_.lies_about(partition)) {
      return fail(ErrorCode::not_owner, "not the owner, says the hostile store");
    }
  }
  if (runs_.forced_left > 0 && malice_.roll(malice_.options().retry_one_in)) {
    --runs_.forced_left;
    said_retry_ = true;
    return fail(ErrorCode::retry, "run again, says the hostile store");
  }
  return {};
}

Task<Result<std::optional<std::string>>> HostileTransaction::get(PartitionId partition,
                                                                 std::string_view key) {
  DYAD_CO_TRY(trouble(partition));
  co_await malice_.wander();
  co_return co_await inner_.get(partition, key);
}

Task<Result<ScanPage>> HostileTransaction::scan(PartitionId partition, const ScanRange& range,
                                                const ScanLimits& limits) {
  DYAD_CO_TRY(trouble(partition));
  co_await malice_.wander();
  const std::optional<ScanLimits> cut = meagre(malice_, limits);
  if (cut) co_return co_await inner_.scan(partition, range, *cut);
  // An error stays an error.
  ScanLimits one = limits;
  one.rows = 1;
  DYAD_CO_TRY(co_await inner_.scan(partition, range, one));
  ScanPage page;
  page.next = range;
  co_return std::move(page);
}

Result<> HostileTransaction::put(PartitionId partition, std::string key, std::string value,
                                 Stamps in_key, Stamps in_value) {
  if (value.empty()) return fail(ErrorCode::invalid_argument, "a value is never empty");
  DYAD_TRY(trouble(partition));
  return inner_.put(partition, std::move(key), std::move(value), in_key, in_value);
}

Result<> HostileTransaction::erase(PartitionId partition, std::string key) {
  DYAD_TRY(trouble(partition));
  return inner_.erase(partition, std::move(key));
}

Result<> HostileTransaction::append(PartitionId partition, std::string entry, Stamps in_entry) {
  DYAD_TRY(trouble(partition));
  return inner_.append(partition, std::move(entry), in_entry);
}

Result<PartitionId> HostileTransaction::create_partition() {
  return inner_.create_partition();
}

Result<> HostileTransaction::drop_partition(PartitionId partition) {
  DYAD_TRY(trouble(partition));
  return inner_.drop_partition(partition);
}

Result<Transaction::Children> HostileTransaction::split_partition(PartitionId parent,
                                                                  std::string at) {
  DYAD_TRY(trouble(parent));
  return inner_.split_partition(parent, std::move(at));
}

Result<> HostileTransaction::set_cursor(std::string_view follower, PartitionId partition,
                                        Timestamp upto) {
  DYAD_TRY(trouble(partition));
  return inner_.set_cursor(follower, partition, upto);
}

}  // namespace dyad::store
