#include <map>

#include "store/contract/store_contract.h"

// Random transactions against plain maps. One client, so that the model knows the answer to each
// question; pending state is exercised by not waiting: each step runs beside a few that only
// disturb.

namespace dyad::store {
namespace {

/// What the store must hold: bounds, rows with their kinds, and the log of each live partition.
struct ModelPartition {
  PartitionId id;
  std::string lower;
  std::string upper;
  std::map<std::string, std::string> rows;
  std::string log;
};

struct Model {
  std::vector<ModelPartition> partitions;
};

std::string dump(const ModelPartition& p, const ScanRange& range) {
  std::string text;
  const auto add = [&](const std::string& k, const std::string& v) {
    if (k < range.begin || (!range.end.empty() && k >= range.end)) return;
    if (!text.empty()) text += ' ';
    text += k + '=' + v;
  };
  if (range.reverse) {
    for (auto at = p.rows.rbegin(); at != p.rows.rend(); ++at) add(at->first, at->second);
  } else {
    for (const auto& [k, v] : p.rows) add(k, v);
  }
  return text;
}

bool inside(const ModelPartition& p, const std::string& rest) {
  return rest >= p.lower && (p.upper.empty() || rest < p.upper);
}

std::string random_rest(Random& random) {
  std::string rest(1, static_cast<char>('a' + random.below(6)));
  if (random.below(2) == 0) rest += static_cast<char>('a' + random.below(6));
  return rest;
}

std::string random_key(Random& random, const ModelPartition& p) {
  std::string rest = random_rest(random);
  while (!inside(p, rest)) rest = random_rest(random);
  return key("\x01gk\xff"[random.below(4)], rest);
}

/// "" as often as not, for open ends.
std::string random_bound(Random& random) {
  if (random.below(3) == 0) return "";
  return key("\x01gk\xff"[random.below(4)], random.below(4) == 0 ? "" : random_rest(random));
}

struct Step {
  bool erase = false;
  std::string key;
  std::string value;
};

}  // namespace

TEST_P(StoreModel, RandomTransactionsLeaveWhatPlainMapsHold) {
  go([this]() -> Task<void> {
    Model model;
    const int steps = rounds(150, 150);
    int made = 0;
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      const std::uint64_t what = model.partitions.empty() ? 0 : random().below(24);
      if (what == 0 && model.partitions.size() < 6) {
        const auto id = co_await create();
        ModelPartition fresh;
        fresh.id = *id;
        model.partitions.push_back(std::move(fresh));
        continue;
      }
      if (what == 1 && step % 4 == 0) {
        co_await reopen();
        continue;
      }
      const std::size_t which = random().below(model.partitions.size());
      ModelPartition& p = model.partitions[which];
      if (what == 2 && model.partitions.size() > 2) {
        const Body drop = [&](Transaction& tx) -> Task<Result<>> {
          co_return tx.drop_partition(p.id);
        };
        EXPECT_TRUE((co_await commit({}, drop)).has_value());
        model.partitions.erase(model.partitions.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      if (what == 3 && model.partitions.size() < 6) {
        const std::string at = random_rest(random());
        const bool fits = at > p.lower && (p.upper.empty() || at < p.upper);
        const auto children = co_await split(p.id, at);
        EXPECT_EQ(children.has_value(), fits);
        if (!children) continue;
        EXPECT_EQ((co_await log(p.id)).text, p.log);
        ModelPartition left;
        left.id = children->left;
        left.lower = p.lower;
        left.upper = at;
        ModelPartition right;
        right.id = children->right;
        right.lower = at;
        right.upper = p.upper;
        for (auto& [k, v] : p.rows) (inside(left, k.substr(1)) ? left : right).rows[k] = v;
        model.partitions[which] = std::move(left);
        model.partitions.push_back(std::move(right));
        // Bounds so narrow that random keys hardly fall in are of no use to the model.
        for (std::size_t i = model.partitions.size(); i-- > 0;) {
          const ModelPartition& part = model.partitions[i];
          if (inside(part, "a") || inside(part, "b") || inside(part, "c") || inside(part, "d") ||
              inside(part, "e") || inside(part, "f")) {
            continue;
          }
          model.partitions.erase(model.partitions.begin() + static_cast<std::ptrdiff_t>(i));
        }
        continue;
      }
      if (what < 14) {
        std::vector<Step> writes;
        for (std::uint64_t n = random().below(14) + 1; n > 0; --n) {
          Step write;
          write.erase = random().below(3) == 0;
          write.key = random_key(random(), p);
          write.value = std::to_string(++made);
          writes.push_back(std::move(write));
        }
        const bool aborts = random().below(5) == 0;
        ModelPartition after = p;
        for (const Step& write : writes) {
          if (write.erase) {
            after.rows.erase(write.key);
          } else {
            after.rows[write.key] = write.value;
          }
        }
        const ScanRange seen = range(random_bound(random()), random_bound(random()), made % 2 == 0);
        ScanLimits limits;
        limits.rows = static_cast<std::uint32_t>(1 + random().below(5));
        limits.steps = static_cast<std::uint32_t>(1 + random().below(5));
        const std::string entry = std::to_string(step);
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          for (const Step& write : writes) {
            if (write.erase) {
              DYAD_CO_TRY(tx.erase(p.id, write.key));
            } else {
              DYAD_CO_TRY(tx.put(p.id, write.key, write.value));
            }
          }
          const std::string text = co_await scan(tx, p.id, seen, limits);
          if (text == "retry") co_return fail(ErrorCode::retry, "");
          if (text == "not_owner") co_return fail(ErrorCode::not_owner, "");
          EXPECT_EQ(text, dump(after, seen));
          if (aborts) co_return fail(ErrorCode::failed_condition, "");
          co_return tx.append(p.id, entry, {});
        };
        // Two that write nothing but a row of the catalogue's, so that batches and pending rows
        // mix.
        const auto work = [&](int i) -> Task<void> {
          if (i > 0) {
            EXPECT_TRUE((co_await put(kCatalogPartition, key('c', entry), "x")).has_value());
            co_return;
          }
          const auto done = co_await commit(exclusive(p.id, "all"), body);
          EXPECT_EQ(done ? "" : code_of(done.error()), aborts ? "failed_condition" : "");
        };
        co_await all_at_once(3, work);
        if (!aborts) {
          p.rows = std::move(after.rows);
          p.log += (p.log.empty() ? "" : " ") + entry;
        }
        continue;
      }
      const ScanRange asked = range(random_bound(random()), random_bound(random()), made % 2 == 0);
      ScanLimits limits;
      limits.rows = static_cast<std::uint32_t>(1 + random().below(5));
      limits.bytes = static_cast<std::uint32_t>(1 + random().below(30));
      limits.steps = static_cast<std::uint32_t>(1 + random().below(5));
      EXPECT_EQ(co_await scan(p.id, asked, limits), dump(p, asked));
      const std::string one = random_key(random(), p);
      const auto row = p.rows.find(one);
      const std::string expected = row == p.rows.end() ? std::string("-") : row->second;
      EXPECT_EQ(co_await get(p.id, one), expected);
      EXPECT_EQ((co_await log(p.id)).text, p.log);
    }
    if (HasFailure()) ADD_FAILURE() << "the model was left with DYAD_SEED=" << seed();
  });
}

}  // namespace dyad::store
