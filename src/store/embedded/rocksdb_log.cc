#include "store/embedded/rocksdb_log.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "base/log.h"

namespace dyad::store::embedded {
namespace {

constexpr std::size_t kMaxLineBytes = 1024;
constexpr std::string_view kHarmless[] = {
    // RocksDB says this once a process of files that are read outside their database, as verifying
    // does. Their blocks' checksums are read all the same.
    "opened without unique ID to verify",
    // And these two of every checkpoint, which asks for it twice.
    "File Deletions Disabled, but already disabled",
    "File Deletions Enable, but not really enabled",
};

bool is_harmless(std::string_view line) {
  return std::ranges::any_of(
      kHarmless, [line](std::string_view one) { return line.find(one) != std::string_view::npos; });
}

class RocksdbLog final : public rocksdb::Logger {
 public:
  RocksdbLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list args) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, args);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level == rocksdb::InfoLogLevel::HEADER_LEVEL)
      return;
    char line[kMaxLineBytes];
    if (std::vsnprintf(line, sizeof line, format, args) < 0) return;
    if (is_harmless(line)) return;
    if (level == rocksdb::InfoLogLevel::WARN_LEVEL)
      log::warning("rocksdb", "message=\"{}\"", std::string_view(line));
    else
      log::error("rocksdb", "message=\"{}\"", std::string_view(line));
  }
  void LogHeader(const char*, va_list) override {}
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_rocksdb_log() {
  return std::make_shared<RocksdbLog>();
}

}  // namespace dyad::store::embedded
