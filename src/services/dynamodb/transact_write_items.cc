#include <algorithm>
#include <utility>

#include "api/dynamodb/errors.h"
#include "base/bytes.h"
#include "crypto/digest.h"
#include "services/dynamodb/cancellation.h"
#include "services/dynamodb/item_json_hooks.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/transact_action.h"
#include "table/key_place.h"

namespace dyad::dynamodb {
namespace {

using Actions = std::vector<TransactAction>;
using Verdict = RequestTokens::Verdict;

/// Equal for equal actions: taken over the actions as the codec writes them, so that spelling and
/// order of members do not matter.
std::string fingerprint_of(const model::TransactWriteItemsInput& input) {
  ItemJsonHooks hooks;
  const protocol::JsonCodec codec(hooks.hooks());
  crypto::Sha256 digest;
  std::string text;
  for (const model::TransactWriteItem& item : input.transact_items) {
    text.clear();
    codec.write(item, text);
    digest.update(text);
    digest.update("\n");
  }
  const auto bytes = digest.finish();
  return std::string(crypto::as_view(bytes));
}

Result<Actions> parse_actions(model::TransactWriteItemsInput& input) {
  Actions actions;
  actions.reserve(input.transact_items.size());
  for (model::TransactWriteItem& item : input.transact_items) {
    DYAD_TRY_ASSIGN(TransactAction action, TransactAction::parse(item));
    actions.push_back(std::move(action));
  }
  return actions;
}

/// No row twice; rows of actions that are cancelled already have no key to compare.
Result<> refuse_doubles(const Actions& actions) {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  for (const TransactAction& action : actions) {
    if (action.is_cancelled()) continue;
    DYAD_TRY_ASSIGN(std::string key, table::table_key(*action.table(), action.key()));
    rows.emplace_back(action.table()->id.value(), std::move(key));
  }
  std::ranges::sort(rows);
  if (std::ranges::adjacent_find(rows) == rows.end()) return {};
  return fail(item_named_twice());
}

Result<> check_given_size(const Actions& actions) {
  std::size_t bytes = 0;
  for (const TransactAction& action : actions) bytes += dynamodb_size_bytes(action.given());
  if (bytes > kMaxTransactionItemBytes) return fail(transaction_too_large());
  return {};
}

/// Finds all tables and places all rows.
Task<Result<>> place_actions(DynamoDbService& service, const api::RequestContext& context,
                             Actions& actions, bool reports_capacity) {
  for (TransactAction& action : actions) {
    DYAD_CO_TRY_ASSIGN(table::TableRef table,
                       co_await find_table(service, context, action.table_name()));
    DYAD_CO_TRY(action.place(std::move(table), reports_capacity));
  }
  DYAD_CO_TRY(check_given_size(actions));
  auto single = refuse_doubles(actions);
  if (!single) co_return fail(translate(std::move(single).error()));
  if (std::ranges::any_of(actions, &TransactAction::is_cancelled))
    co_return fail(cancelled(actions));
  co_return Result<>();
}

void add_writes(Actions& actions, std::vector<table::RowWrite>& writes) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    table::RowWrite& write = writes.emplace_back();
    write.table = actions[i].table();
    write.key = actions[i].key();
    // The last row knows what all of them came to in this run.
    write.decide = [&actions, i](const table::RowView& old) -> Result<table::Decision> {
      DYAD_TRY_ASSIGN(table::Decision decision, actions[i].decide(old));
      if (i + 1 < actions.size()) return decision;
      std::size_t bytes = 0;
      for (const TransactAction& action : actions) bytes += action.item_bytes();
      if (bytes > kMaxTransactionItemBytes) return fail(transaction_too_large());
      return decision;
    };
    write.explain = [&actions, i](Error error) { return actions[i].cancel_by(std::move(error)); };
  }
}

Error write_error(const Actions& actions, Error error) {
  if (protocol::service_code(error) == model::errors::kTransactionCanceledException.code)
    return cancelled(actions);
  if (error.code == ErrorCode::conflict) return cancelled_by_conflict(actions.size());
  return translate(std::move(error));
}

// What a repeated request reads: transactional reads of what the first one wrote over or looked at.
// It is noted with the request's token, as table | units, a prefixed text and a varint each.

protocol::Map<CapacityUse> reads_of(const Actions& actions) {
  protocol::Map<CapacityUse> use;
  for (const TransactAction& action : actions)
    use[action.table()->name].table += 2 * read_units(action.image_bytes(), true);
  return use;
}

std::string note_of(const Actions& actions) {
  std::string note;
  for (const auto& [table, use] : reads_of(actions)) {
    append_prefixed(note, table);
    append_varint(note, static_cast<std::uint64_t>(use.table));
  }
  return note;
}

protocol::Map<CapacityUse> reads_of_note(std::string_view note) {
  protocol::Map<CapacityUse> use;
  ByteReader in(note);
  while (in.ok() && !in.at_end()) {
    std::string table(in.prefixed());
    use[std::move(table)].table = static_cast<double>(in.varint());
  }
  return use;
}

protocol::Map<CapacityUse> writes_of(const Actions& actions) {
  protocol::Map<CapacityUse> use;
  for (const TransactAction& action : actions) use[action.table()->name].add(action.use());
  return use;
}

std::optional<protocol::Map<std::vector<model::ItemCollectionMetrics>>> metrics_of(
    const Actions& actions, const std::optional<std::string>& mode) {
  protocol::Map<std::vector<model::ItemCollectionMetrics>> metrics;
  for (const TransactAction& action : actions) {
    const table::TableDescriptor& table = *action.table();
    auto one = collection_metrics(table, mode, *action.given().find(table.keys.hash.name));
    if (one) metrics[table.name].push_back(std::move(*one));
  }
  if (metrics.empty()) return std::nullopt;
  return metrics;
}

std::vector<model::ConsumedCapacity> report(const CapacityReport& capacity,
                                            const protocol::Map<CapacityUse>& use,
                                            CapacityReport::Units units) {
  std::vector<model::ConsumedCapacity> made;
  for (const auto& [table, one] : use) made.push_back(*capacity.report(table, one, units));
  return made;
}

Error token_mismatch() {
  return protocol::service_error(
      model::errors::kIdempotentParameterMismatchException,
      "The request token was already used with other parameters. Use a new token for a new "
      "transaction.");
}

}  // namespace

Task<Result<model::TransactWriteItemsOutput>> transact_write_items(
    DynamoDbService& service, api::RequestContext& context, model::TransactWriteItemsInput& input) {
  const bool has_token = input.client_request_token && !input.client_request_token->empty();
  std::string fingerprint;
  if (has_token) fingerprint = fingerprint_of(input);
  const CapacityReport capacity(input.return_consumed_capacity);
  DYAD_CO_TRY_ASSIGN(Actions actions, parse_actions(input));
  DYAD_CO_TRY(co_await place_actions(service, context, actions, capacity.wanted()));

  std::vector<table::RowWrite> writes;
  add_writes(actions, writes);
  RequestTokens::Answer token;
  if (has_token) {
    const auto note = [&actions] { return note_of(actions); };
    auto added = co_await service.request_tokens().add(
        writes, *input.client_request_token, std::move(fingerprint), note, token, context.deadline);
    if (!added) co_return fail(translate(std::move(added).error()));
  }
  auto commit = co_await service.tables().write(std::move(writes), context.deadline);
  if (!commit && token.verdict == Verdict::mismatch) co_return fail(token_mismatch());
  const bool repeated = !commit && token.verdict == Verdict::repeated;
  if (!commit && !repeated) co_return fail(write_error(actions, std::move(commit).error()));

  model::TransactWriteItemsOutput output;
  if (capacity.wanted()) {
    output.consumed_capacity =
        repeated ? report(capacity, reads_of_note(token.note), CapacityReport::Units::read)
                 : report(capacity, writes_of(actions), CapacityReport::Units::write);
  }
  output.item_collection_metrics = metrics_of(actions, input.return_item_collection_metrics);
  co_return output;
}

}  // namespace dyad::dynamodb
