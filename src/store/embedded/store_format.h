#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/random.h"
#include "runtime/files.h"
#include "store/embedded/segment_log.h"

namespace dyad::store::embedded {

/// Of everything in a store's directory together. A newer one is refused, an older one opened.
constexpr std::uint32_t kStoreFormatVersion = 1;

/// The file FORMAT, written once.
struct StoreFormat {
  std::uint32_t version = kStoreFormatVersion;
  std::uint64_t salt = 0;  ///< Of the segment log's checksums. Random: nobody outside knows it.
};
/// not_found: no store here. unsupported: made by a newer version. corruption.
Result<StoreFormat> read_store_format(Files& files, const std::string& directory);
/// The file as it is, for a copy of the store.
Result<std::string> read_format_file(Files& files, const std::string& directory);
/// Makes the file where there is none and nothing else of a store either.
Result<StoreFormat> read_or_make_store_format(Files& files, Random& random,
                                              const std::string& directory);

/// conflict: another process, or another store of this one, has the directory open.
Result<std::unique_ptr<FileLock>> lock_store(Files& files, const std::string& directory);

// The file CLEAN: where the log ended when the store was closed in good order. There only while the
// store is closed.
Result<> write_clean_mark(Files& files, const std::string& directory, const LogPosition& tail);
Result<std::optional<LogPosition>> read_clean_mark(Files& files, const std::string& directory);
/// Durable when it returns: what is written from here on is not at the mark any more.
Result<> remove_clean_mark(Files& files, const std::string& directory);

/// What a moment that is held keeps (embedded_moment.cc); the next start removes it.
std::string held_directory(const std::string& directory);
std::string log_directory(const std::string& directory);
std::string rows_directory(const std::string& directory);

}  // namespace dyad::store::embedded
