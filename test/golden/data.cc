#include "test/golden/data.h"

namespace dyad::proof {

store::EmbeddedOptions golden_options() {
  store::EmbeddedOptions options;
  options.segment_bytes = 64u << 10;
  options.reserve_bytes = 1u << 20;
  return options;
}

Result<server::VerifyOutcome> verify(const std::string& directory) {
  return server::verify_data_directory(directory, [](const server::VerifyStep&) {});
}

Result<std::unique_ptr<GoldenData>> GoldenData::open(const std::string& directory,
                                                     store::EmbeddedOptions options) {
  std::unique_ptr<GoldenData> data(new GoldenData());
  data->runtime_ = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  Result<server::OpenData> opened =
      server::open_data(*data->runtime_, directory, std::move(options));
  if (!opened) {
    data->closed_ = true;
    return fail(std::move(opened).error());
  }
  data->data_ = std::move(*opened);
  data->executor_ = data->runtime_->make_dedicated("golden");
  data->tables_ =
      std::make_unique<table::Tables>(data->store(), *data->runtime_, server::make_row_codecs());
  DYAD_TRY_ASSIGN(data->pending_, data->run(table::settle_pending_blobs(
                                      data->tables(), data->blobs(), Deadline::never())));
  return data;
}

Result<> GoldenData::close() {
  closed_ = true;
  tables_.reset();
  return server::close_data(*runtime_, data_);
}

GoldenData::~GoldenData() {
  if (!closed_) (void)close();
}

}  // namespace dyad::proof
