#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/body.h"

namespace dyad::protocol {

// multipart/form-data (RFC 7578) as S3's browser uploads use it ("POST Object"): fields, then one
// file, which is streamed. What follows the file is ignored. A browser writes nothing that this
// reader refuses; whatever two readers could take for two things is refused.

/// All that may stand before the file's bytes, with the parts' heads ("POST Object": 20 KB).
constexpr std::size_t kMaxFormBytes = 20 * 1024;
/// RFC 2046, 5.1.1.
constexpr std::size_t kMaxBoundaryBytes = 70;
/// What may follow the file and is read over.
constexpr std::size_t kMaxBytesBehindFile = 256 * 1024;

/// The boundary of "multipart/form-data; boundary=..."; none: another type, or of no valid form.
std::optional<std::string> form_boundary(std::string_view content_type);

/// MaxPostPreDataLengthExceeded.
std::unexpected<Error> form_too_large();

struct FormField {
  std::string name;
  std::string value;
};

struct FormFile {
  std::string name;  ///< As the client named it, path and all; empty: it did not.
  std::string content_type;
};

/// Reads one form. Errors: service errors MalformedPOSTRequest and MaxPostPreDataLengthExceeded,
/// and the raw body's own.
class FormData {
 public:
  /// `raw` outlives it.
  FormData(http::BodyReader& raw, std::string_view boundary);

  /// All fields before the part "file". Once, and first. False: there is no file.
  Task<Result<bool>> read_fields();
  const std::vector<FormField>& fields() const { return fields_; }
  /// Afterwards, of the file:
  const FormFile& file() const { return file_; }
  /// Its bytes. The end is told only if a boundary ends the file and the raw body is whole.
  Task<Result<std::size_t>> read_file(std::span<char> out);
  /// How long the file is if nothing but the last boundary and a line's end follow it, as browsers
  /// send it. It is no longer than this and the line's end, which some clients leave out.
  std::optional<std::uint64_t> file_length() const;

 private:
  enum class State : std::uint8_t { fields, file, tail, ended, failed };

  struct PartHead {
    std::string name;
    FormFile file;
  };

  Task<Result<bool>> fill();
  Task<Result<>> fill_field_bytes();
  Task<Result<>> skip_first_boundary();
  Task<Result<PartHead>> read_part_head();
  Task<Result<std::string>> read_field_value();
  /// What stands behind a boundary: true: another part; false: that was the last.
  Task<Result<bool>> read_boundary_end();
  Task<Result<>> expect_boundary_end();
  Task<Result<>> read_tail();
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count);

  http::BodyReader& raw_;
  const std::string delimiter_;  ///< CR LF, two dashes, the boundary.
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t consumed_ = 0;  ///< Of the raw body.
  bool raw_ended_ = false;
  State state_ = State::fields;
  std::vector<FormField> fields_;
  FormFile file_;
  std::uint64_t file_begin_ = 0;
};

}  // namespace dyad::protocol
