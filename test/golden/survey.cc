#include "test/golden/survey.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "services/dynamodb/attribute_value_json.h"
#include "table/change.h"
#include "table/object_row.h"
#include "test/support/objects.h"

namespace dyad::proof {
namespace {

/// Longer bytes are told by their length and digest.
constexpr std::size_t kMaxShownBytes = 400;

std::string digest_of(std::string_view bytes) {
  const auto hex = crypto::sha256_hex(bytes);
  return fmt::format("{} bytes, SHA-256 {}", bytes.size(),
                     std::string_view(hex.data(), hex.size()));
}
std::string shown(std::string text) {
  return text.size() <= kMaxShownBytes ? text : digest_of(text);
}
std::string shown_bytes(std::string_view bytes) {
  return bytes.size() <= kMaxShownBytes ? to_hex(bytes) : digest_of(bytes);
}
std::string json_of(table::ItemView item) {
  if (item.empty()) return "none";
  std::string json;
  dynamodb::append_item(json, item);
  return shown(std::move(json));
}
std::string json_of(table::ValueView value) {
  std::string json;
  dynamodb::append_attribute_value(json, value);
  return json;
}
std::string text_of(const table::KeySchema& keys) {
  std::string text = keys.hash.name + " " + std::string(table::type_name(keys.hash.type));
  if (keys.range)
    text += ", " + keys.range->name + " " + std::string(table::type_name(keys.range->type));
  return text;
}
std::string text_of(const table::PartitionMap& map) {
  std::string text;
  for (std::size_t i = 0; i < map.size(); ++i)
    text += fmt::format(" {} from '{}'", map[i].partition.value(), to_hex(map[i].lower));
  return text;
}

/// Puts the survey together, a line a fact.
class Surveyor {
 public:
  explicit Surveyor(GoldenData& data) : data_(data) {}
  Task<Result<std::string>> run();

 private:
  void line(std::string text) {
    out_ += text;
    out_ += '\n';
  }
  Task<Result<>> look_at(table::TableRef table);
  Task<Result<>> look_at_rows(table::TableRef table, std::string index);
  Task<Result<>> query(table::TableRef table, std::string index, table::Value hash, bool forward);
  Task<Result<>> look_at_bytes(table::TableRef table, const table::RowView& row);
  Task<Result<>> look_at_partition(store::PartitionId partition);
  Task<Result<>> look_at_log(store::PartitionId partition, Timestamp after);

  GoldenData& data_;
  std::string out_;
};

Task<Result<std::string>> Surveyor::run() {
  DYAD_CO_TRY_ASSIGN(const std::vector<std::string> names,
                     co_await data_.tables().list({}, {}, 1000));
  for (const std::string& name : names) {
    DYAD_CO_TRY_ASSIGN(table::TableRef table,
                       co_await data_.tables().find(name, Deadline::never()));
    DYAD_CO_TRY(co_await look_at(std::move(table)));
  }
  // A parent's log outlives its rows, so ids are tried one by one, up to the newest.
  const std::uint64_t newest = data_.store().partitions().back().id.value();
  for (std::uint64_t id = 0; id <= newest; ++id) {
    DYAD_CO_TRY(co_await look_at_partition(store::PartitionId(id)));
  }
  co_return std::move(out_);
}

Task<Result<>> Surveyor::look_at(table::TableRef table) {
  line(fmt::format("\ntable {}: id {}, version {}, codec {}, placement {}, images {}, made at {}",
                   table->name, table->id.value(), table->version, static_cast<int>(table->codec),
                   static_cast<int>(table->placement), static_cast<int>(table->log_images),
                   table->created_ms));
  line(fmt::format("  keys: {}; of every row '{}'", text_of(table->keys), table->ordered_hash));
  line("  properties: " + to_hex(table->properties));
  line("  partitions:" + text_of(table->partitions));
  DYAD_CO_TRY(co_await look_at_rows(table, {}));
  for (const table::IndexDescriptor& index : table->indexes) {
    std::string included;
    for (const std::string& name : index.projection.include) included += " " + name;
    line(fmt::format("  index {}: kind {}, number {}, keys: {}; projection {}{}", index.name,
                     static_cast<int>(index.kind), index.local_number, text_of(index.keys),
                     static_cast<int>(index.projection.kind), included));
    line("  partitions:" + text_of(index.partitions));
    // Nobody reads one that is being built; what it has so far is among the partitions' rows.
    if (index.building()) {
      line(fmt::format("    being built, state {}, since version {}", static_cast<int>(index.state),
                       index.since));
      continue;
    }
    DYAD_CO_TRY(co_await look_at_rows(table, index.name));
  }
  co_return Result<>();
}

/// A scan, and for every hash key it meets a query in both directions.
Task<Result<>> Surveyor::look_at_rows(table::TableRef table, std::string index) {
  const table::KeySchema& keys = index.empty() ? table->keys : table->find_index(index)->keys;
  table::ScanSpec spec;
  spec.table = table;
  spec.index = index;
  DYAD_CO_TRY_ASSIGN(const table::RowPage page,
                     co_await data_.tables().scan(std::move(spec), Deadline::never()));
  if (page.more) co_return fail(ErrorCode::too_large, "more rows than one page");
  std::string last_hash;
  for (const table::RowView& row : page.rows) {
    line(fmt::format("    {} written {}", json_of(row.item), row.written.value()));
    if (index.empty() && table->codec == table::RowCodecKind::object) {
      DYAD_CO_TRY(co_await look_at_bytes(table, row));
    }
  }
  for (const table::RowView& row : page.rows) {
    const table::Value hash(*row.item.find(keys.hash.name));
    if (hash.encoded() == last_hash) continue;
    last_hash = hash.encoded();
    DYAD_CO_TRY(co_await query(table, index, hash, true));
    DYAD_CO_TRY(co_await query(table, index, hash, false));
  }
  co_return Result<>();
}

Task<Result<>> Surveyor::query(table::TableRef table, std::string index, table::Value hash,
                               bool forward) {
  table::QuerySpec spec;
  spec.table = table;
  spec.index = index;
  spec.hash = hash;
  spec.forward = forward;
  DYAD_CO_TRY_ASSIGN(const table::RowPage page,
                     co_await data_.tables().query(std::move(spec), Deadline::never()));
  std::string answer;
  for (const table::RowView& row : page.rows) {
    DYAD_CO_TRY_ASSIGN(const table::PrimaryKey key, table::key_of(table->keys, row.item));
    answer += " " + (key.range ? json_of(key.range->view()) : json_of(key.hash.view()));
  }
  line(fmt::format("    query {}{}:{}", json_of(hash.view()), forward ? "" : " backwards",
                   shown(std::move(answer))));
  co_return Result<>();
}

Task<Result<>> Surveyor::look_at_bytes(table::TableRef table, const table::RowView& row) {
  const std::string key(row.item.find("key")->as_string());
  DYAD_CO_TRY_ASSIGN(const table::ObjectBytes bytes, table::decode_object_bytes(row.private_part));
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> body,
                     co_await read_object(data_.tables(), data_.blobs(), table, key));
  line(fmt::format("      place {}, blob {}: {}", static_cast<int>(bytes.place), bytes.blob.value(),
                   digest_of(body.value_or("gone"))));
  co_return Result<>();
}

Task<Result<>> Surveyor::look_at_partition(store::PartitionId partition) {
  store::Store& store = data_.store();
  if (const Result<store::PartitionInfo> info = store.partition(partition)) {
    line(fmt::format("\npartition {}: '{}' to '{}', of {}", partition.value(), to_hex(info->lower),
                     to_hex(info->upper), info->parent.value()));
    store::ScanRange range;
    range.begin = std::string(1, '\1');
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                       co_await store.scan(partition, range, store::ScanLimits()));
    if (page.next) co_return fail(ErrorCode::too_large, "more rows than one page");
    for (std::size_t i = 0; i < page.size(); ++i)
      line(fmt::format("  {} = {}", shown_bytes(page[i].key), shown_bytes(page[i].value)));
  }
  Timestamp lowest_cursor;
  for (const std::string_view follower : kFollowers) {
    const Result<std::optional<Timestamp>> cursor = co_await store.cursor(follower, partition);
    if (!cursor || !*cursor) continue;
    line(fmt::format("  cursor of {} on {}: {}", follower, partition.value(), (*cursor)->value()));
    if (lowest_cursor == Timestamp()) lowest_cursor = **cursor;
    lowest_cursor = std::min(lowest_cursor, **cursor);
  }
  // A partition without a follower may have been trimmed: then only what its followers need is
  // there.
  co_return co_await look_at_log(partition, lowest_cursor);
}

Task<Result<>> Surveyor::look_at_log(store::PartitionId partition, Timestamp after) {
  const Result<store::LogPage> page =
      co_await data_.store().read_log(partition, after, store::LogLimits());
  if (!page && page.error().code == ErrorCode::not_found) co_return Result<>();
  if (!page && page.error().code == ErrorCode::out_of_range) {
    line(fmt::format("  log of {} after {}: trimmed", partition.value(), after.value()));
    co_return Result<>();
  }
  if (!page) co_return fail(page.error());
  line(fmt::format("  log of {} after {}:", partition.value(), after.value()));
  for (const store::LogEntry& entry : page->entries) {
    DYAD_CO_TRY_ASSIGN(const table::Change change, table::decode_change(entry.payload));
    line(fmt::format("    {} table {}, cause {}, key {}, {}{}", entry.timestamp.value(),
                     change.table.value(), static_cast<int>(change.cause), to_hex(change.key),
                     change.erased ? "erased" : "put", change.existed ? ", existed" : ""));
    line(fmt::format("      {}; {}; {}", json_of(change.keys), json_of(change.new_item),
                     json_of(change.old_item)));
  }
  std::string children;
  for (const store::PartitionId child : page->children)
    children += " " + std::to_string(child.value());
  if (page->ended) line("    ended, goes on in" + children);
  co_return Result<>();
}

}  // namespace

Result<std::string> survey(GoldenData& data) {
  Surveyor surveyor(data);
  return data.run(surveyor.run());
}

}  // namespace dyad::proof
