#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/disk_space.h"
#include "runtime/runtime.h"
#include "runtime/task.h"
#include "store/embedded/embedded_options.h"
#include "store/store.h"
#include "table/row_codec.h"

namespace dyad::server {

// One data directory, no configuration:
//   store/             rows and the log (store/embedded)
//   blobs/             bytes of larger objects (blob)
//   root-credentials   the root pair, where no environment gave one (auth/credentials.h)
//   tls-*.pem          a certificate that signs itself and its key (server/own_certificate.h)
//   server.json        where its server listens, while one does (server/announcement.h)

std::string store_directory(const std::string& data_directory);
std::string blob_directory(const std::string& data_directory);
std::string root_credentials_path(const std::string& data_directory);

/// Store and blobs of a data directory, open. Both outlived by the runtime.
struct OpenData {
  std::shared_ptr<DiskSpace> space;  ///< Of the directory's file system, for both.
  std::unique_ptr<store::Store> store;
  std::unique_ptr<blob::BlobStore> blobs;
};

/// Makes what is missing. Locks the directory until the store is closed. Blocks; from a plain
/// thread.
Result<OpenData> open_data(Runtime& runtime, const std::string& data_directory,
                           store::EmbeddedOptions options);
/// The same from a coroutine, whose executor it blocks.
Task<Result<OpenData>> open_data_here(Runtime& runtime, std::string data_directory,
                                      store::EmbeddedOptions options);

/// Finishes the store and makes the next start quick. Blocks; from a plain thread.
Result<> close_data(Runtime& runtime, OpenData& data);

table::RowCodecs make_row_codecs();

}  // namespace dyad::server
