#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "phase.h"
#include "progress.h"
#include "runtime/reactor.h"
#include "sample_data.h"
#include "server.h"

namespace dyad::bench {

/// What cases work with.
struct Bed {
  const Options& options;
  Reactor& reactor;
  const TextPool& pool;
  std::string scratch;  ///< A directory on the disk that is measured.
  const Progress& progress;
};

/// A figure of its own, as against those that each phase has.
struct Fact {
  std::string name;
  std::string unit;
  double value = 0;
};

/// What one round of a case gave: a phase, facts, or both.
struct Measurement {
  std::optional<Phase> phase;
  std::vector<Fact> facts;
};

struct CaseInfo {
  std::string name;   ///< Of --only.
  std::string group;  ///< Of --group.
  std::string unit;   ///< Of Phase::units: "ops", "items", "bytes", "keys", "prefixes".
  unsigned kinds = static_cast<unsigned>(ServerKind::dyad);  ///< Servers that it can load.
  bool once = false;                                         ///< In the first round only.
};

class Case {
 public:
  explicit Case(CaseInfo info) : info_(std::move(info)) {}
  virtual ~Case() = default;
  const CaseInfo& info() const { return info_; }
  bool loads(const Server& server) const {
    return (info_.kinds & static_cast<unsigned>(server.kind)) != 0;
  }

  // Both from the main thread; they block.
  virtual Result<> prepare(Bed&, Server&) { return {}; }
  virtual Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t round) = 0;

 private:
  const CaseInfo info_;
};

using Cases = std::vector<std::unique_ptr<Case>>;

// In the order of a round.
void add_item_cases(Cases& cases);
void add_object_cases(Cases& cases);
void add_large_cases(Cases& cases);
void add_list_cases(Cases& cases);
void add_process_cases(Cases& cases);
void add_growth_cases(Cases& cases);
Cases all_cases();

/// Groups that --quick leaves out where they are not named.
inline constexpr std::string_view kSlowGroups[] = {"overwrite", "growth"};

/// Is the case asked for, by its name or its group?
bool wanted(const Options& options, std::string_view name, std::string_view group);

}  // namespace dyad::bench
