#include "expression/placeholders.h"

#include <algorithm>
#include <numeric>

#include "expression/errors.h"
#include "expression/limits.h"

namespace dyad::expression {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The sentence that refuses `key`, if any: "#" or ":", then letters, digits and underscores.
std::optional<std::string> key_fault(std::string_view key, char sigil) {
  if (key.size() > kMaxPlaceholderBytes) {
    return "The expression attribute map contains a key that is too long; size of key: " +
           std::to_string(key.size());
  }
  if (key.size() < 2 || key.front() != sigil || !std::ranges::all_of(key.substr(1), is_word)) {
    return "Syntax error; key: \"" + std::string(key) + "\"";
  }
  return std::nullopt;
}

std::optional<std::string> name_fault(std::string_view name) {
  if (name.empty()) return "Empty attribute name";
  if (name.size() > table::kMaxNameBytes) {
    return "One or more parameter values were invalid: Attribute name is too large, must be less "
           "than 65536 bytes";
  }
  return std::nullopt;
}

template <class Entries>
Result<> check_keys(const Entries& entries, char sigil, const std::string& parameter) {
  if (entries.empty()) {
    return fail(ErrorCode::invalid_argument, parameter + " must not be empty");
  }
  for (const auto& entry : entries) {
    if (const auto fault = key_fault(entry.first, sigil)) {
      return fail(ErrorCode::invalid_argument, parameter + " contains invalid key: " + *fault);
    }
  }
  return {};
}

/// Names and values together; what DynamoDB counts of a value is at most twice its encoding.
Result<> check_size(const std::optional<Placeholders::Names>& names,
                    const std::optional<Placeholders::Values>& values) {
  std::size_t bytes = 0;
  std::size_t encoded_bytes = 0;
  if (names) {
    for (const auto& [key, name] : *names) bytes += name.size();
  }
  if (values) {
    for (const auto& [key, value] : *values) encoded_bytes += value.encoded().size();
  }
  if (bytes + 2 * encoded_bytes <= kMaxSubstitutionBytes) return {};
  if (values) {
    for (const auto& [key, value] : *values) bytes += table::dynamodb_size_bytes(value.view());
  }
  if (bytes <= kMaxSubstitutionBytes) return {};
  return fail(ErrorCode::invalid_argument, std::string(kSubstitutionTooLarge));
}

}  // namespace

template <class T>
void Placeholders::Table<T>::fill(std::vector<std::pair<std::string, T>> from) {
  entries = std::move(from);
  sent = true;
  used.assign(entries.size(), false);
  order.resize(entries.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [this](std::uint32_t a, std::uint32_t b) {
    return entries[a].first < entries[b].first;
  });
}

template <class T>
const T* Placeholders::Table<T>::find(std::string_view key) {
  const auto at = std::ranges::lower_bound(
      order, key, {}, [this](std::uint32_t i) { return std::string_view(entries[i].first); });
  if (at == order.end() || entries[*at].first != key) return nullptr;
  used[*at] = true;
  return &entries[*at].second;
}

template <class T>
std::string Placeholders::Table<T>::unused() const {
  std::string keys;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (used[i]) continue;
    if (!keys.empty()) keys += ", ";
    keys += entries[i].first;
  }
  return keys;
}

Result<Placeholders> Placeholders::make(std::optional<Names> names, std::optional<Values> values) {
  Placeholders made;
  DYAD_TRY(check_size(names, values));
  if (names) {
    DYAD_TRY(check_keys(*names, '#', "ExpressionAttributeNames"));
    for (const auto& [key, name] : *names) {
      if (const auto fault = name_fault(name)) {
        return fail(
            ErrorCode::invalid_argument,
            "ExpressionAttributeNames contains invalid value: " + *fault + " for key " + key);
      }
    }
    made.names_.fill(std::move(*names));
  }
  if (values) {
    DYAD_TRY(check_keys(*values, ':', "ExpressionAttributeValues"));
    made.values_.fill(std::move(*values));
  }
  return made;
}

const std::string* Placeholders::name(std::string_view key) {
  return names_.find(key);
}
const table::Value* Placeholders::value(std::string_view key) {
  return values_.find(key);
}

Result<> Placeholders::check_all_used() const {
  constexpr std::string_view kUnused = " unused in expressions: keys: {";
  const std::string names = names_.unused();
  const std::string values = names.empty() ? values_.unused() : std::string();
  if (names.empty() && values.empty()) return {};
  std::string message = "Value provided in ExpressionAttribute";
  message += names.empty() ? "Values" : "Names";
  message += kUnused;
  message += names.empty() ? values : names;
  message += '}';
  return fail(ErrorCode::invalid_argument, std::move(message));
}

Result<> Placeholders::check_absent(std::string_view values_remark) const {
  if (names_.sent) {
    return fail(ErrorCode::invalid_argument,
                "ExpressionAttributeNames can only be specified when using expressions");
  }
  if (values_.sent) {
    return fail(ErrorCode::invalid_argument,
                "ExpressionAttributeValues can only be specified when using expressions" +
                    std::string(values_remark));
  }
  return {};
}

}  // namespace dyad::expression
