#include "table/item_builder.h"

#include <algorithm>

#include "base/check.h"

namespace dyad::table {
namespace {

// The first eight bytes of a name as a number that sorts as they do; shorter ones are filled with
// zeros, so equal prefixes still need the names themselves.
std::uint64_t prefix_of(std::string_view text) {
  char bytes[8] = {};
  std::memcpy(bytes, text.data(), std::min<std::size_t>(text.size(), sizeof bytes));
  return load_be64(bytes);
}

}  // namespace

void ValueWriter::begin_value(Type type) {
  value_begin_ = static_cast<std::uint32_t>(out_.size());
  if (frames_.empty()) {
    DYAD_CHECK(out_.empty());
  } else {
    const Frame& frame = frames_.back();
    DYAD_CHECK((frame.type == Type::map) == (frame.entry_begin != kNoEntry));
    DYAD_CHECK(!is_set(frame.type) || type == element_type(frame.type));
  }
  out_.push_back(static_cast<char>(type));
}

void ValueWriter::end_value() {
  DYAD_CHECK(out_.size() < UINT32_MAX);
  if (frames_.empty()) return;
  Frame& frame = frames_.back();
  const std::uint32_t begin = frame.type == Type::map ? frame.entry_begin : value_begin_;
  entries_.push_back({begin, static_cast<std::uint32_t>(out_.size())});
  frame.entry_begin = kNoEntry;
}

void ValueWriter::string(std::string_view utf8) {
  begin_value(Type::string);
  out_.append(utf8);
  end_value();
}

void ValueWriter::number(const Decimal& number) {
  begin_value(Type::number);
  number.append_key(out_);
  end_value();
}

void ValueWriter::binary(std::string_view bytes) {
  begin_value(Type::binary);
  out_.append(bytes);
  end_value();
}

char* ValueWriter::binary(std::size_t size) {
  begin_value(Type::binary);
  out_.resize(out_.size() + size);
  end_value();
  return out_.data() + out_.size() - size;
}

void ValueWriter::boolean(bool value) {
  begin_value(Type::boolean);
  out_.push_back(value ? '\1' : '\0');
  end_value();
}

void ValueWriter::null() {
  begin_value(Type::null);
  end_value();
}

void ValueWriter::value(ValueView value) {
  DYAD_CHECK(!value.empty());
  begin_value(value.type());
  out_.append(value.encoded().substr(1));
  end_value();
}

void ValueWriter::begin_container(Type type) {
  begin_value(type);
  frames_.push_back({value_begin_, static_cast<std::uint32_t>(entries_.size()), kNoEntry, type});
}

void ValueWriter::begin_list() {
  begin_container(Type::list);
}
void ValueWriter::begin_map() {
  begin_container(Type::map);
}
void ValueWriter::begin_set(Type set) {
  DYAD_CHECK(is_set(set));
  begin_container(set);
}

void ValueWriter::key(std::string_view name) {
  DYAD_CHECK(!frames_.empty() && frames_.back().type == Type::map);
  DYAD_CHECK(frames_.back().entry_begin == kNoEntry && name.size() <= kMaxNameBytes);
  frames_.back().entry_begin = static_cast<std::uint32_t>(out_.size());
  append_le16(out_, static_cast<std::uint16_t>(name.size()));
  out_.append(name);
}

std::string_view ValueWriter::sort_key(const Frame& frame, Entry entry) const {
  const std::string_view bytes(out_.data() + entry.begin, entry.end - entry.begin);
  // A set's members all have the same type byte.
  return frame.type == Type::map ? MapEntryBytes(bytes).name : bytes.substr(1);
}

bool ValueWriter::in_order(const Frame& frame) const {
  for (std::size_t i = frame.first_entry + 1; i < entries_.size(); ++i)
    if (sort_key(frame, entries_[i - 1]) >= sort_key(frame, entries_[i])) return false;
  return true;
}

// Puts the entries of the innermost container in order, once each, the last one of equals. Gives
// how many were dropped.
std::size_t ValueWriter::sort(const Frame& frame) {
  sortable_.clear();
  for (std::size_t i = frame.first_entry; i < entries_.size(); ++i)
    sortable_.push_back({prefix_of(sort_key(frame, entries_[i])), entries_[i]});
  std::sort(sortable_.begin(), sortable_.end(), [&](const Sortable& a, const Sortable& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = sort_key(frame, a.entry).compare(sort_key(frame, b.entry));
    return order != 0 ? order < 0 : a.entry.begin < b.entry.begin;
  });

  scratch_.clear();
  const std::uint32_t body = frame.start + 1;
  entries_.resize(frame.first_entry);
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < sortable_.size(); ++i) {
    const Entry entry = sortable_[i].entry;
    if (i + 1 < sortable_.size() && sortable_[i].prefix == sortable_[i + 1].prefix &&
        sort_key(frame, entry) == sort_key(frame, sortable_[i + 1].entry)) {
      ++dropped;
      continue;
    }
    const auto begin = static_cast<std::uint32_t>(body + scratch_.size());
    scratch_.append(out_, entry.begin, entry.end - entry.begin);
    entries_.push_back({begin, begin + (entry.end - entry.begin)});
  }
  out_.replace(body, std::string::npos, scratch_);
  return dropped;
}

void ValueWriter::close(Type type) {
  DYAD_CHECK(!frames_.empty() && frames_.back().type == type);
  const Frame frame = frames_.back();
  DYAD_CHECK(frame.entry_begin == kNoEntry);
  const std::uint32_t body = frame.start + 1;
  const auto count = static_cast<std::uint32_t>(entries_.size() - frame.first_entry);
  const bool wide = out_.size() - body > Container::kMaxNarrowBytes;
  const std::size_t width = wide ? 4 : 2;
  const std::size_t directory = out_.size();
  out_.resize(directory + (std::size_t{count} + 1) * width + 1);
  char* at = out_.data() + directory;
  const auto put = [&](std::uint32_t value) {
    if (wide)
      store_le(at, value);
    else
      store_le(at, static_cast<std::uint16_t>(value));
    at += width;
  };
  for (std::size_t i = frame.first_entry; i < entries_.size(); ++i) put(entries_[i].end - body);
  put(count);
  *at = wide ? 1 : 0;

  entries_.resize(frame.first_entry);
  frames_.pop_back();
  value_begin_ = frame.start;
  end_value();
}

void ValueWriter::end_list() {
  close(Type::list);
}

void ValueWriter::end_map() {
  DYAD_CHECK(!frames_.empty() && frames_.back().type == Type::map);
  if (!in_order(frames_.back())) sort(frames_.back());
  close(Type::map);
}

SetFault ValueWriter::end_set(Duplicates duplicates) {
  DYAD_CHECK(!frames_.empty() && is_set(frames_.back().type));
  const Frame frame = frames_.back();
  if (entries_.size() == frame.first_entry) return SetFault::empty;
  if (!in_order(frame) && sort(frame) > 0 && duplicates == Duplicates::refuse)
    return SetFault::duplicate;
  close(frame.type);
  return SetFault::none;
}

// A copy of just its size: the writer keeps its own buffer, so that the next value needs no
// growing.
std::string ValueWriter::finish() {
  DYAD_CHECK(frames_.empty() && !out_.empty());
  std::string encoded(out_);
  clear();
  return encoded;
}

Item ValueWriter::finish_item() {
  DYAD_CHECK(!out_.empty() && static_cast<Type>(out_.front()) == Type::map);
  return Item(finish());
}

Value ValueWriter::finish_value() {
  return Value(finish());
}

void ValueWriter::clear() {
  // One large value must not hold its memory for the writer's life.
  if (out_.capacity() > kMaxKeptBytes) out_ = std::string();
  if (scratch_.capacity() > kMaxKeptBytes) scratch_ = std::string();
  out_.clear();
  frames_.clear();
  entries_.clear();
}

Item ItemBuilder::build() {
  writer_.end_map();
  Item item = writer_.finish_item();
  writer_.begin_map();
  return item;
}

}  // namespace dyad::table
