#include "services/dynamodb/read_page.h"

#include <algorithm>

#include "runtime/all_of.h"
#include "services/dynamodb/service_errors.h"
#include "table/item_builder.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::RowView;

/// Must rows of the index be completed from the table?
bool needs_table(const ReadSource& source, const ReadExpressions& read) {
  if (source.index == nullptr || source.is_global()) return false;
  const table::Projection& projection = source.index->projection;
  if (projection.kind == table::Projection::Kind::all) return false;
  if (read.select == Select::all) return true;
  if (!read.projection) return false;
  const auto attributes = source.start_key_attributes();
  return std::ranges::any_of(read.projection->paths(), [&](const expression::Path& path) {
    const std::string& name = path.front().name;
    return std::ranges::find(attributes, name, &table::KeyAttribute::name) == attributes.end() &&
           std::ranges::find(projection.include, name) == projection.include.end();
  });
}

table::Item last_key(const ReadSource& source, ItemView row) {
  const auto attributes = source.start_key_attributes();
  return table::filter_attributes(row, [&](std::string_view name) {
    return std::ranges::find(attributes, name, &table::KeyAttribute::name) != attributes.end();
  });
}

/// Takes rows one by one into a page.
class PageBuilder {
 public:
  PageBuilder(const ReadExpressions& read, ReadPage& page) : read_(read), page_(page) {
    if (read.select != Select::count) page.items.emplace();
  }

  void add(ItemView item) {
    if (read_.filter && !read_.filter->evaluate(item)) return;
    ++page_.count;
    if (!page_.items) return;
    page_.items->push_back(read_.projection ? read_.projection->apply(item)
                                            : table::Item(std::string(item.encoded())));
  }

 private:
  const ReadExpressions& read_;
  ReadPage& page_;
};

using WholeRow = Result<std::optional<table::StoredRow>>;

/// The table's rows for those of a local index from `begin` on: so many side by side, and so many
/// at most are read in vain where the page ends before them.
Task<Result<std::vector<WholeRow>>> fetch(DynamoDbService& service,
                                          const api::RequestContext& context,
                                          const ReadSource& source, const table::RowPage& rows,
                                          std::size_t begin) {
  constexpr std::size_t kReadsAtOnce = 8;
  std::vector<Task<WholeRow>> tasks;
  for (std::size_t i = begin; i < rows.rows.size() && tasks.size() < kReadsAtOnce; ++i) {
    DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, table::key_of(source.table->keys, rows.rows[i].item));
    tasks.push_back(service.tables().get(source.table, std::move(key), context.deadline));
  }
  co_return co_await all_of(std::move(tasks));
}

double& index_use(const ReadSource& source, CapacityUse& use) {
  if (source.index == nullptr) return use.table;
  return (source.is_global() ? use.global : use.local)[source.index->name];
}

}  // namespace

Task<Result<ReadPage>> answer_page(DynamoDbService& service, const api::RequestContext& context,
                                   const ReadSource& source, const ReadExpressions& read,
                                   table::RowPage rows, bool consistent) {
  const bool completes = needs_table(source, read);
  ReadPage page;
  PageBuilder builder(read, page);
  bool more = rows.more;
  std::uint64_t index_bytes = 0;
  std::uint64_t fetched_bytes = 0;
  std::vector<WholeRow> fetched;
  std::size_t fetched_from = 0;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const RowView& row = rows.rows[i];
    ++page.scanned_count;
    if (!completes) {
      builder.add(row.item);
    } else {
      index_bytes += dynamodb_size_bytes(row.item);
      if (i == fetched_from + fetched.size()) {
        fetched_from = i;
        DYAD_CO_TRY_ASSIGN(fetched, co_await fetch(service, context, source, rows, i));
      }
      WholeRow& whole = fetched[i - fetched_from];
      if (!whole) co_return fail(translate(std::move(whole).error()));
      // One that was erased meanwhile was scanned and is not there.
      if (*whole) {
        const ItemView item = (*whole)->view().item;
        const std::uint64_t bytes = dynamodb_size_bytes(item);
        fetched_bytes += bytes;
        page.use.table += read_units(bytes, consistent);
        builder.add(item);
      }
    }
    const bool full = fetched_bytes >= kMaxPageBytes;
    more = more || (full && i + 1 < rows.rows.size());
    if (more && (full || i + 1 == rows.rows.size())) {
      page.last_evaluated_key = last_key(source, row.item);
      if (full) break;
    }
  }
  index_use(source, page.use) += read_units(completes ? index_bytes : rows.item_bytes, consistent);
  co_return page;
}

}  // namespace dyad::dynamodb
