// Prints what an item of about 1 KiB costs between JSON and stored bytes, best of several runs.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "services/dynamodb/attribute_value_json.h"

namespace {

using namespace dyad;

constexpr int kRounds = 50000;
constexpr int kRuns = 8;

template <class Work>
double best_ns(Work work) {
  double best = 1e18;
  for (int run = 0; run < kRuns; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) work();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
    best = std::min(best, spent.count() / kRounds);
  }
  return best;
}

std::string sample() {
  std::string json = R"({"pk":{"S":"user#0001234567"},"sk":{"N":"1718000000123"})";
  for (int i = 0; i < 8; ++i)
    json += R"(,"attribute)" + std::to_string(i * 37 % 10) + R"(":{"S":")" + std::string(84, 'v') +
            R"("})";
  return json + R"(,"count":{"N":"42"},"tags":{"SS":["red","green","blue"]},"flag":{"BOOL":true},)"
                R"("map":{"M":{"x":{"N":"1.5"},"y":{"N":"-2"}}}})";
}

}  // namespace

int main() {
  const std::string json = sample();
  const simdjson::padded_string padded(json);
  simdjson::dom::parser parser;
  table::ValueWriter writer;
  std::size_t sink = 0;
  const double parse = best_ns([&] { sink += parser.parse(padded).value().is_object(); });
  const simdjson::dom::element root = parser.parse(padded).value();
  const auto stored = dynamodb::read_item(root, writer);
  if (!stored) {
    std::fprintf(stderr, "%s\n", stored.error().message.c_str());
    return 1;
  }
  const double read = best_ns([&] { sink += dynamodb::read_item(root, writer)->encoded().size(); });
  std::string out;
  const double write = best_ns([&] {
    out.clear();
    dynamodb::append_item(out, stored->view());
  });
  const double find = best_ns([&] { sink += stored->view().find("count")->encoded().size(); });
  const double size = best_ns([&] { sink += table::dynamodb_size_bytes(stored->view()); });
  const double valid = best_ns([&] { sink += table::validate_item(stored->encoded()) ? 1 : 0; });
  std::printf(
      "json %zu bytes, stored %zu bytes: parse %.0f ns, read %.0f ns, write %.0f ns, find %.1f ns, "
      "size %.0f ns, validate %.0f ns (checksum %zu)\n",
      json.size(), stored->encoded().size(), parse, read, write, find, size, valid, sink);
  return 0;
}
