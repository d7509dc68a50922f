#include "aims.h"

#include <fmt/format.h>

namespace dyad::bench {
namespace {

constexpr std::string_view kDyad = "dyad";
constexpr std::string_view kEngine = "engine";

class Judge {
 public:
  explicit Judge(const Results& results) : results_(results) {}

  void at_most(std::string what, std::string unit, double aim, std::optional<double> measured) {
    add({std::move(what), std::move(unit), true, aim, 0}, measured);
  }
  void at_least(std::string what, std::string unit, double aim, std::optional<double> measured) {
    add({std::move(what), std::move(unit), false, aim, 0}, measured);
  }

  std::optional<double> cpu_us(std::string_view name, std::string_view server = kDyad) const {
    return median_of(results_, name, server, "cpu_us");
  }
  std::optional<double> per_core(std::string_view name, std::string_view server = kDyad) const {
    return median_of(results_, name, server, "units_per_core_second");
  }
  std::optional<double> mb_per_s(std::string_view name) const {
    return quotient(median_of(results_, name, kDyad, "units_per_second"), 1e6);
  }
  std::optional<double> fact(std::string_view name) const { return fact_of(results_, name); }

  static std::optional<double> difference(std::optional<double> a, std::optional<double> b) {
    if (!a || !b) return std::nullopt;
    return *a - *b;
  }
  static std::optional<double> quotient(std::optional<double> a, std::optional<double> b) {
    if (!a || !b || *b <= 0) return std::nullopt;
    return *a / *b;
  }

  std::vector<Aim> take() { return std::move(aims_); }

 private:
  void add(Aim aim, std::optional<double> measured) {
    if (!measured) return;
    aim.measured = *measured;
    aims_.push_back(std::move(aim));
  }

  const Results& results_;
  std::vector<Aim> aims_;
};

void judge_items(Judge& judge) {
  const auto get = judge.per_core("GetItem");
  judge.at_most("GetItem, 1 KiB", "us CPU", 16, judge.cpu_us("GetItem"));
  for (const char* peer : {"dynalite", "dynamodb-local"})
    judge.at_least(fmt::format("GetItem against {}, a core", peer), "x", 10,
                   Judge::quotient(get, judge.per_core("GetItem", peer)));
  judge.at_least("GetItem against redis GET, a core", "x", 0.6,
                 Judge::quotient(get, judge.per_core("redis GET", "redis")));
  judge.at_most("PutItem", "us CPU", 28, judge.cpu_us("PutItem"));
  judge.at_most("PutItem with a GSI", "us CPU", 45, judge.cpu_us("PutItem+GSI"));
  judge.at_most("PutItem with a condition against without", "x", 1.1,
                Judge::quotient(judge.cpu_us("PutItem+condition"), judge.cpu_us("PutItem")));
  judge.at_most("PutItem with a stream against without", "x", 1.1,
                Judge::quotient(judge.cpu_us("PutItem+stream"), judge.cpu_us("PutItem")));
  judge.at_most("both images in the log, of a PutItem", "x", 0.1,
                Judge::quotient(Judge::difference(judge.cpu_us("engine/PutItem+images", kEngine),
                                                  judge.cpu_us("engine/PutItem", kEngine)),
                                judge.cpu_us("PutItem")));
  judge.at_least("Query, pages of 100", "items/s a core", 250'000, judge.per_core("Query"));
}

void judge_objects(Judge& judge) {
  auto put = judge.per_core("PutObject overwritten");
  if (!put) put = judge.per_core("PutObject");
  judge.at_least("PutObject, 4 KiB", "/s a core", 15'000, put);
  judge.at_least(
      "PutObject, 4 KiB, against minio, a core", "x", 5,
      Judge::quotient(judge.per_core("PutObject"), judge.per_core("PutObject", "minio")));
  judge.at_most("GetObject, 4 KiB", "us CPU", 20, judge.cpu_us("GetObject"));
  judge.at_least("GetObject, 64 MiB", "MB/s", 1500, judge.mb_per_s("GetObject 64 MiB"));
  judge.at_least(
      "PutObject, 64 MiB, against MD5", "x", 0.7,
      Judge::quotient(judge.mb_per_s("PutObject 64 MiB"), judge.fact("machine: MD5, one stream")));
  judge.at_least(
      "multipart, 8 streams, against the disk", "x", 0.7,
      Judge::quotient(judge.mb_per_s("multipart"), judge.fact("machine: disk, durable writes")));
  judge.at_least("ListObjectsV2", "keys/s a core", 300'000, judge.per_core("ListObjectsV2"));
  judge.at_least("ListObjectsV2 with a delimiter", "prefixes/s a core", 50'000,
                 judge.per_core("ListObjectsV2+delimiter"));
  judge.at_most("first page after deletes", "ms", 20,
                judge.fact("first page after deletes, 8 s later"));
}

void judge_process(Judge& judge) {
  judge.at_most("growth: p99 of reads", "x", 1.5, judge.fact("growth, reads: p99 ratio"));
  judge.at_most("growth: p99 of writes", "x", 2, judge.fact("growth, writes: p99 ratio"));
  judge.at_most("idle memory", "MiB", 40, judge.fact("idle memory, new directory"));
  judge.at_most("start after a clean stop", "ms", 100, judge.fact("start after a clean stop"));
  judge.at_most("start after kill -9", "ms", 2000, judge.fact("start after kill -9"));
  judge.at_most("stripped program", "MiB", 30, judge.fact("stripped program"));
}

}  // namespace

std::vector<Aim> held_against_aims(const Results& results) {
  Judge judge(results);
  judge_items(judge);
  judge_objects(judge);
  judge_process(judge);
  return judge.take();
}

}  // namespace dyad::bench
