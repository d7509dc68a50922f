#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/json_codec.h"
#include "protocol/service_error.h"
#include "runtime/simulation.h"
#include "services/dynamodb/item_json_hooks.h"
#include "services/dynamodb/operations.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"

namespace dyad::dynamodb {

/// A whole service in a simulation, spoken to in JSON as a client would.
class TestService {
 public:
  explicit TestService(bool hostile, std::uint64_t seed = 1) : simulation_(seed) {
    store_ = store::make_memory_store(simulation_);
    if (hostile) store_ = store::make_hostile_store(std::move(store_), simulation_, seed);
    table::RowCodecs codecs;
    codecs.item = std::make_shared<table::ItemCodec>();
    codecs.object = std::make_shared<table::ObjectCodec>();
    tables_ = std::make_unique<table::Tables>(*store_, simulation_, codecs);
    principal_.kind = auth::Principal::Kind::root;
    principal_.account_id = "000000000000";
    principal_.arn = "arn:aws:iam::000000000000:root";
    restart();
  }
  ~TestService() { EXPECT_TRUE(simulation_.run_until(store_->close())); }

  /// The service anew, over the same tables.
  void restart() {
    handlers_.clear();
    DynamoDbOptions options;
    options.reserved_prefixes = {"reserved."};
    service_ = std::make_unique<DynamoDbService>(*tables_, options);
    for (auto& handler : dynamodb_operations(*service_)) {
      const std::string name(handler->operation().name);
      handlers_[name] = std::move(handler);
    }
  }

  /// The answer's JSON; or "Code: message", with " {members}" where the error has some.
  Task<std::string> call(std::string operation, std::string request) {
    const api::OperationHandler& handler = *handlers_.at(operation);
    auto one = handler.begin();
    const auto& described = handler.operation();
    const protocol::JsonCodec codec(hooks_.hooks(described));
    Result<> result = codec.parse(parser_, request, *described.input, one->input());
    if (!result) co_return text(result.error());
    api::RequestContext context;
    context.operation = &described;
    context.principal = &principal_;
    context.region = "us-east-1";
    context.account_id = "000000000000";
    context.clock = &simulation_.clock();
    context.deadline = deadline_ms_ > 0 ? Deadline::after_ms(simulation_.clock(), deadline_ms_)
                                        : Deadline::never();
    result = co_await one->run(context);
    if (!result) co_return text(result.error());
    std::string answer;
    codec.write(*described.output, one->output(), answer);
    co_return answer;
  }

  std::string run(std::string operation, std::string request) {
    return simulation_.run_until(call(std::move(operation), std::move(request)));
  }

  /// Of calls from now on; at first there is none.
  void set_deadline_ms(std::int64_t deadline_ms) { deadline_ms_ = deadline_ms; }

  Simulation& simulation() { return simulation_; }
  table::Tables& tables() { return *tables_; }

 private:
  static std::string text(const Error& error) {
    const protocol::ServiceError* service = protocol::as_service_error(error);
    if (service == nullptr) return "not a service error: " + error.to_string();
    std::string made = service->code + ": " + error.message;
    if (!service->json_members.empty()) made += " {" + service->json_members + "}";
    return made;
  }

  Simulation simulation_;
  std::int64_t deadline_ms_ = 0;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<table::Tables> tables_;
  std::unique_ptr<DynamoDbService> service_;
  std::map<std::string, std::unique_ptr<api::OperationHandler>> handlers_;
  auth::Principal principal_;
  ItemJsonHooks hooks_;
  protocol::JsonParser parser_;
};

/// One call and the answer it must get.
struct Step {
  const char* operation;
  std::string request;
  std::string answer;
};

/// The tests of the operations, on a store that behaves and on one that does all it may.
class OperationsTest : public ::testing::TestWithParam<bool> {
 protected:
  OperationsTest() : service_(GetParam()) {}

  std::string run(std::string operation, std::string request) {
    return service_.run(std::move(operation), std::move(request));
  }
  void expect(const std::vector<Step>& steps) {
    for (const Step& step : steps)
      EXPECT_EQ(run(step.operation, step.request), step.answer)
          << step.operation << " " << step.request;
  }
  /// All of one operation, all answered with a ValidationException.
  struct Refusal {
    std::string request;
    std::string message;
  };
  void expect_refusals(const std::string& operation, const std::vector<Refusal>& refusals) {
    for (const Refusal& refusal : refusals)
      EXPECT_EQ(run(operation, refusal.request), "ValidationException: " + refusal.message)
          << operation << " " << refusal.request;
  }
  void create(std::string request) {
    const std::string answer = run("CreateTable", std::move(request));
    EXPECT_TRUE(answer.starts_with("{\"TableDescription\"")) << answer;
  }
  /// "Hash": pk (S). "Sorted": pk (S), sk (S), with a global index "gsi" over gpk (S), gsk (N) and
  /// a local one "lsi" over lsk (S), which has keys only.
  void create_tables() {
    create(R"({"TableName":"Hash","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})");
    create(R"({"TableName":"Sorted","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},
        {"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"gpk","AttributeType":"S"},
        {"AttributeName":"gsk","AttributeType":"N"},{"AttributeName":"lsk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
      "GlobalSecondaryIndexes":[{"IndexName":"gsi","Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]},
        "KeySchema":[{"AttributeName":"gpk","KeyType":"HASH"},{"AttributeName":"gsk","KeyType":"RANGE"}]}],
      "LocalSecondaryIndexes":[{"IndexName":"lsi","Projection":{"ProjectionType":"KEYS_ONLY"},
        "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"lsk","KeyType":"RANGE"}]}]})");
  }

  TestService service_;
};

}  // namespace dyad::dynamodb
