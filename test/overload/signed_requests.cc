#include "test/overload/signed_requests.h"

#include <fmt/format.h>

#include "crypto/digest.h"
#include "crypto/sigv4_signer.h"
#include "http/message.h"
#include "runtime/system_clock.h"
#include "test/support/server_process.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kFillerBytes = 200;

class Signer {
 public:
  Signer(const std::string& address, const std::string& table) : address_(address), table_(table) {}

  WireRequest write(std::uint32_t group) {
    std::string actions;
    for (std::uint32_t i = 0; i < kGroupItems; ++i) {
      if (i > 0) actions += ',';
      actions += fmt::format(
          R"({{"Put":{{"TableName":"{}","Item":{{"k":{{"S":"{}-{}"}},"v":{{"S":"{}"}}}}}}}})",
          table_, group, i, std::string(kFillerBytes, 'x'));
    }
    return request("TransactWriteItems", fmt::format(R"({{"TransactItems":[{}]}})", actions), group,
                   true);
  }
  WireRequest read(std::uint32_t group) {
    std::string keys;
    for (std::uint32_t i = 0; i < kGroupItems; ++i) {
      if (i > 0) keys += ',';
      keys += fmt::format(R"({{"k":{{"S":"{}-{}"}}}})", group, i);
    }
    return request("BatchGetItem",
                   fmt::format(R"({{"RequestItems":{{"{}":{{"Keys":[{}],)"
                               R"("ProjectionExpression":"k"}}}}}})",
                               table_, keys),
                   group, false);
  }

 private:
  WireRequest request(std::string_view operation, const std::string& json, std::uint32_t group,
                      bool writes) {
    const std::string target = "DynamoDB_20120810." + std::string(operation);
    const std::vector<http::Header> headers = {{"host", address_},
                                               {"content-type", "application/x-amz-json-1.0"},
                                               {"x-amz-target", target}};
    crypto::RequestView view;
    view.method = "POST";
    view.path = "/";
    view.headers = headers;
    const auto hash = crypto::sha256_hex(json);
    const auto made =
        signer_.sign(view, std::string_view(hash.data(), hash.size()), SystemClock().wall_ms());
    std::string head = "POST / HTTP/1.1\r\n";
    for (const http::Header& each : headers)
      head += fmt::format("{}: {}\r\n", each.name, each.value);
    for (const auto& each : made.headers) head += fmt::format("{}: {}\r\n", each.name, each.value);
    head += fmt::format("content-length: {}\r\n\r\n", json.size());
    return {head + json, group, writes};
  }

  const std::string address_;
  const std::string table_;
  crypto::Sigv4Signer signer_{
      {kAccessKeyId, kSecretAccessKey, {}}, crypto::SignatureStyle::other, "us-east-1", "dynamodb"};
};

}  // namespace

std::vector<WireRequest> writes_and_reads(const std::string& address, const std::string& table,
                                          std::uint32_t groups) {
  Signer signer(address, table);
  std::vector<WireRequest> requests;
  for (std::uint32_t group = 0; group < groups; ++group) {
    requests.push_back(signer.write(group));
    requests.push_back(signer.read(group));
  }
  return requests;
}

std::vector<WireRequest> reads_of(const std::string& address, const std::string& table,
                                  const std::vector<bool>& chosen) {
  Signer signer(address, table);
  std::vector<WireRequest> requests;
  for (std::uint32_t group = 0; group < chosen.size(); ++group)
    if (chosen[group]) requests.push_back(signer.read(group));
  return requests;
}

}  // namespace dyad::proof
