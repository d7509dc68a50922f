#include "backup/file_hash.h"

#include <xxhash.h>

#include "base/check.h"

namespace dyad::backup {

struct FileHash::State {
  XXH3_state_t* xxh = nullptr;
};

FileHash::FileHash() : state_(std::make_unique<State>()) {
  state_->xxh = XXH3_createState();
  DYAD_CHECK(state_->xxh != nullptr && XXH3_64bits_reset(state_->xxh) == XXH_OK);
}
FileHash::~FileHash() {
  (void)XXH3_freeState(state_->xxh);
}
void FileHash::update(std::string_view bytes) {
  DYAD_CHECK(XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size()) == XXH_OK);
}
std::uint64_t FileHash::value() const {
  return XXH3_64bits_digest(state_->xxh);
}

}  // namespace dyad::backup
