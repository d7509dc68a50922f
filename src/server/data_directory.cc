#include "server/data_directory.h"

#include "blob/file_blob_store.h"
#include "runtime/sync_wait.h"
#include "store/embedded/embedded_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"

namespace dyad::server {
namespace {

std::string parent_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string store_directory(const std::string& data_directory) {
  return data_directory + "/store";
}
std::string blob_directory(const std::string& data_directory) {
  return data_directory + "/blobs";
}
std::string root_credentials_path(const std::string& data_directory) {
  return data_directory + "/root-credentials";
}

Task<Result<OpenData>> open_data_here(Runtime& runtime, std::string data_directory,
                                      store::EmbeddedOptions options) {
  DYAD_CO_TRY(runtime.files().make_directory(data_directory));
  // All that is in a new directory is only as durable as its name.
  DYAD_CO_TRY(runtime.files().sync_directory(parent_of(data_directory)));
  OpenData data;
  data.space = DiskSpace::watch(runtime, data_directory, options.reserve_bytes);
  options.space = data.space;
  DYAD_CO_TRY_ASSIGN(data.store, co_await store::open_embedded_store(
                                     runtime, store_directory(data_directory), std::move(options)));
  // After the store, whose lock says that nobody else is at these blobs.
  Result<std::unique_ptr<blob::BlobStore>> blobs =
      blob::open_file_blob_store(runtime, blob_directory(data_directory), data.space);
  if (!blobs) {
    (void)co_await data.store->close();
    co_return fail(std::move(blobs).error());
  }
  data.blobs = std::move(*blobs);
  co_return data;
}

Result<OpenData> open_data(Runtime& runtime, const std::string& data_directory,
                           store::EmbeddedOptions options) {
  const std::unique_ptr<Executor> executor = runtime.make_dedicated("open");
  return sync_wait(*executor, open_data_here(runtime, data_directory, std::move(options)));
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
