#include "store/embedded/log_manifest.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/segment_format.h"

namespace dyad::store::embedded {
namespace {

constexpr std::string_view kMagic = "DYADSEG1";
constexpr std::size_t kMaxManifestBytes = 16u << 20;

std::string manifest_path(const std::string& directory) {
  return directory + "/" + kLogManifestName;
}

void append_ids(std::string& out, const std::set<std::uint64_t>& ids) {
  append_varint(out, ids.size());
  for (const std::uint64_t id : ids) append_varint(out, id);
}

void take_ids(ByteReader& in, std::set<std::uint64_t>& ids) {
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) ids.insert(in.varint());
}

}  // namespace

Result<std::optional<LogManifest>> read_log_manifest(Files& files, const std::string& directory) {
  const std::string path = manifest_path(directory);
  Result<std::string> content = read_file(files, path, kMaxManifestBytes);
  if (!content && content.error().code == ErrorCode::not_found) return std::optional<LogManifest>();
  if (!content) return fail(std::move(content).error());
  const auto damaged = fail(ErrorCode::corruption, fmt::format("{}: not a log manifest", path));
  if (content->size() < kMagic.size() + 8) return damaged;
  const std::string_view body = std::string_view(*content).substr(0, content->size() - 8);
  if (load_le<std::uint64_t>(content->data() + body.size()) != checksum(body, 0)) return damaged;
  ByteReader in(body);
  if (in.bytes(kMagic.size()) != kMagic) return damaged;
  LogManifest manifest;
  manifest.chain_from = in.varint();
  take_ids(in, manifest.segments);
  take_ids(in, manifest.kept);
  if (!in.ok() || !in.at_end()) return damaged;
  return manifest;
}

std::string encode_log_manifest(const LogManifest& manifest) {
  std::string content(kMagic);
  append_varint(content, manifest.chain_from);
  append_ids(content, manifest.segments);
  append_ids(content, manifest.kept);
  append_le64(content, checksum(content, 0));
  return content;
}

Result<> write_log_manifest(Files& files, const std::string& directory,
                            const LogManifest& manifest) {
  return write_file(files, manifest_path(directory), encode_log_manifest(manifest));
}

}  // namespace dyad::store::embedded
