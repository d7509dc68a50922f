#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/s3/object_attributes.h"
#include "services/s3/service.h"
#include "table/tables.h"

namespace dyad::s3 {

struct ListSpec {
  table::TableRef table;
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string position;              ///< See list_position.h.
  std::uint32_t max_entries = 1000;  ///< Keys and common prefixes together; above 0.
};

struct ListEntry {
  std::string name;                        ///< A key or a common prefix.
  std::optional<ObjectAttributes> object;  ///< None: a common prefix.
};

struct ListPage {
  std::vector<ListEntry> entries;   ///< In the order of their names' bytes.
  std::optional<std::string> next;  ///< A position with at least one more entry behind it.
};

/// One page of a listing. Reads about as many rows as it tells entries: below a common prefix it
/// reads the rest of the batch it met the prefix in, and then seeks behind it.
Task<Result<ListPage>> list_page(S3Service& service, ListSpec spec, Deadline deadline);

}  // namespace dyad::s3
