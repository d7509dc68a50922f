#include "services/s3/delete_condition.h"

#include "services/s3/conditional_requests.h"
#include "services/s3/object_attributes.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {

Result<> check_delete_condition(const std::optional<std::string>& if_match, table::ItemView row,
                                std::string_view key) {
  if (!if_match) return {};
  if (row.empty()) return fail(no_such_key(key));
  DYAD_TRY_ASSIGN(const ObjectAttributes object, read_object_attributes(row));
  if (!etag_list_matches(*if_match, object.e_tag)) return fail(precondition_failed("If-Match"));
  return {};
}

}  // namespace dyad::s3
