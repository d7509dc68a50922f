#include "case.h"

#include <algorithm>

namespace dyad::bench {

Cases all_cases() {
  Cases cases;
  add_item_cases(cases);
  add_object_cases(cases);
  add_large_cases(cases);
  add_list_cases(cases);
  add_process_cases(cases);
  add_growth_cases(cases);
  return cases;
}

bool wanted(const Options& options, std::string_view name, std::string_view group) {
  const auto has = [](const auto& list, std::string_view what) {
    return std::ranges::find(list, what) != std::ranges::end(list);
  };
  if (!options.only.empty() || !options.groups.empty())
    return has(options.only, name) || has(options.groups, group);
  return !options.quick || !has(kSlowGroups, group);
}

}  // namespace dyad::bench
