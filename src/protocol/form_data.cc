#include "protocol/form_data.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/request_view.h"
#include "protocol/service_error.h"

namespace dyad::protocol {
namespace {

// A form's fields fit whole, and the file passes through in pieces of this size.
constexpr std::size_t kBufferBytes = 64 * 1024;
static_assert(kBufferBytes > kMaxFormBytes + kMaxBoundaryBytes + 8);

constexpr std::string_view kLineEnd = "\r\n";

std::unexpected<Error> malformed() {
  return fail(service_error("MalformedPOSTRequest", 400,
                            "The body of your POST request is not well-formed "
                            "multipart/form-data."));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// RFC 2046's bcharsnospace, and the blank that may stand inside.
bool is_boundary_character(char c) {
  constexpr std::string_view others = "'()+_,-./:=? ";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

/// Takes `value` or `"value"` off `rest`. Browsers escape a quotation mark in a file's name as %22
/// (HTML, "multipart/form-data encoding"), others with a backslash.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string value(trimmed(rest.substr(0, end)));
    rest.remove_prefix(end);
    return value;
  }
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

struct Parameter {
  std::string name;
  std::string value;
};

/// The parameters of `form-data; name="a"; filename="b"`, behind the first word.
std::optional<std::vector<Parameter>> parameters_of(std::string_view rest) {
  std::vector<Parameter> parameters;
  while (true) {
    rest = trimmed(rest);
    if (rest.empty()) return parameters;
    if (rest.front() != ';') return std::nullopt;
    rest = trimmed(rest.substr(1));
    if (rest.empty()) return parameters;
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    Parameter parameter;
    parameter.name = trimmed(rest.substr(0, equals));
    rest = trimmed(rest.substr(equals + 1));
    std::optional<std::string> value = take_value(rest);
    if (!value) return std::nullopt;
    parameter.value = std::move(*value);
    for (const Parameter& other : parameters)
      if (crypto::same_header_name(other.name, parameter.name)) return std::nullopt;
    parameters.push_back(std::move(parameter));
  }
}

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!crypto::same_header_name(trimmed(content_type.substr(0, end)), "multipart/form-data"))
    return std::nullopt;
  const auto parameters = parameters_of(content_type.substr(end));
  if (!parameters) return std::nullopt;
  for (const Parameter& parameter : *parameters) {
    if (!crypto::same_header_name(parameter.name, "boundary")) continue;
    const std::string& boundary = parameter.value;
    if (boundary.empty() || boundary.size() > kMaxBoundaryBytes || boundary.ends_with(' ') ||
        !std::ranges::all_of(boundary, is_boundary_character))
      return std::nullopt;
    return boundary;
  }
  return std::nullopt;
}

std::unexpected<Error> form_too_large() {
  return fail(service_error("MaxPostPreDataLengthExceeded", 400,
                            "Your POST request fields preceding the upload file were too large."));
}

FormData::FormData(http::BodyReader& raw, std::string_view boundary)
    : raw_(raw),
      delimiter_("\r\n--" + std::string(boundary)),
      buffer_(std::make_unique<char[]>(kBufferBytes)) {}

void FormData::consume(std::size_t count) {
  begin_ += count;
  consumed_ += count;
}

/// More bytes behind what is buffered; false: there are none.
Task<Result<bool>> FormData::fill() {
  if (raw_ended_) co_return false;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  DYAD_CHECK(end_ < kBufferBytes);
  const std::span<char> room(buffer_.get() + end_, kBufferBytes - end_);
  DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await raw_.read(room));
  raw_ended_ = got == 0;
  end_ += got;
  co_return got > 0;
}

/// The same before the file, where the body's end is an error and the room is limited.
Task<Result<>> FormData::fill_field_bytes() {
  if (consumed_ + buffered().size() > kMaxFormBytes) co_return form_too_large();
  DYAD_CO_TRY_ASSIGN(const bool more, co_await fill());
  if (!more) co_return malformed();
  co_return Result<>();
}

/// The first boundary begins the body; a preamble, which RFC 2046 allows and no browser sends, is
/// refused.
Task<Result<>> FormData::skip_first_boundary() {
  const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
  while (buffered().size() < first.size()) {
    DYAD_CO_TRY(co_await fill_field_bytes());
  }
  if (!buffered().starts_with(first)) co_return malformed();
  consume(first.size());
  co_return Result<>();
}

Task<Result<bool>> FormData::read_boundary_end() {
  while (buffered().size() < 2) {
    DYAD_CO_TRY(co_await fill_field_bytes());
  }
  const bool another = buffered().starts_with(kLineEnd);
  if (!another && !buffered().starts_with("--")) co_return malformed();
  consume(2);
  co_return another;
}

Task<Result<FormData::PartHead>> FormData::read_part_head() {
  PartHead head;
  bool named = false;
  while (true) {
    std::size_t end = buffered().find(kLineEnd);
    while (end == std::string_view::npos) {
      DYAD_CO_TRY(co_await fill_field_bytes());
      end = buffered().find(kLineEnd);
    }
    const std::string line(buffered().substr(0, end));
    consume(end + kLineEnd.size());
    if (consumed_ > kMaxFormBytes) co_return form_too_large();
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) co_return malformed();
    const std::string_view name = std::string_view(line).substr(0, colon);
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
    if (crypto::same_header_name(name, "content-type")) head.file.content_type = value;
    if (!crypto::same_header_name(name, "content-disposition")) continue;
    const std::size_t type_end = std::min(value.find(';'), value.size());
    const bool form_data =
        crypto::same_header_name(trimmed(value.substr(0, type_end)), "form-data");
    const auto parameters = parameters_of(value.substr(type_end));
    if (named || !form_data || !parameters) co_return malformed();
    for (const Parameter& parameter : *parameters) {
      if (crypto::same_header_name(parameter.name, "name")) {
        head.name = parameter.value;
        named = true;
      } else if (crypto::same_header_name(parameter.name, "filename")) {
        head.file.name = parameter.value;
      }
    }
  }
  if (!named) co_return malformed();
  co_return head;
}

Task<Result<std::string>> FormData::read_field_value() {
  std::size_t end = buffered().find(delimiter_);
  while (end == std::string_view::npos) {
    DYAD_CO_TRY(co_await fill_field_bytes());
    end = buffered().find(delimiter_);
  }
  std::string value(buffered().substr(0, end));
  consume(end + delimiter_.size());
  if (consumed_ > kMaxFormBytes) co_return form_too_large();
  co_return value;
}

Task<Result<bool>> FormData::read_fields() {
  DYAD_CHECK(state_ == State::fields && consumed_ == 0);
  state_ = State::failed;
  DYAD_CO_TRY(co_await skip_first_boundary());
  while (true) {
    DYAD_CO_TRY_ASSIGN(const bool another, co_await read_boundary_end());
    if (!another) break;
    DYAD_CO_TRY_ASSIGN(PartHead head, co_await read_part_head());
    if (crypto::same_header_name(head.name, "file")) {
      file_ = std::move(head.file);
      file_begin_ = consumed_;
      state_ = State::file;
      co_return true;
    }
    FormField field;
    field.name = std::move(head.name);
    DYAD_CO_TRY_ASSIGN(field.value, co_await read_field_value());
    fields_.push_back(std::move(field));
  }
  DYAD_CO_TRY(co_await read_tail());
  co_return false;
}

std::optional<std::uint64_t> FormData::file_length() const {
  const std::optional<std::uint64_t> length = raw_.length();
  // Behind the file: the boundary, two dashes and a line's end.
  const std::uint64_t behind = delimiter_.size() + 4;
  if (!length || *length < file_begin_ + behind) return std::nullopt;
  return *length - file_begin_ - behind;
}

Task<Result<std::size_t>> FormData::read_file(std::span<char> out) {
  if (state_ == State::ended) co_return std::size_t{0};
  if (state_ != State::file) co_return malformed();
  while (true) {
    const std::string_view bytes = buffered();
    const std::size_t found = bytes.find(delimiter_);
    // The last bytes may begin a boundary whose rest has not come yet.
    const std::size_t held = std::min(bytes.size(), delimiter_.size() - 1);
    const std::size_t ready = found != std::string_view::npos ? found : bytes.size() - held;
    if (ready > 0) {
      const std::size_t count = std::min(out.size(), ready);
      std::memcpy(out.data(), bytes.data(), count);
      consume(count);
      co_return count;
    }
    state_ = State::failed;
    if (found == 0) {
      consume(delimiter_.size());
      DYAD_CO_TRY(co_await expect_boundary_end());
      DYAD_CO_TRY(co_await read_tail());
      co_return std::size_t{0};
    }
    DYAD_CO_TRY_ASSIGN(const bool more, co_await fill());
    if (!more) co_return malformed();
    state_ = State::file;
  }
}

/// Behind the file's boundary: the form's end, or one more part. Anything else is a form cut off,
/// or a boundary that goes on and that another reader might take for the file's own bytes.
Task<Result<>> FormData::expect_boundary_end() {
  while (buffered().size() < 2) {
    DYAD_CO_TRY_ASSIGN(const bool more, co_await fill());
    if (!more) co_return malformed();
  }
  if (!buffered().starts_with("--") && !buffered().starts_with(kLineEnd)) co_return malformed();
  co_return Result<>();
}

/// Reads over what follows the file: the raw body must be whole.
Task<Result<>> FormData::read_tail() {
  std::size_t seen = 0;
  while (true) {
    seen += buffered().size();
    if (seen > kMaxBytesBehindFile) co_return malformed();
    consume(buffered().size());
    DYAD_CO_TRY_ASSIGN(const bool more, co_await fill());
    if (!more) break;
  }
  state_ = State::ended;
  co_return Result<>();
}

}  // namespace dyad::protocol
