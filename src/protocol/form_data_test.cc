#include "protocol/form_data.h"

#include <gtest/gtest.h>

#include "protocol/service_error.h"
#include "runtime/simulation.h"

namespace dyad::protocol {
namespace {

/// Bytes in pieces of one size; may end with an error.
class Pieces final : public http::BodyReader {
 public:
  Pieces(std::string bytes, std::size_t piece, bool breaks_off = false)
      : bytes_(std::move(bytes)), piece_(piece), breaks_off_(breaks_off) {}
  Task<Result<std::size_t>> read(std::span<char> out) override {
    if (at_ == bytes_.size() && breaks_off_) co_return fail(ErrorCode::cancelled, "gone");
    const std::size_t count = std::min({out.size(), piece_, bytes_.size() - at_});
    std::copy_n(bytes_.data() + at_, count, out.data());
    at_ += count;
    co_return count;
  }
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
  const std::size_t piece_;
  const bool breaks_off_;
  std::size_t at_ = 0;
};

std::string field(std::string_view name, std::string_view value) {
  return "--X\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}

std::string file(std::string_view bytes, std::string_view more = "; filename=\"a.txt\"") {
  return "--X\r\nContent-Disposition: form-data; name=\"file\"" + std::string(more) +
         "\r\nContent-Type: text/plain\r\n\r\n" + std::string(bytes) + "\r\n";
}

struct Outcome {
  std::string error;
  std::vector<FormField> fields;
  bool has_file = false;
  FormFile file;
  std::string bytes;
  std::optional<std::uint64_t> told_length;
};

Task<Outcome> read_form(http::BodyReader& body, std::size_t out_bytes) {
  Outcome outcome;
  FormData form(body, "X");
  const Result<bool> found = co_await form.read_fields();
  outcome.fields = form.fields();
  if (!found) {
    outcome.error = service_code(found.error());
    if (outcome.error.empty()) outcome.error = found.error().message;
    co_return outcome;
  }
  outcome.has_file = *found;
  if (!*found) co_return outcome;
  outcome.file = form.file();
  outcome.told_length = form.file_length();
  std::string buffer(out_bytes, '\0');
  while (true) {
    const Result<std::size_t> got = co_await form.read_file(buffer);
    if (!got) {
      outcome.error = service_code(got.error());
      if (outcome.error.empty()) outcome.error = got.error().message;
      co_return outcome;
    }
    if (*got == 0) co_return outcome;
    outcome.bytes.append(buffer.data(), *got);
  }
}

Outcome parse(std::string bytes, std::size_t piece = 7, std::size_t out = 5,
              bool breaks_off = false) {
  Simulation simulation(1);
  Pieces body(std::move(bytes), piece, breaks_off);
  return simulation.run_until(read_form(body, out));
}

TEST(FormData, FieldsAndFileHoweverTheyCome) {
  const std::string content = "first\r\n--Y\r\n\r\n--\r\n-X\r\nlast\r";
  const std::string form = field("key", "a b") + field("empty", "") +
                           field("lines", "one\r\ntwo\r\n") + file(content) + "--X--\r\n";
  for (const std::size_t piece : {1, 2, 3, 7, 64, 4096}) {
    for (const std::size_t out : {1, 4, 1000}) {
      const Outcome got = parse(form, piece, out);
      EXPECT_EQ(got.error, "");
      ASSERT_EQ(got.fields.size(), 3u);
      EXPECT_EQ(got.fields[0].name, "key");
      EXPECT_EQ(got.fields[0].value, "a b");
      EXPECT_EQ(got.fields[1].value, "");
      EXPECT_EQ(got.fields[2].value, "one\r\ntwo\r\n");
      EXPECT_EQ(got.bytes, content);
      EXPECT_EQ(got.file.name, "a.txt");
      EXPECT_EQ(got.file.content_type, "text/plain");
      EXPECT_EQ(got.told_length, content.size());
    }
  }
}

TEST(FormData, AnEmptyFileAndOneLargerThanTheBuffer) {
  EXPECT_EQ(parse(file("") + "--X--\r\n").error, "");
  std::string large(300'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 97) large[i] = '\r';
  const Outcome got = parse(file(large) + "--X--", 4096, 10'000);
  EXPECT_EQ(got.error, "");
  EXPECT_TRUE(got.bytes == large);
}

TEST(FormData, WhatFollowsTheFileIsIgnoredUpToALimit) {
  const Outcome got = parse(file("x") + field("late", "1") + file("again") + "--X--\r\n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.bytes, "x");
  EXPECT_TRUE(got.fields.empty());
  const auto with_behind = [](std::size_t bytes) {
    return parse(file("x") + "--X" + std::string(bytes, '-'), 4096, 100).error;
  };
  EXPECT_EQ(with_behind(kMaxBytesBehindFile), "");
  EXPECT_EQ(with_behind(kMaxBytesBehindFile + 1), "MalformedPOSTRequest");
}

TEST(FormData, TheFilesBoundaryEndsTheFormOrBeginsAPart) {
  const std::string form = file("x") + "--X";
  for (const std::size_t piece : {1, 2, 4096}) {
    for (const std::string_view end : {"--", "--\r\n", "\r\n"})
      EXPECT_EQ(parse(form + std::string(end), piece).error, "") << end;
    for (const std::string_view end : {"", "-", "\r", "\n", "-\r\n", "Y--\r\n", " --\r\n"})
      EXPECT_EQ(parse(form + std::string(end), piece).error, "MalformedPOSTRequest") << end;
  }
}

TEST(FormData, AFormWithoutAFile) {
  const Outcome got = parse(field("key", "a") + "--X--\r\n");
  EXPECT_EQ(got.error, "");
  EXPECT_FALSE(got.has_file);
}

TEST(FormData, FieldsAreLimited) {
  const std::string rest = file("x") + "--X--\r\n";
  const std::size_t around = field("key", "").size() + rest.find("\r\n\r\n") + 4;
  const auto with_value = [&](std::size_t bytes) {
    return parse(field("key", std::string(bytes, 'v')) + rest, 4096, 100).error;
  };
  EXPECT_EQ(with_value(kMaxFormBytes - around), "");
  EXPECT_EQ(with_value(kMaxFormBytes - around + 1), "MaxPostPreDataLengthExceeded");
  EXPECT_EQ(with_value(1'000'000), "MaxPostPreDataLengthExceeded");
  EXPECT_EQ(parse(std::string("--X\r\n") + std::string(1'000'000, 'h'), 4096).error,
            "MaxPostPreDataLengthExceeded");
}

TEST(FormData, WhatIsNoFormIsRefused) {
  for (const std::string& form : {
           std::string(),
           std::string("--X"),
           std::string("--Y\r\n"),
           std::string("preamble\r\n") + field("a", "b"),
           std::string("--X\r\n\r\nvalue\r\n--X--"),                                // No name.
           std::string("--X\r\nContent-Disposition: form-data\r\n\r\nv\r\n--X--"),  // Neither.
           std::string("--X\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nv\r\n--X--"),
           std::string("--X\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--X--"),
           std::string("--X\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nv\r\n--X--"),
           std::string("--X\r\nno colon\r\n\r\nv\r\n--X--"),
           std::string("--Xjunk\r\n"),
           field("a", "b"),  // Nothing behind.
           field("a", "b") + "--Xz",
           file("never ended"),  // A boundary is missing...
           file("cut").substr(0, 70),
       }) {
    EXPECT_EQ(parse(form).error, "MalformedPOSTRequest") << form;
  }
}

TEST(FormData, AFileIsWholeOnlyIfTheBodyIs) {
  EXPECT_EQ(parse(file("x") + "--X", 7, 5, true).error, "gone");
  EXPECT_EQ(parse(file("x"), 7, 5, true).error, "gone");
}

TEST(FormData, NamesOfFilesAndParameters) {
  EXPECT_EQ(parse(file("x", "; filename=\"C:\\\\dir\\\\a \\\"b\\\".txt\"") + "--X--").file.name,
            "C:\\dir\\a \"b\".txt");
  EXPECT_EQ(parse(file("x", "; filename=\"C:\\dir\\a.txt\"") + "--X--").file.name,
            "C:\\dir\\a.txt");
  EXPECT_EQ(parse(file("x", ";filename=plain ; x=y") + "--X--").file.name, "plain");
  EXPECT_EQ(parse(file("x", "") + "--X--").file.name, "");
}

TEST(FormData, Boundaries) {
  EXPECT_EQ(form_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(form_boundary("Multipart/Form-Data;charset=utf-8 ;BOUNDARY=\"a b:c\""), "a b:c");
  EXPECT_EQ(form_boundary("multipart/form-data; boundary=" + std::string(70, 'b')),
            std::string(70, 'b'));
  for (const std::string& type :
       {std::string("text/html"), std::string("multipart/mixed; boundary=a"),
        std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"a "),
        std::string("multipart/form-data; boundary=\"a \""),
        std::string("multipart/form-data; boundary=a\x7f"),
        "multipart/form-data; boundary=" + std::string(71, 'b')})
    EXPECT_EQ(form_boundary(type), std::nullopt) << type;
}

}  // namespace
}  // namespace dyad::protocol
