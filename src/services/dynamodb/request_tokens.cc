#include "services/dynamodb/request_tokens.h"

#include <algorithm>

#include "services/dynamodb/named_table.h"
#include "table/item_builder.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::RowView;
using table::RowWrite;
using table::TableRef;
using table::Value;

// Rows: token (S, hash key) | fingerprint (B) | note (B) | written_ms (N) | all (S, always the
// same). The index by age has `all` as its hash key and written_ms as its range key.
constexpr std::string_view kToken = "token";
constexpr std::string_view kFingerprint = "fingerprint";
constexpr std::string_view kNote = "note";
constexpr std::string_view kWritten = "written_ms";
constexpr std::string_view kAll = "all";
constexpr std::string_view kByAge = "by-age";

table::TableSpec token_table() {
  table::TableSpec spec;
  spec.name = std::string(1, kInternalTablePrefix) + "dynamodb-request-tokens";
  spec.keys.hash = {std::string(kToken), table::Type::string};
  table::IndexDescriptor by_age;
  by_age.name = kByAge;
  by_age.keys.hash = {std::string(kAll), table::Type::string};
  by_age.keys.range = table::KeyAttribute{std::string(kWritten), table::Type::number};
  by_age.projection.kind = table::Projection::Kind::keys_only;
  spec.indexes.push_back(std::move(by_age));
  return spec;
}

table::Item token_row(const std::string& token, std::string_view fingerprint, std::string_view note,
                      std::int64_t now_ms) {
  return table::ItemBuilder()
      .string(kToken, token)
      .set(kFingerprint, Value::binary(fingerprint))
      .set(kNote, Value::binary(note))
      .number(kWritten, Decimal(now_ms))
      .string(kAll, kAll)
      .build();
}

std::int64_t written_ms(ItemView row) {
  const Decimal written = row.find(kWritten)->as_number();
  std::int64_t value = static_cast<std::int64_t>(written.coefficient());
  for (int i = 0; i < written.exponent(); ++i) value *= 10;
  return value;
}

bool is_over(ItemView row, std::int64_t now_ms) {
  return written_ms(row) + kRequestTokenMs <= now_ms;
}

}  // namespace

Task<Result<TableRef>> RequestTokens::open(Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (table_) co_return table_;
  }
  table::TableSpec spec = token_table();
  const std::string name = spec.name;
  Result<TableRef> table = co_await tables_.find(name, deadline);
  if (!table && table.error().code == ErrorCode::not_found) {
    table = co_await tables_.create(std::move(spec), deadline);
    // Somebody else may have made it meanwhile.
    if (!table && table.error().code == ErrorCode::already_exists)
      table = co_await tables_.find(name, deadline);
  }
  if (table) {
    const std::lock_guard lock(mutex_);
    table_ = *table;
  }
  co_return table;
}

Task<Result<std::vector<RowWrite>>> RequestTokens::erase_old(TableRef table, Deadline deadline) {
  Clock& clock = tables_.runtime().clock();
  const std::int64_t last_over_ms = clock.wall_ms() - kRequestTokenMs;
  table::QuerySpec oldest;
  oldest.table = table;
  oldest.index = kByAge;
  oldest.hash = Value::string(kAll);
  oldest.limits.rows = kMaxTokensErasedAtOnce;
  {
    const std::lock_guard lock(mutex_);
    oldest.range.lower = Value::number(Decimal(erased_upto_ms_));
  }
  DYAD_CO_TRY_ASSIGN(const table::RowPage page,
                     co_await tables_.query(std::move(oldest), deadline));
  std::vector<RowWrite> writes;
  for (const RowView& row : page.rows) {
    if (written_ms(row.item) > last_over_ms) break;
    RowWrite& write = writes.emplace_back();
    write.table = table;
    write.key.hash = Value(*row.item.find(kToken));
    write.decide = [&clock](const RowView& old) -> Result<table::Decision> {
      if (old.item.empty() || !is_over(old.item, clock.wall_ms())) return table::Decision::keep();
      return table::Decision::erase();
    };
  }
  const std::lock_guard lock(mutex_);
  if (!page.rows.empty())
    erased_upto_ms_ = std::max(erased_upto_ms_, written_ms(page.rows.front().item));
  co_return writes;
}

Task<Result<>> RequestTokens::add(std::vector<RowWrite>& writes, const std::string& token,
                                  std::string fingerprint, std::function<std::string()> note,
                                  Answer& answer, Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const TableRef table, co_await open(deadline));
  DYAD_CO_TRY_ASSIGN(std::vector<RowWrite> old, co_await erase_old(table, deadline));
  RowWrite write;
  write.table = table;
  write.key.hash = Value::string(token);
  write.decide = [&answer, &clock = tables_.runtime().clock(), token,
                  fingerprint = std::move(fingerprint),
                  note = std::move(note)](const RowView& row) -> Result<table::Decision> {
    answer = Answer();
    const std::int64_t now_ms = clock.wall_ms();
    if (!row.item.empty() && !is_over(row.item, now_ms)) {
      const bool same = row.item.find(kFingerprint)->as_binary() == fingerprint;
      answer.verdict = same ? Verdict::repeated : Verdict::mismatch;
      if (const auto noted = row.item.find(kNote)) answer.note = noted->as_binary();
      return fail(ErrorCode::already_exists, "the request token is in use");
    }
    table::Item made = token_row(token, fingerprint, note(), now_ms);
    return table::Decision::put(table::NewRow{std::move(made), {}});
  };
  writes.push_back(std::move(write));
  for (RowWrite& erase : old) {
    // The token's own row, long over, is written anew instead.
    if (erase.key.hash.view().as_string() != token) writes.push_back(std::move(erase));
  }
  co_return Result<>();
}

}  // namespace dyad::dynamodb
