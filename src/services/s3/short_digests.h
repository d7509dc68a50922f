#pragma once

#include <cstddef>
#include <string_view>

#include "crypto/digest.h"
#include "runtime/task.h"

namespace dyad::s3 {

/// Longer bodies are hashed as they come: by then there is enough to do between two reads, and a
/// reactor's other requests do not wait for so much at once.
constexpr std::size_t kMaxShortBodyBytes = 16u << 10;

/// MD5 of a body that is here whole; `bytes` stay until the end. What comes in one turn of an
/// executor is hashed side by side at the turn's end (crypto/md5_lanes.h): eight bodies take about
/// as long as one.
Task<crypto::DigestBytes<crypto::Md5::kBytes>> short_md5(std::string_view bytes);

}  // namespace dyad::s3
