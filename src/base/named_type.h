#pragma once

#include <compare>
#include <functional>

namespace dyad {

/// A number that is not any other number: `struct PartitionIdTag; using PartitionId =
/// NamedType<uint64_t, PartitionIdTag>`.
template <class T, class Tag>
class NamedType {
 public:
  constexpr NamedType() = default;
  constexpr explicit NamedType(T value) : value_(value) {}
  constexpr T value() const { return value_; }
  auto operator<=>(const NamedType&) const = default;

 private:
  T value_{};
};

}  // namespace dyad

template <class T, class Tag>
struct std::hash<dyad::NamedType<T, Tag>> {
  std::size_t operator()(const dyad::NamedType<T, Tag>& id) const noexcept {
    return std::hash<T>{}(id.value());
  }
};
