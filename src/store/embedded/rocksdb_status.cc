#include <rocksdb/io_status.h>

#include "store/embedded/rocksdb_files.h"

namespace dyad::store::embedded {

rocksdb::IOStatus to_io_status(const Error& error) {
  using rocksdb::IOStatus;
  switch (error.code) {
    case ErrorCode::not_found:
      return IOStatus::PathNotFound(error.message);
    case ErrorCode::corruption:
      return IOStatus::Corruption(error.message);
    case ErrorCode::no_space: {
      IOStatus status = IOStatus::NoSpace(error.message);
      status.SetRetryable(true);
      return status;
    }
    default:
      return IOStatus::IOError(error.message);
  }
}

namespace {

ErrorCode code_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return ErrorCode::no_space;
  if (status.IsPathNotFound()) return ErrorCode::not_found;
  switch (status.code()) {
    case rocksdb::Status::kNotFound:
      return ErrorCode::not_found;
    case rocksdb::Status::kCorruption:
      return ErrorCode::corruption;
    case rocksdb::Status::kNotSupported:
      return ErrorCode::unsupported;
    case rocksdb::Status::kIOError:
      return ErrorCode::io_error;
    case rocksdb::Status::kShutdownInProgress:
    case rocksdb::Status::kAborted:
      return ErrorCode::cancelled;
    case rocksdb::Status::kTimedOut:
      return ErrorCode::deadline_exceeded;
    case rocksdb::Status::kIncomplete:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kBusy:
      return ErrorCode::retry;
    default:
      return ErrorCode::internal;
  }
}

}  // namespace

Error rocksdb_error(const rocksdb::Status& status, std::string_view doing) {
  return Error(code_of(status), std::string(doing) + ": " + status.ToString());
}

}  // namespace dyad::store::embedded
