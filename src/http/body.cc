#include "http/body.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace dyad::http {

namespace {
constexpr std::size_t kFirstReadBytes = 16 * 1024;
constexpr std::size_t kDiscardBytes = 16 * 1024;

/// `bytes` at a new size, its memory taken first where there is a budget.
Result<> resize(std::string& bytes, std::size_t size, BudgetShare* share) {
  if (share != nullptr) DYAD_TRY(share->add(size - bytes.size()));
  bytes.resize(size);
  return {};
}

Task<Result<std::string>> read_within(BodyReader& body, std::size_t limit_bytes,
                                      BudgetShare* share) {
  std::string bytes;
  const auto too_large = [limit_bytes] {
    return fail(ErrorCode::too_large,
                "the body is longer than " + std::to_string(limit_bytes) + " bytes");
  };
  const std::optional<std::uint64_t> length = body.length();
  if (length && *length > limit_bytes) co_return too_large();
  // What is announced is not yet there: memory is taken as bytes come.
  std::size_t used = 0;
  const std::size_t first =
      std::min<std::size_t>(length.value_or(kFirstReadBytes), kFirstReadBytes) + 1;
  DYAD_CO_TRY(resize(bytes, first, share));
  for (;;) {
    if (used == bytes.size()) {
      const std::size_t next = std::min(bytes.size() * 2, limit_bytes + 1);
      DYAD_CO_TRY(resize(bytes, next, share));
    }
    const std::span<char> room(bytes.data() + used, bytes.size() - used);
    DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await body.read(room));
    if (count == 0) break;
    used += count;
    if (used > limit_bytes) co_return too_large();
  }
  bytes.resize(used);
  co_return bytes;
}

}  // namespace

Task<Result<std::string>> read_all(BodyReader& body, std::size_t limit_bytes) {
  return read_within(body, limit_bytes, nullptr);
}

Task<Result<std::string>> read_all(BodyReader& body, std::size_t limit_bytes, BudgetShare& share) {
  return read_within(body, limit_bytes, &share);
}

Task<Result<>> expect_end(BodyReader& body) {
  char beyond;
  DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await body.read(std::span<char>(&beyond, 1)));
  if (got > 0) co_return fail(ErrorCode::internal, "a body is longer than it announced");
  co_return Result<>();
}

Task<bool> discard(BodyReader& body, std::uint64_t limit_bytes) {
  // Not zeroed, which would be most of what a refusal costs.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kDiscardBytes);
  std::uint64_t seen = 0;
  for (;;) {
    const std::span<char> room(buffer.get(), kDiscardBytes);
    const Result<std::size_t> count = co_await body.read(room);
    if (!count) co_return false;
    if (*count == 0) co_return true;
    seen += *count;
    if (seen > limit_bytes) co_return false;
  }
}

Task<Result<std::size_t>> StringBody::read(std::span<char> out) {
  const std::size_t count = std::min(out.size(), rest_.size());
  if (count > 0) std::memcpy(out.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  co_return count;
}

}  // namespace dyad::http
