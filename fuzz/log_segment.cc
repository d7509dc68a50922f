// A log directory as a disk may give it back: the input says what lies in up to three segment files
// and in the manifest. Most records carry right checksums, or nothing behind these would ever be
// reached. The log opens or says what is damaged; one that opened closes, opens again and holds the
// same.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "fuzz/fuzz_input.h"
#include "runtime/sim_files.h"
#include "store/embedded/segment_log.h"
#include "store/embedded/store_format.h"

namespace dyad::fuzz {
namespace {

using namespace store;
using namespace store::embedded;

constexpr std::uint64_t kSalt = 77;
constexpr std::uint64_t kSegmentBytes = 8 * kBlockBytes;
constexpr std::size_t kMaxSegments = 3;
constexpr std::uint64_t kPartitions = 4;
const std::string kDirectory = "/log";

/// What a record of an honest log would say next.
struct Next {
  std::uint64_t sequence = 1;
  std::uint64_t timestamp = 1;
};

/// Puts one image together: blocks from the start on, a footer at the end.
class SegmentImage {
 public:
  SegmentImage(std::uint64_t id, Next& next) : id_(id), next_(next) {}

  std::string make(Input& input) {
    while (!input.rest().empty() && bytes_.size() < kSegmentBytes) {
      switch (input.choice(5)) {
        case 0:
          append_record(input);
          break;
        case 1:
          append_batch(input);
          break;
        case 2:
          bytes_.append(input.take(input.le16() % 512));
          pad();
          break;
        case 3:
          return sealed(input);
        default:
          return whole();
      }
    }
    return whole();
  }

 private:
  void pad() { bytes_.resize(round_up_to_block(bytes_.size())); }
  std::string whole() {
    bytes_.resize(std::max<std::size_t>(bytes_.size(), kSegmentBytes));
    return std::move(bytes_);
  }

  RecordHeader next_header(Input& input) {
    RecordHeader header;
    // Zero is what an honest log says; other bytes are off by so much.
    header.segment = id_ + input.byte() % 3;
    header.sequence = next_.sequence + input.byte() % 4;
    header.first = Timestamp(next_.timestamp + input.byte() % 8);
    header.last = Timestamp(header.first.value() + input.byte() % 8);
    header.transactions = 1;
    next_.sequence = header.sequence + 1;
    next_.timestamp = header.last.value() + 1;
    return header;
  }

  void append_headed(RecordHeader header, std::string_view payload, std::uint8_t faults) {
    header.payload_bytes = static_cast<std::uint32_t>(payload.size());
    if (faults & 1) header.payload_bytes ^= 0x10001;
    header.payload_checksum = checksum(payload, kSalt);
    if (faults & 2) header.payload_checksum ^= 1;
    char head[kRecordHeaderBytes];
    encode_header(header, kSalt, head);
    if (faults & 4) store_le<std::uint16_t>(head + 4, faults);  // Another version.
    if (faults & 8) store_le<std::uint16_t>(head + 6, faults);  // Another kind.
    if (faults & 12) store_le(head + 56, checksum({head, 56}, kSalt));
    bytes_.append(head, sizeof head).append(payload);
    pad();
  }

  /// A record of any bytes.
  void append_record(Input& input) {
    const std::uint8_t faults = input.byte();
    const RecordHeader header = next_header(input);
    append_headed(header, input.take(input.le16() % 2048), faults);
  }

  /// A batch that is one, of a few operations.
  void append_batch(Input& input) {
    const RecordHeader header = next_header(input);
    std::string payload;
    append_u8(payload, static_cast<std::uint8_t>(OpTag::transaction));
    append_le64(payload, header.first.value());
    for (std::uint8_t operations = input.byte() % 4; operations > 0; --operations) {
      const std::uint8_t tag = input.byte() % 4 + 1;
      append_u8(payload, tag);
      if (tag == static_cast<std::uint8_t>(OpTag::transaction)) {
        append_le64(payload, header.first.value() + input.byte());
        continue;
      }
      const auto partition = static_cast<std::uint8_t>(input.byte() % kPartitions + 1);
      if (tag == static_cast<std::uint8_t>(OpTag::entry)) append_u8(payload, partition);
      if (tag == static_cast<std::uint8_t>(OpTag::put)) append_prefixed(payload, "key");
      append_prefixed(payload, input.take(input.byte()));
    }
    append_headed(header, payload, 0);
  }

  /// Footer and trailer, of an index that decodes from the input.
  std::string sealed(Input& input) {
    RecordHeader header = next_header(input);
    Footer footer;
    footer.data_end = bytes_.size() + input.byte() * std::uint64_t{kBlockBytes} % kSegmentBytes;
    footer.first_sequence = input.byte();
    const std::uint8_t faults = input.byte();
    const auto index = SegmentIndex::decode(input.take(input.byte()));
    if (index) footer.index = *index;
    const AlignedBuffer record =
        encode_footer(footer, header, kSalt, std::max(kSegmentBytes, bytes_.size() + kBlockBytes));
    bytes_.resize(std::max<std::size_t>(kSegmentBytes - record.size(), bytes_.size()));
    bytes_.append(record.view());
    if (faults & 1) {  // A trailer that points elsewhere.
      char* trailer = bytes_.data() + bytes_.size() - kTrailerBytes;
      const std::uint64_t elsewhere = faults & 2 ? ~std::uint64_t{0} : input.le16() * kBlockBytes;
      store_le(trailer, elsewhere - (faults >> 4) * kBlockBytes);
      store_le(trailer + 24, checksum({trailer, 24}, kSalt));
    }
    return std::move(bytes_);
  }

  const std::uint64_t id_;
  Next& next_;
  std::string bytes_;
};

void put_file(Files& files, const std::string& name, std::string_view bytes) {
  auto file = files.open_append(kDirectory + "/" + name, Files::Create::must_be_new);
  DYAD_CHECK(file.has_value() && (*file)->append(bytes).has_value() && (*file)->sync().has_value());
}

struct Opened {
  std::unique_ptr<SegmentLog> log;
  std::vector<std::pair<std::uint64_t, std::string>> batches;
};

Result<Opened> open_log(Files& files, const LogPosition& applied) {
  Opened opened;
  SegmentLogOptions options;
  options.directory = kDirectory;
  options.segment_bytes = kSegmentBytes;
  options.salt = kSalt;
  const SegmentLog::Replay replay = [&](const RecordHeader& header, std::string_view payload,
                                        const LogPosition&) -> Result<> {
    opened.batches.emplace_back(header.sequence, payload);
    BatchVisitor visitor;
    visitor.on_put = [](std::string_view key, std::string_view) -> Result<> {
      DYAD_CHECK(key.data() != nullptr);
      return {};
    };
    return visit_batch(payload, visitor);
  };
  DYAD_TRY_ASSIGN(opened.log, SegmentLog::open(files, options, applied, std::nullopt, replay));
  return opened;
}

void expect_damage(const Error& error) {
  DYAD_CHECK(error.code == ErrorCode::corruption || error.code == ErrorCode::unsupported);
  DYAD_CHECK(error.message.find(kDirectory) != std::string::npos ||
             error.message.find("batch") != std::string::npos);
}

void read_all(const SegmentLog& log) {
  LogLimits limits;
  for (std::uint64_t id = 1; id <= kPartitions; ++id) {
    const Result<LogEntries> entries =
        log.read(PartitionId(id), Timestamp(0), Timestamp(UINT64_MAX), limits);
    if (!entries) expect_damage(entries.error());
  }
}

void go_on(Files& files, Opened opened, const LogPosition& applied) {
  read_all(*opened.log);
  const LogPosition tail = opened.log->tail();
  // Nothing comes behind the last that can be counted.
  if (tail.timestamp == Timestamp(UINT64_MAX) || tail.sequence == UINT64_MAX) return;
  BatchBuilder batch;
  batch.begin_transaction(Timestamp(tail.timestamp.value() + 1));
  batch.put("key", "value");
  batch.entry(PartitionId(1), "entry");
  const Result<LogPosition> appended = opened.log->append(batch);
  DYAD_CHECK(appended.has_value());
  const auto retired =
      opened.log->retire(opened.log->tail(), [](PartitionId) { return Timestamp(0); });
  if (!retired) return expect_damage(retired.error());
  if (!opened.log->close()) return;
  opened.log.reset();
  const Result<Opened> again = open_log(files, applied);
  if (!again) return expect_damage(again.error());
  DYAD_CHECK(again->log->tail().sequence >= appended->sequence);
  DYAD_CHECK(again->batches.size() <= opened.batches.size() + 1);
  // All that is applied may have been let go; what is still replayed is what it was.
  for (const auto& batch : again->batches)
    DYAD_CHECK(batch.first > tail.sequence || std::ranges::count(opened.batches, batch) == 1);
}

}  // namespace

void check(Input input) {
  SimFiles files(SimFiles::Options{});
  DYAD_CHECK(files.make_directory(kDirectory).has_value());
  const std::size_t segments = input.choice(kMaxSegments) + 1;
  const std::size_t manifest = input.choice(4);
  LogPosition applied;
  if (input.choice(3) == 2) {
    applied.segment = input.byte() % (kMaxSegments + 1);
    applied.offset = input.byte() * std::uint64_t{kBlockBytes};
    applied.sequence = input.byte();
    applied.timestamp = Timestamp(input.byte());
  }
  if (manifest == 0) {
    put_file(files, kLogManifestName, encode_log_manifest({}));
  } else if (manifest == 1) {
    LogManifest odd;
    odd.chain_from = input.byte() % 4;
    if (const std::uint8_t id = input.byte() % 4) odd.segments.insert(id);
    put_file(files, kLogManifestName, encode_log_manifest(odd));
  } else if (manifest == 2) {
    std::string body("DYADSEG1");
    body.append(input.take(input.byte()));
    append_le64(body, checksum(body, 0));
    put_file(files, kLogManifestName, body);
  }
  Next next;
  for (std::uint64_t id = 1; id <= segments; ++id)
    put_file(files, segment_file_name(id), SegmentImage(id, next).make(input));
  Result<Opened> opened = open_log(files, applied);
  if (!opened) return expect_damage(opened.error());
  go_on(files, *std::move(opened), applied);
}

}  // namespace dyad::fuzz
