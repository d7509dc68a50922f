#include "services/s3/object_listing.h"

#include <algorithm>

#include "base/bytes.h"
#include "services/s3/list_position.h"
#include "table/object_row.h"

namespace dyad::s3 {
namespace {

/// Rows asked for at first where common prefixes may turn up: what is read in vain below one.
constexpr std::uint32_t kFirstBatchRows = 16;
/// Of as many rows to an entry, the next ones are read in one go: to find the next prefix by a
/// query of its own costs what a dozen rows or more cost.
constexpr std::size_t kRowsOfAQuery = 12;
/// Of one query, however many rows an entry takes.
constexpr std::size_t kMaxBatchRows = 1001;

/// The state of one page as rows come in.
class Lister {
 public:
  explicit Lister(ListSpec spec) : spec_(std::move(spec)), end_(prefix_end(spec_.prefix)) {
    position_ = std::max(spec_.position, spec_.prefix);
    batch_rows_ = spec_.delimiter.empty() ? spec_.max_entries + 1
                                          : std::min(kFirstBatchRows, spec_.max_entries + 1);
  }

  bool done() const { return done_ || (!end_.empty() && position_ >= end_); }
  ListPage take_page() && { return std::move(page_); }

  table::QuerySpec query() const {
    table::QuerySpec query;
    query.table = spec_.table;
    query.hash = table::Value::string(spec_.bucket);
    if (!position_.empty()) query.range.lower = table::Value::string(position_);
    if (!end_.empty()) {
      query.range.upper = table::Value::string(end_);
      query.range.upper_inclusive = false;
    }
    query.limits.rows = batch_rows_;
    return query;
  }

  Result<> take(const table::RowPage& rows) {
    const std::size_t before = page_.entries.size();
    for (const table::RowView& row : rows.rows) {
      DYAD_TRY(take_row(row));
      if (done_) return {};
    }
    if (!rows.more) {
      done_ = true;
      return {};
    }
    const std::size_t told = std::max<std::size_t>(1, page_.entries.size() - before);
    const std::size_t rows_an_entry = (rows.rows.size() + told - 1) / told;
    const std::size_t left = spec_.max_entries - page_.entries.size() + 1;
    const bool read_on = rows_an_entry <= kRowsOfAQuery;
    const std::size_t wanted = read_on
                                   ? std::min<std::size_t>(batch_rows_ * 2, left * rows_an_entry)
                                   : std::min<std::size_t>(kFirstBatchRows, left);
    batch_rows_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(wanted, 1, kMaxBatchRows));
    return {};
  }

 private:
  Result<> take_row(const table::RowView& row) {
    const auto key_value = row.item.find(table::object_attribute::kKey);
    if (!key_value || key_value->type() != table::Type::string)
      return fail(ErrorCode::corruption, "an object's row has no key");
    const std::string_view key = key_value->as_string();
    if (key < position_) return {};  // Below a common prefix that was told.
    if (page_.entries.size() == spec_.max_entries) {
      page_.next = position_;
      done_ = true;
      return {};
    }
    if (const auto group = common_prefix_of(key, spec_.prefix, spec_.delimiter)) {
      page_.entries.push_back(ListEntry{std::string(*group), std::nullopt});
      position_ = prefix_end(*group);
      done_ = position_.empty();
      return {};
    }
    DYAD_TRY_ASSIGN(ObjectAttributes object, read_object_attributes(row.item));
    page_.entries.push_back(ListEntry{std::string(key), std::move(object)});
    position_ = position_after_key(key);
    return {};
  }

  const ListSpec spec_;
  const std::string end_;  ///< Of all keys with the prefix; empty: no bound.
  std::string position_;   ///< Everything below is told.
  std::uint32_t batch_rows_;
  bool done_ = false;
  ListPage page_;
};

}  // namespace

Task<Result<ListPage>> list_page(S3Service& service, ListSpec spec, Deadline deadline) {
  Lister lister(std::move(spec));
  while (!lister.done()) {
    table::QuerySpec query = lister.query();
    DYAD_CO_TRY_ASSIGN(const table::RowPage rows,
                       co_await service.tables().query(std::move(query), deadline));
    DYAD_CO_TRY(lister.take(rows));
  }
  co_return std::move(lister).take_page();
}

}  // namespace dyad::s3
