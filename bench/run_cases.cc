#include "run_cases.h"

#include <fmt/format.h>

#include <algorithm>

#include "load.h"

namespace dyad::bench {
namespace {

/// A case on a server.
struct Pair {
  Case* which = nullptr;
  Server* server = nullptr;
  CaseResult result;
  bool left_out = false;
};

class Run {
 public:
  Run(Bed& bed, std::vector<Pair> pairs) : bed_(bed), pairs_(std::move(pairs)) {}

  Results run() {
    for (Pair& pair : pairs_)
      if (Result<> ready = pair.which->prepare(bed_, *pair.server); !ready)
        leave_out(pair, ready.error());
    for (std::uint32_t round = 0; round < bed_.options.rounds; ++round) run_round(round);
    for (Pair& pair : pairs_)
      if (!pair.result.rounds.empty()) results_.cases.push_back(std::move(pair.result));
    return std::move(results_);
  }

 private:
  void run_round(std::uint32_t round) {
    std::size_t number = 0;
    for (Pair& pair : pairs_) {
      ++number;
      if (pair.left_out || (pair.which->info().once && round > 0)) continue;
      Result<Measurement> measured = pair.which->measure(bed_, *pair.server, round);
      if (!measured) {
        leave_out(pair, measured.error());
        continue;
      }
      tell(pair, *measured,
           fmt::format("round {} of {}, {}/{}", round + 1, bed_.options.rounds, number,
                       pairs_.size()));
      keep(pair, std::move(*measured));
    }
  }

  void tell(const Pair& pair, const Measurement& measured, const std::string& where) {
    std::string what;
    if (measured.phase) {
      const Phase& phase = *measured.phase;
      const std::string& unit = pair.which->info().unit;
      const double rate = static_cast<double>(phase.units) / phase.seconds;
      what = unit == "bytes" ? fmt::format("{:.0f} MB a second", rate / 1e6)
                             : fmt::format("{:.0f} {} a second", rate, unit);
    }
    for (const Fact& fact : measured.facts)
      what += fmt::format("{}{}: {:.1f} {}", what.empty() ? "" : "; ", fact.name, fact.value,
                          fact.unit);
    bed_.progress.say(
        fmt::format("{}: {}: {}: {}", where, pair.which->info().name, pair.server->name, what));
  }

  void keep(Pair& pair, Measurement measured) {
    for (Fact& fact : measured.facts) keep_fact(*pair.server, std::move(fact));
    if (measured.phase) pair.result.rounds.push_back(std::move(*measured.phase));
  }

  void keep_fact(const Server& server, Fact fact) {
    const auto same = [&](const FactResult& known) {
      return known.name == fact.name && known.server == server.name;
    };
    auto found = std::ranges::find_if(results_.facts, same);
    if (found == results_.facts.end()) {
      results_.facts.push_back({std::move(fact.name), server.name, std::move(fact.unit), {}});
      found = std::prev(results_.facts.end());
    }
    found->values.push_back(fact.value);
  }

  /// The others are measured all the same. What Dyad does not serve is no failure of what it does.
  void leave_out(Pair& pair, const Error& error) {
    pair.left_out = true;
    if (pair.server->kind == ServerKind::dyad && error.code != ErrorCode::unsupported)
      results_.failed = true;
    results_.left_out.push_back(
        fmt::format("{} on {}: {}", pair.which->info().name, pair.server->name, error.to_string()));
    fmt::print(stderr, "left out: {}\n", results_.left_out.back());
  }

  Bed& bed_;
  std::vector<Pair> pairs_;
  Results results_;
};

}  // namespace

Results run_cases(Bed& bed, const Cases& cases, std::span<Server> servers) {
  std::vector<Pair> pairs;
  for (const std::unique_ptr<Case>& entry : cases) {
    const CaseInfo& info = entry->info();
    if (!wanted(bed.options, info.name, info.group)) continue;
    for (Server& server : servers)
      if (entry->loads(server))
        pairs.push_back({entry.get(), &server, {info.name, server.name, info.unit, {}}});
  }
  return Run(bed, std::move(pairs)).run();
}

}  // namespace dyad::bench
