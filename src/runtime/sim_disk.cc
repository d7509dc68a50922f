#include "runtime/sim_disk.h"

#include <algorithm>
#include <set>

namespace dyad {
namespace {

/// The parts of a path between its slashes; ".." goes up, and at the root stays there.
std::vector<std::string> path_parts(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  return parts;
}

bool is_below(const std::vector<std::string>& path, const std::vector<std::string>& directory) {
  return path.size() > directory.size() &&
         std::equal(directory.begin(), directory.end(), path.begin());
}

Error no_such(const std::string& path) {
  return Error(ErrorCode::not_found, path + ": no such file or directory");
}

}  // namespace

SimDisk::SimDisk(Random& random, std::uint64_t capacity_bytes, NameOrder name_order)
    : random_(random),
      capacity_bytes_(capacity_bytes),
      name_order_(name_order),
      root_(std::make_shared<SimNode>()) {
  root_->is_directory = true;
  root_->links = 1;
}

Result<SimDisk::NodePointer> SimDisk::find(const std::string& path) const {
  NodePointer node = root_;
  for (const std::string& part : path_parts(path)) {
    if (!node->is_directory) return fail(ErrorCode::io_error, path + ": not a directory");
    const auto entry = node->entries.find(part);
    if (entry == node->entries.end()) return fail(no_such(path));
    node = entry->second;
  }
  return node;
}

Result<SimDisk::NodePointer> SimDisk::find_file(const std::string& path) const {
  DYAD_TRY_ASSIGN(NodePointer node, find(path));
  if (node->is_directory) return fail(ErrorCode::io_error, path + ": is a directory");
  return node;
}

Result<SimDisk::NodePointer> SimDisk::find_directory(const std::string& path) const {
  DYAD_TRY_ASSIGN(NodePointer node, find(path));
  if (!node->is_directory) return fail(ErrorCode::io_error, path + ": not a directory");
  return node;
}

Result<SimDisk::Place> SimDisk::place_of(const std::string& path) const {
  std::vector<std::string> parts = path_parts(path);
  if (parts.empty()) return fail(ErrorCode::io_error, path + ": is the root");
  std::string name = std::move(parts.back());
  parts.pop_back();
  std::string parent;
  for (const std::string& part : parts) parent += "/" + part;
  auto directory = find_directory(parent);
  if (!directory) {
    return fail(directory.error().code, path + ": no such directory to hold it");
  }
  return Place{std::move(*directory), std::move(name)};
}

void SimDisk::set_name(const Place& place, NodePointer target) {
  auto change = std::make_shared<SimNode::NameChange>();
  change->edits.push_back({place.name, target});
  place.directory->pending_names.push_back(std::move(change));
  if (target) {
    place.directory->entries[place.name] = std::move(target);
  } else {
    place.directory->entries.erase(place.name);
  }
}

Result<SimDisk::NodePointer> SimDisk::make_file(const std::string& path) {
  DYAD_TRY_ASSIGN(const Place place, place_of(path));
  if (place.directory->entries.contains(place.name)) {
    return fail(ErrorCode::already_exists, path + ": already exists");
  }
  auto node = std::make_shared<SimNode>();
  node->links = 1;
  set_name(place, node);
  return node;
}

Result<> SimDisk::make_directory(const std::string& path) {
  if (const auto found = find(path); found && (*found)->is_directory) return {};
  DYAD_TRY_ASSIGN(const Place place, place_of(path));
  if (place.directory->entries.contains(place.name)) {
    return fail(ErrorCode::already_exists, path + ": is there and not a directory");
  }
  auto node = std::make_shared<SimNode>();
  node->is_directory = true;
  node->links = 1;
  set_name(place, std::move(node));
  return {};
}

void SimDisk::unlink(SimNode& node) {
  if (--node.links == 0) used_bytes_ -= node.bytes.size();
}

Result<> SimDisk::remove(const std::string& path, bool directory) {
  DYAD_TRY_ASSIGN(const Place place, place_of(path));
  DYAD_TRY_ASSIGN(const NodePointer node, find(path));
  if (node->is_directory != directory) {
    return fail(ErrorCode::io_error, path + (directory ? ": not a directory" : ": is a directory"));
  }
  if (directory && !node->entries.empty()) {
    return fail(ErrorCode::io_error, path + ": directory not empty");
  }
  set_name(place, nullptr);
  unlink(*node);
  return {};
}

Result<> SimDisk::check_rename_target(const SimNode& source, const Place& target,
                                      const std::string& to) const {
  const auto entry = target.directory->entries.find(target.name);
  if (entry == target.directory->entries.end()) return {};
  const SimNode& there = *entry->second;
  if (there.is_directory != source.is_directory) {
    return fail(ErrorCode::io_error, to + ": is there and of another kind");
  }
  if (!there.entries.empty()) return fail(ErrorCode::io_error, to + ": directory not empty");
  return {};
}

Result<> SimDisk::rename(const std::string& from, const std::string& to) {
  DYAD_TRY_ASSIGN(const NodePointer node, find(from));
  DYAD_TRY_ASSIGN(const Place source, place_of(from));
  DYAD_TRY_ASSIGN(const Place target, place_of(to));
  DYAD_TRY(check_rename_target(*node, target, to));
  if (node->is_directory && is_below(path_parts(to), path_parts(from))) {
    return fail(ErrorCode::io_error, to + ": lies in the directory to be renamed");
  }
  const auto replaced = target.directory->entries.find(target.name);
  if (replaced != target.directory->entries.end()) {
    if (replaced->second == node) return {};  // POSIX: two names of one file, nothing happens.
    unlink(*replaced->second);
  }

  if (source.directory == target.directory) {
    auto change = std::make_shared<SimNode::NameChange>();
    change->edits = {{source.name, nullptr}, {target.name, node}};
    source.directory->pending_names.push_back(std::move(change));
    source.directory->entries.erase(source.name);
    source.directory->entries[target.name] = node;
    return {};
  }
  set_name(target, node);
  set_name(source, nullptr);
  SimNode::NameChange& removal = *source.directory->pending_names.back();
  removal.other_directory = target.directory;
  removal.prerequisite = target.directory->pending_names.back();
  return {};
}

Result<> SimDisk::link(const std::string& from, const std::string& to) {
  DYAD_TRY_ASSIGN(const NodePointer node, find_file(from));
  DYAD_TRY_ASSIGN(const Place target, place_of(to));
  if (target.directory->entries.contains(target.name)) {
    return fail(ErrorCode::already_exists, to + ": already exists");
  }
  ++node->links;
  set_name(target, node);
  return {};
}

void SimDisk::sync_names(SimNode& directory) {
  const auto changes = std::exchange(directory.pending_names, {});
  for (const auto& change : changes) {
    if (const NodePointer other = change->other_directory.lock()) sync_names(*other);
    for (const auto& edit : change->edits) {
      if (edit.target) {
        directory.durable_entries[edit.name] = edit.target;
      } else {
        directory.durable_entries.erase(edit.name);
      }
    }
  }
}

std::uint64_t SimDisk::free_bytes() const {
  return used_bytes_ >= capacity_bytes_ ? 0 : capacity_bytes_ - used_bytes_;
}

void SimDisk::resize(SimNode& file, std::uint64_t size_bytes) {
  if (file.links > 0) used_bytes_ += size_bytes - file.bytes.size();
  file.bytes.resize(size_bytes);
}

Result<> SimDisk::write(SimNode& file, const std::string& path, std::uint64_t offset,
                        std::string_view bytes) {
  // A file without a name costs nothing here: it is gone when its last handle is.
  const std::uint64_t end_limit =
      file.links > 0 ? file.bytes.size() + free_bytes() : offset + bytes.size();
  const std::string_view taken = bytes.substr(0, std::max(end_limit, offset) - offset);
  if (!taken.empty()) {
    if (offset + taken.size() > file.bytes.size()) resize(file, offset + taken.size());
    file.bytes.replace(offset, taken.size(), taken);
    file.pending_writes.push_back({offset, std::string(taken), std::nullopt});
  }
  if (taken.size() < bytes.size()) {
    return fail(ErrorCode::no_space, path + ": write: no space left on the simulated disk");
  }
  return {};
}

void SimDisk::truncate(SimNode& file, std::uint64_t size_bytes) {
  resize(file, size_bytes);
  file.pending_writes.push_back({0, {}, size_bytes});
}

void SimDisk::apply(const SimNode::PendingWrite& write, std::string& bytes) const {
  if (write.truncate_to) {
    bytes.resize(*write.truncate_to);
    return;
  }
  const std::size_t end = write.offset + write.bytes.size();
  if (end > bytes.size()) bytes.resize(end);
  bytes.replace(write.offset, write.bytes.size(), write.bytes);
}

void SimDisk::sync_bytes(SimNode& file) {
  for (const auto& write : std::exchange(file.pending_writes, {})) {
    apply(write, file.durable_bytes);
  }
}

void SimDisk::fail_sync(SimNode& file) {
  for (const auto& write : std::exchange(file.pending_writes, {})) {
    if (coin()) apply(write, file.durable_bytes);
  }
}

void SimDisk::flip_bit(SimNode& file, std::uint64_t offset, unsigned bit) {
  const char mask = static_cast<char>(1u << bit);
  if (offset < file.bytes.size()) file.bytes[offset] ^= mask;
  if (offset < file.durable_bytes.size()) file.durable_bytes[offset] ^= mask;
  for (auto& write : file.pending_writes) {
    if (offset >= write.offset && offset - write.offset < write.bytes.size()) {
      write.bytes[offset - write.offset] ^= mask;
    }
  }
}

std::vector<SimDisk::NodePointer> SimDisk::all_nodes() const {
  std::vector<NodePointer> found{root_};
  std::set<const SimNode*> seen{root_.get()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const NodePointer node = found[i];
    const auto visit = [&](const NodePointer& child) {
      if (child && seen.insert(child.get()).second) found.push_back(child);
    };
    for (const auto& [name, child] : node->entries) visit(child);
    for (const auto& [name, child] : node->durable_entries) visit(child);
    for (const auto& change : node->pending_names) {
      for (const auto& edit : change->edits) visit(edit.target);
    }
  }
  return found;
}

/// Keeps the sectors before a random one. What lies behind stays as it was, or, in a file that
/// grew, reads as zeros or is not there: the size and the bytes reach the medium apart.
void SimDisk::tear(SimNode::PendingWrite& write) {
  const std::uint64_t first_sector = write.offset / kSectorBytes;
  const std::uint64_t last_sector = (write.offset + write.bytes.size() - 1) / kSectorBytes;
  const std::uint64_t cut =
      (first_sector + random_.below(last_sector - first_sector + 2)) * kSectorBytes;
  if (cut <= write.offset) {
    write.bytes.clear();
  } else if (cut - write.offset < write.bytes.size()) {
    write.bytes.resize(cut - write.offset);
  }
}

void SimDisk::settle_bytes(SimNode& file, Survival survival) {
  if (survival == Survival::some && !file.pending_writes.empty()) {
    std::vector<SimNode::PendingWrite> surviving;
    for (auto& write : file.pending_writes) {
      if (coin()) surviving.push_back(std::move(write));
    }
    for (auto& write : surviving) {
      const bool is_last = &write == &surviving.back();
      if (is_last && !write.truncate_to && !write.bytes.empty()) {
        const std::uint64_t end = write.offset + write.bytes.size();
        tear(write);
        if (coin() && end > file.durable_bytes.size()) file.durable_bytes.resize(end);
        if (write.bytes.empty()) continue;
      }
      apply(write, file.durable_bytes);
    }
  }
  file.pending_writes.clear();
  file.bytes = file.durable_bytes;
}

void SimDisk::choose_surviving_names(const std::vector<NodePointer>& nodes) {
  for (const NodePointer& node : nodes) {
    auto& changes = node->pending_names;
    const std::uint64_t first_few = random_.below(changes.size() + 1);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i]->survives = name_order_ == NameOrder::kept ? i < first_few : coin();
    }
  }
  // What a survivor stands on survives too: in other directories, and in order also before it.
  for (bool more = true; more;) {
    more = false;
    for (const NodePointer& node : nodes) {
      bool later_survives = false;
      for (auto change = node->pending_names.rbegin(); change != node->pending_names.rend();
           ++change) {
        SimNode::NameChange& this_one = **change;
        if (later_survives && name_order_ == NameOrder::kept) this_one.survives = true;
        later_survives = later_survives || this_one.survives;
        if (!this_one.survives || !this_one.prerequisite) continue;
        more = more || !this_one.prerequisite->survives;
        this_one.prerequisite->survives = true;
      }
    }
  }
}

void SimDisk::lose_power(Survival survival) {
  const std::vector<NodePointer> nodes = all_nodes();
  if (survival == Survival::some) choose_surviving_names(nodes);
  for (const NodePointer& node : nodes) {
    if (node->is_directory) {
      auto& changes = node->pending_names;
      std::erase_if(changes, [](const auto& change) { return !change->survives; });
      for (const auto& change : changes) change->other_directory.reset();
      sync_names(*node);
      node->entries = node->durable_entries;
    } else {
      settle_bytes(*node, survival);
    }
    node->links = 0;
  }
  used_bytes_ = 0;
  root_->links = 1;
  for (const NodePointer& node : all_nodes()) {
    for (const auto& [name, child] : node->entries) {
      if (child->links++ == 0) used_bytes_ += child->bytes.size();
    }
  }
}

}  // namespace dyad
