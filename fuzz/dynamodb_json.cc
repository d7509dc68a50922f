// Requests in JSON, items among them. What is read is well-formed in the store's encoding, and what
// is written of it is read as the same.

#include <string>

#include "api/dynamodb/batch_get_item.h"
#include "api/dynamodb/batch_write_item.h"
#include "api/dynamodb/create_table.h"
#include "api/dynamodb/put_item.h"
#include "api/dynamodb/query.h"
#include "api/dynamodb/transact_write_items.h"
#include "api/dynamodb/update_item.h"
#include "fuzz/fuzz_input.h"
#include "protocol/json_codec.h"
#include "services/dynamodb/item_json_hooks.h"

namespace dyad::fuzz {
namespace {

using namespace api::dynamodb;

class Reader {
 public:
  template <class Operation>
  void check_request(std::string_view text) {
    using T = typename Operation::Input;
    const protocol::JsonCodec codec(hooks_.hooks(Operation::kOperation));
    const Result<T> input = codec.parse<T>(parser_, text);
    if (!input) {
      DYAD_CHECK(input.error().detail != nullptr);  // Of the service, in its words.
      return;
    }
    check_items(*input);
    std::string out;
    codec.write(*input, out);
    const Result<T> again = codec.parse<T>(parser_, out);
    DYAD_CHECK(again.has_value());
    std::string same;
    codec.write(*again, same);
    DYAD_CHECK(same == out);
  }

 private:
  template <class T>
  void check_items(const T&) {}
  void check_items(const PutItemInput& input) {
    DYAD_CHECK(table::validate_item(input.item.encoded()).has_value());
    DYAD_CHECK(table::nesting_depth(input.item.view()) <= table::kMaxNestingDepth);
    table::dynamodb_size_bytes(input.item.view());
    if (!input.expression_attribute_values) return;
    for (const auto& [name, value] : *input.expression_attribute_values)
      DYAD_CHECK(table::validate_value(value.encoded()).has_value());
  }

  dynamodb::ItemJsonHooks hooks_;
  protocol::JsonParser parser_;
};

}  // namespace

void check(Input input) {
  static Reader reader;
  const std::size_t choice = input.choice(7);
  const std::string_view text = input.rest();
  switch (choice) {
    case 0:
      return reader.check_request<PutItem>(text);
    case 1:
      return reader.check_request<UpdateItem>(text);
    case 2:
      return reader.check_request<Query>(text);
    case 3:
      return reader.check_request<BatchWriteItem>(text);
    case 4:
      return reader.check_request<TransactWriteItems>(text);
    case 5:
      return reader.check_request<CreateTable>(text);
    default:
      return reader.check_request<BatchGetItem>(text);
  }
}

}  // namespace dyad::fuzz
