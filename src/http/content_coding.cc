#include "http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "runtime/executor.h"

namespace dyad::http {
namespace {

// Windows of 32 KiB; 16 more says gzip instead of zlib's own wrapping, which HTTP calls deflate.
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = kZlibWindow + 16;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kOutputBytes = 64 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Up to the next `separator`; `rest` goes on behind it.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

/// Of "0.8", in ten-thousandths.
int weight_of(std::string_view text) {
  constexpr int kOne = 10'000;
  if (text.starts_with('-')) return 0;
  int whole = 0;
  int fraction = 0;
  int unit = kOne / 10;
  bool behind_point = false;
  for (const char c : text) {
    if (c == '.' && !behind_point) {
      behind_point = true;
    } else if (c < '0' || c > '9') {
      return kOne;
    } else if (behind_point) {
      fraction += (c - '0') * unit;
      unit /= 10;
    } else {
      whole = std::min(whole * 10 + (c - '0'), 1);
    }
  }
  return std::min(whole * kOne + fraction, kOne);
}

/// The weight that the parameters of an entry give: of the first "q".
int weight_of_parameters(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take(parameters, ';');
    const std::string_view name = take(parameter, '=');
    if (same_word(name, "q")) return weight_of(trim(parameter));
  }
  return 10'000;
}

struct Offer {
  ContentCoding coding;
  int weight = -1;  ///< -1: not named.
  int place = 0;
};

/// A zlib stream and where its output goes.
class Packer {
 public:
  Packer(ContentCoding coding, std::string& out) : out_(out) {
    const int window = coding == ContentCoding::gzip ? kGzipWindow : kZlibWindow;
    DYAD_CHECK(deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { deflateEnd(&stream_); }

  void add(std::string_view piece, bool last) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      const std::size_t had = out_.size();
      out_.resize(had + kOutputBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + had);
      stream_.avail_out = kOutputBytes;
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      out_.resize(had + kOutputBytes - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::string& out_;
};

/// Unpacks step by step, within a limit.
class Unpacker {
 public:
  Unpacker(std::string_view in, std::size_t max_bytes) : in_(in), max_bytes_(max_bytes) {
    DYAD_CHECK(inflateInit2(&stream_, kGzipWindow) == Z_OK);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in_.data()));
    stream_.avail_in = static_cast<uInt>(in_.size());
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  ~Unpacker() { inflateEnd(&stream_); }

  /// True: all is there.
  Result<bool> step() {
    // Members may be many and tell little each: room is made (and zeroed) only where it is used up.
    // One byte more than is allowed tells that there is more.
    if (used_ == out_.size()) out_.resize(used_ + std::min(kOutputBytes, max_bytes_ - used_ + 1));
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + used_);
    stream_.avail_out = static_cast<uInt>(out_.size() - used_);
    const int state = inflate(&stream_, Z_NO_FLUSH);
    used_ = out_.size() - stream_.avail_out;
    if (used_ > max_bytes_)
      return fail(ErrorCode::too_large, "a packed body is too large once it is unpacked");
    if (state == Z_STREAM_END) {
      if (!begins_member()) return true;
      DYAD_CHECK(inflateReset(&stream_) == Z_OK);
      return false;
    }
    if (state == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0)) return false;
    return fail(ErrorCode::invalid_argument, "a body is not in gzip, or is cut short");
  }

  std::string take() {
    out_.resize(used_);
    return std::move(out_);
  }

 private:
  /// Another member follows.
  bool begins_member() const {
    return stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b;
  }

  const std::string_view in_;
  const std::size_t max_bytes_;
  z_stream stream_{};
  std::string out_;
  std::size_t used_ = 0;  ///< Of `out_`.
};

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip:
      return "gzip";
    case ContentCoding::deflate:
      return "deflate";
    default:
      return {};
  }
}

ContentCoding choose_coding(std::string_view accept_encoding) {
  Offer offers[] = {{ContentCoding::gzip}, {ContentCoding::deflate}};
  std::optional<int> any_weight;
  int place = 0;
  while (!accept_encoding.empty()) {
    std::string_view entry = take(accept_encoding, ',');
    const std::string_view name = take(entry, ';');
    const int weight = weight_of_parameters(entry);
    ++place;
    if (name == "*" && !any_weight) any_weight = weight;
    for (Offer& offer : offers) {
      if (!same_word(name, name_of(offer.coding)) || weight <= offer.weight) continue;
      offer.weight = weight;
      offer.place = place;
    }
  }
  const Offer* best = nullptr;
  for (Offer& offer : offers) {
    if (offer.weight < 0 && any_weight) {
      // The star stands for what is not named, and comes after it.
      offer.weight = *any_weight;
      offer.place = place + 1;
    }
    if (offer.weight <= 0) continue;
    if (best == nullptr || offer.weight > best->weight ||
        (offer.weight == best->weight && offer.place < best->place))
      best = &offer;
  }
  return best == nullptr ? ContentCoding::identity : best->coding;
}

Task<std::string> pack(std::string_view body, ContentCoding coding) {
  std::string packed;
  Packer packer(coding, packed);
  while (body.size() > kCodingStepBytes) {
    packer.add(body.substr(0, kCodingStepBytes), false);
    body.remove_prefix(kCodingStepBytes);
    co_await resume_on(*Executor::current());
  }
  packer.add(body, true);
  co_return packed;
}

Task<Result<std::string>> unpack_gzip(std::string_view body, std::size_t max_bytes) {
  Unpacker unpacker(body, max_bytes);
  while (true) {
    DYAD_CO_TRY_ASSIGN(const bool over, unpacker.step());
    if (over) co_return unpacker.take();
    co_await resume_on(*Executor::current());
  }
}

}  // namespace dyad::http
