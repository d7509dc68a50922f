#include "store/embedded/erased_rows.h"

namespace dyad::store::embedded {
namespace {

constexpr std::uint64_t kWindowEntries = 1000;
constexpr std::uint64_t kErasedOfWindow = 500;

class ErasedRowsFilter final : public rocksdb::CompactionFilter {
 public:
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    return value.empty();
  }
  const char* Name() const override { return "dyad.erased_rows"; }
};

class ErasedRowsCollector final : public rocksdb::TablePropertiesCollector {
 public:
  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice& value,
                             rocksdb::EntryType type, rocksdb::SequenceNumber,
                             std::uint64_t) override {
    const bool erased = type == rocksdb::kEntryDelete || type == rocksdb::kEntrySingleDelete ||
                        (type == rocksdb::kEntryPut && value.empty());
    erased_ += erased ? 1 : 0;
    if (erased_ >= kErasedOfWindow) need_compact_ = true;
    if (++entries_ == kWindowEntries) entries_ = erased_ = 0;
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties*) override {
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  const char* Name() const override { return "dyad.erased_rows"; }
  bool NeedCompact() const override { return need_compact_; }

 private:
  std::uint64_t entries_ = 0;
  std::uint64_t erased_ = 0;
  bool need_compact_ = false;
};

class ErasedRowsCollectorFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context) override {
    return new ErasedRowsCollector;  // RocksDB owns it.
  }
  const char* Name() const override { return "dyad.erased_rows"; }
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> make_erased_rows_filter() {
  return std::make_unique<ErasedRowsFilter>();
}
std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> make_erased_rows_collector() {
  return std::make_shared<ErasedRowsCollectorFactory>();
}

}  // namespace dyad::store::embedded
