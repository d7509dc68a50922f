#include <algorithm>

#include "runtime/all_of.h"
#include "services/dynamodb/batch_request.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_projection.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using expression::Projection;
using table::StoredRow;

constexpr std::size_t kMaxKeys = 100;
/// Of the items read, by DynamoDB's count and before any projection; what goes beyond it is handed
/// back in UnprocessedKeys. Source: BatchGetItem in the API reference.
constexpr std::uint64_t kMaxBatchBytes = std::uint64_t{16} << 20;
/// So many rows are asked for side by side, and so many at most are held beyond kMaxBatchBytes.
constexpr std::size_t kReadsAtOnce = 25;

/// What is asked of one table.
struct TableReads {
  const std::string* given_name = nullptr;  ///< As the request names the table.
  const model::KeysAndAttributes* asked = nullptr;
  std::optional<Projection> projection;
  table::TableRef table;
  std::vector<table::PrimaryKey> keys;
  CapacityUse use;
};
using Reads = std::vector<TableReads>;

/// Expressions and other parameters do not mix, not even over two tables.
Result<> check_styles_of_all(const model::BatchGetItemInput& input) {
  bool expressions = false;
  bool others = false;
  for (const auto& [name, asked] : input.request_items) {
    expressions = expressions || asked.projection_expression;
    others = others || asked.attributes_to_get;
  }
  return check_styles({{"ProjectionExpression", expressions}}, {{"AttributesToGet", others}}, {});
}

Result<> refuse_doubles(const std::vector<table::Item>& keys) {
  std::vector<std::string_view> encoded;
  encoded.reserve(keys.size());
  for (const table::Item& key : keys) encoded.push_back(key.encoded());
  std::ranges::sort(encoded);
  if (std::ranges::adjacent_find(encoded) == encoded.end()) return {};
  return fail(duplicate_keys());
}

Result<Reads> check_request(const model::BatchGetItemInput& input) {
  DYAD_TRY(check_styles_of_all(input));
  Reads reads;
  std::size_t count = 0;
  for (const auto& [name, asked] : input.request_items) {
    TableReads& one = reads.emplace_back();
    one.given_name = &name;
    one.asked = &asked;
    // What is not processed is handed back with the names that it came with.
    ExpressionNames names = asked.expression_attribute_names;
    DYAD_TRY_ASSIGN(one.projection, parse_item_projection(asked.projection_expression, names,
                                                          asked.attributes_to_get));
    DYAD_TRY(refuse_doubles(asked.keys));
    count += asked.keys.size();
  }
  if (count > kMaxKeys)
    return fail(validation("Too many items requested for the BatchGetItem call"));
  return reads;
}

Task<Result<>> find_tables(DynamoDbService& service, const api::RequestContext& context,
                           Reads& reads) {
  for (TableReads& one : reads) {
    DYAD_CO_TRY_ASSIGN(one.table, co_await find_table(service, context, *one.given_name));
    one.keys.reserve(one.asked->keys.size());
    for (const table::Item& key : one.asked->keys) {
      DYAD_CO_TRY_ASSIGN(table::PrimaryKey made, key_of_key(*one.table, key.view()));
      one.keys.push_back(std::move(made));
    }
    DYAD_CO_TRY(check_projection_keys(one.projection, *one.table));
  }
  co_return Result<>();
}

/// Takes what was read into the answer, until it is full.
class Answer {
 public:
  explicit Answer(Reads& reads) : reads_(reads) {
    for (const TableReads& one : reads_) output_.responses[*one.given_name];
  }

  bool full() const { return full_; }

  /// One row; an error where its read failed.
  Result<> take(std::size_t table, std::size_t key, Result<std::optional<StoredRow>> row) {
    TableReads& one = reads_[table];
    if (!row) {
      if (!is_worth_another_try(row.error())) return fail(translate(std::move(row).error()));
      if (!first_failure_) first_failure_ = std::move(row).error();
      leave(table, key);
      return {};
    }
    const table::ItemView item = *row ? (*row)->view().item : table::ItemView();
    const std::uint64_t size = dynamodb_size_bytes(item);
    if (full_ || (bytes_ > 0 && bytes_ + size > kMaxBatchBytes)) {
      full_ = true;
      leave(table, key);
      return {};
    }
    bytes_ += size;
    any_processed_ = true;
    one.use.table += read_units(size, one.asked->consistent_read.value_or(false));
    if (!item.empty()) output_.responses[*one.given_name].push_back(project(one.projection, item));
    return {};
  }

  /// A key that is handed back, with what was said of its table.
  void leave(std::size_t table, std::size_t key) {
    const TableReads& one = reads_[table];
    model::KeysAndAttributes& left = output_.unprocessed_keys[*one.given_name];
    if (left.keys.empty()) {
      left.attributes_to_get = one.asked->attributes_to_get;
      left.consistent_read = one.asked->consistent_read;
      left.projection_expression = one.asked->projection_expression;
      left.expression_attribute_names = one.asked->expression_attribute_names;
    }
    left.keys.push_back(one.asked->keys[key]);
  }

  /// An error where nothing at all could be read.
  Result<model::BatchGetItemOutput> finish(const CapacityReport& capacity) {
    if (first_failure_ && !any_processed_) return fail(std::move(*first_failure_));
    if (capacity.wanted()) {
      auto& consumed = output_.consumed_capacity.emplace();
      for (const TableReads& one : reads_)
        consumed.push_back(*capacity.report(one.table->name, one.use));
    }
    return std::move(output_);
  }

 private:
  Reads& reads_;
  model::BatchGetItemOutput output_;
  std::uint64_t bytes_ = 0;
  bool full_ = false;
  bool any_processed_ = false;
  std::optional<Error> first_failure_;
};

/// Which row: of which table, by which key.
struct Place {
  std::size_t table;
  std::size_t key;
};

Task<Result<>> read_all(DynamoDbService& service, const api::RequestContext& context, Reads& reads,
                        Answer& answer) {
  std::vector<Place> places;
  for (std::size_t table = 0; table < reads.size(); ++table) {
    for (std::size_t key = 0; key < reads[table].keys.size(); ++key) places.push_back({table, key});
  }
  for (std::size_t begin = 0; begin < places.size(); begin += kReadsAtOnce) {
    const std::size_t end = std::min(begin + kReadsAtOnce, places.size());
    if (answer.full()) {
      for (std::size_t i = begin; i < end; ++i) answer.leave(places[i].table, places[i].key);
      continue;
    }
    std::vector<Task<Result<std::optional<StoredRow>>>> tasks;
    for (std::size_t i = begin; i < end; ++i) {
      TableReads& one = reads[places[i].table];
      tasks.push_back(
          service.tables().get(one.table, std::move(one.keys[places[i].key]), context.deadline));
    }
    auto rows = co_await all_of(std::move(tasks));
    for (std::size_t i = begin; i < end; ++i)
      DYAD_CO_TRY(answer.take(places[i].table, places[i].key, std::move(rows[i - begin])));
  }
  co_return Result<>();
}

}  // namespace

Task<Result<model::BatchGetItemOutput>> batch_get_item(DynamoDbService& service,
                                                       api::RequestContext& context,
                                                       model::BatchGetItemInput& input) {
  DYAD_CO_TRY(check_table_names(context, &input.request_items));
  auto reads = check_request(input);
  if (!reads) co_return fail(translate(std::move(reads).error()));
  DYAD_CO_TRY(co_await find_tables(service, context, *reads));
  Answer answer(*reads);
  DYAD_CO_TRY(co_await read_all(service, context, *reads, answer));
  co_return answer.finish(CapacityReport(input.return_consumed_capacity));
}

}  // namespace dyad::dynamodb
