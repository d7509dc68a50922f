// Forms that browsers post, and the policies they are held against. Pieces are read as the whole.

#include <string>

#include "base/bytes.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/run_now.h"
#include "gateway/post_policy.h"
#include "protocol/form_data.h"

namespace dyad::fuzz {
namespace {

using namespace protocol;

constexpr std::string_view kBoundary = "----b";

struct Outcome {
  std::string seen;
  std::string file;
  bool whole = false;
};

Task<Outcome> read_form(std::string_view raw, std::size_t piece_bytes) {
  GivenBody source(raw, piece_bytes);
  FormData form(source, kBoundary);
  Outcome outcome;
  const Result<bool> fields = co_await form.read_fields();
  if (!fields) {
    outcome.seen = fields.error().to_string();
    co_return outcome;
  }
  for (const FormField& field : form.fields())
    outcome.seen.append(field.name).append("=").append(field.value).append("\n");
  if (!*fields) co_return outcome;
  outcome.seen += form.file().name + "/" + form.file().content_type;
  const std::optional<std::uint64_t> announced = form.file_length();
  std::string buffer(4096, '\0');
  for (;;) {
    const Result<std::size_t> count = co_await form.read_file(buffer);
    if (!count) {
      outcome.seen += count.error().to_string();
      co_return outcome;
    }
    if (*count == 0) break;
    outcome.file.append(buffer, 0, *count);
  }
  outcome.whole = true;
  // A file is at most as long as it was thought to be, but for a line's end that is not there: more
  // may follow it than the last boundary, never less.
  DYAD_CHECK(!announced || outcome.file.size() <= *announced + std::string_view("\r\n").size());
  co_return outcome;
}

void check_form(Input input) {
  const std::size_t piece_bytes = input.choice(10) + 1;
  const Outcome whole = run_now(read_form(input.rest(), SIZE_MAX));
  const Outcome pieces = run_now(read_form(input.rest(), piece_bytes));
  DYAD_CHECK(whole.seen == pieces.seen && whole.whole == pieces.whole);
  DYAD_CHECK(!whole.whole || whole.file == pieces.file);
}

void check_policy(Input input) {
  std::vector<FormField> fields;
  while (input.rest().starts_with('=')) {
    input.byte();
    FormField field;
    field.name = input.until(':');
    field.value = input.until('\n');
    fields.push_back(std::move(field));
  }
  const std::string policy = to_base64(input.rest());
  const auto sizes = gateway::check_post_policy(policy, fields, "photos", 1'767'323'045'000);
  DYAD_CHECK(sizes || !sizes.error().message.empty());
  const auto none = gateway::check_post_policy(input.rest(), fields, "photos", 0);
  DYAD_CHECK(none || !none.error().message.empty());
}

}  // namespace

void check(Input input) {
  form_boundary(input.rest());
  if (input.choice(2) == 0)
    check_form(input);
  else
    check_policy(input);
}

}  // namespace dyad::fuzz
