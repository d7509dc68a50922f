#include "server/data_directory.h"

#include "blob/file_blob_store.h"
#include "runtime/sync_wait.h"
#include "store/embedded/embedded_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"

namespace dyad::server {

std::string store_directory(const std::string& data_directory) {
  return data_directory + "/store";
}
std::string blob_directory(const std::string& data_directory) {
  return data_directory + "/blobs";
}
std::string root_credentials_path(const std::string& data_directory) {
  return data_directory + "/root-credentials";
}

Result<OpenData> open_data(Runtime& runtime, const std::string& data_directory,
                           store::EmbeddedOptions options) {
  DYAD_TRY(runtime.files().make_directory(data_directory));
  const std::unique_ptr<Executor> executor = runtime.make_dedicated("open");
  OpenData data;
  DYAD_TRY_ASSIGN(data.store, sync_wait(*executor, store::open_embedded_store(
                                                       runtime, store_directory(data_directory),
                                                       std::move(options))));
  // After the store, whose lock says that nobody else is at these blobs.
  Result<std::unique_ptr<blob::BlobStore>> blobs =
      blob::open_file_blob_store(runtime, blob_directory(data_directory));
  if (!blobs) {
    Error error = std::move(blobs).error();
    (void)sync_wait(*executor, data.store->close());
    return fail(std::move(error));
  }
  data.blobs = std::move(*blobs);
  return data;
}

Result<> close_data(Runtime& runtime, OpenData& data) {
  const std::unique_ptr<Executor> executor = runtime.make_dedicated("close");
  return sync_wait(*executor, data.store->close());
}

table::RowCodecs make_row_codecs() {
  table::RowCodecs codecs;
  codecs.item = std::make_shared<table::ItemCodec>();
  codecs.object = std::make_shared<table::ObjectCodec>();
  return codecs;
}

}  // namespace dyad::server
