#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace dyad {

/// A value, or the Error that stands in its place. Every fallible function returns one; ignoring it
/// is a compile error. Exceptions do not cross a function that returns a Result.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpected(std::move(error))) {}
};

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace dyad

#define DYAD_CONCAT_INNER(a, b) a##b
#define DYAD_CONCAT(a, b) DYAD_CONCAT_INNER(a, b)

/// Returns the error of `expression`, a Result, from a plain function that returns some Result.
#define DYAD_TRY(expression)                               \
  do {                                                     \
    if (auto dyad_result = (expression); !dyad_result)     \
      return ::dyad::fail(std::move(dyad_result).error()); \
  } while (false)

/// `DYAD_TRY_ASSIGN(auto page, read_page(7));`
#define DYAD_TRY_ASSIGN(target, expression)                                      \
  auto DYAD_CONCAT(dyad_result_, __LINE__) = (expression);                       \
  if (!DYAD_CONCAT(dyad_result_, __LINE__))                                      \
    return ::dyad::fail(std::move(DYAD_CONCAT(dyad_result_, __LINE__)).error()); \
  target = std::move(*DYAD_CONCAT(dyad_result_, __LINE__))

/// The same two inside a coroutine: `DYAD_CO_TRY_ASSIGN(auto row, co_await store.get(partition,
/// key));`
#define DYAD_CO_TRY(expression)                               \
  do {                                                        \
    if (auto dyad_result = (expression); !dyad_result)        \
      co_return ::dyad::fail(std::move(dyad_result).error()); \
  } while (false)

#define DYAD_CO_TRY_ASSIGN(target, expression)                                      \
  auto DYAD_CONCAT(dyad_result_, __LINE__) = (expression);                          \
  if (!DYAD_CONCAT(dyad_result_, __LINE__))                                         \
    co_return ::dyad::fail(std::move(DYAD_CONCAT(dyad_result_, __LINE__)).error()); \
  target = std::move(*DYAD_CONCAT(dyad_result_, __LINE__))
