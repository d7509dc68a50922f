#pragma once

#include <memory>
#include <vector>

#include "api/request_context.h"
#include "base/result.h"
#include "protocol/operation.h"
#include "runtime/task.h"

namespace dyad::api {

/// One request's input and output, and the way to its handler, without their types.
class Call {
 public:
  virtual ~Call() = default;
  virtual void* input() = 0;         ///< As Operation::input describes it; filled by the gateway.
  virtual const void* output() = 0;  ///< As Operation::output describes it; after run() went well.
  virtual Task<Result<>> run(RequestContext& context) = 0;
};

/// A served operation and its handler. Immutable; used by all reactors.
class OperationHandler {
 public:
  virtual ~OperationHandler() = default;
  virtual const protocol::Operation& operation() const = 0;
  virtual std::unique_ptr<Call> begin() const = 0;
  /// What a parsed request touches, each part to be authorised. False: nothing but the operation's
  /// own action on what the request addresses. Asked only where the verdict depends on it.
  virtual bool accesses(const RequestContext& context, const void* input,
                        std::vector<auth::Access>& out) const = 0;
};

/// Names what a request of one operation touches.
template <class Operation>
using AccessesOf = void (*)(const RequestContext&, const typename Operation::Input&,
                            std::vector<auth::Access>&);

/// Binds a handler, a free function in a file of its own, to its generated operation and its
/// service:
///   bind<api::s3::HeadBucket>(service, head_bucket)
/// where  Task<Result<HeadBucketOutput>> head_bucket(Service&, RequestContext&, HeadBucketInput&).
/// `service` must outlive the result; it is shared by all reactors. `accesses`: for operations that
/// touch more than their address says.
template <class Operation, class Service>
std::unique_ptr<OperationHandler> bind(Service& service,
                                       Task<Result<typename Operation::Output>> (*handler)(
                                           Service&, RequestContext&, typename Operation::Input&),
                                       AccessesOf<Operation> accesses = nullptr) {
  using Input = typename Operation::Input;
  using Output = typename Operation::Output;
  using Function = Task<Result<Output>> (*)(Service&, RequestContext&, Input&);

  class TypedCall final : public Call {
   public:
    TypedCall(Service& service, Function handler) : service_(service), handler_(handler) {}
    void* input() override { return &input_; }
    const void* output() override { return &output_; }
    Task<Result<>> run(RequestContext& context) override {
      Result<Output> output = co_await handler_(service_, context, input_);
      if (!output) co_return fail(std::move(output).error());
      output_ = std::move(*output);
      co_return Result<>();
    }

   private:
    Service& service_;
    const Function handler_;
    Input input_;
    Output output_;
  };

  class TypedHandler final : public OperationHandler {
   public:
    TypedHandler(Service& service, Function handler, AccessesOf<Operation> accesses)
        : service_(service), handler_(handler), accesses_(accesses) {}
    const protocol::Operation& operation() const override { return Operation::kOperation; }
    std::unique_ptr<Call> begin() const override {
      return std::make_unique<TypedCall>(service_, handler_);
    }
    bool accesses(const RequestContext& context, const void* input,
                  std::vector<auth::Access>& out) const override {
      if (accesses_ == nullptr) return false;
      accesses_(context, *static_cast<const Input*>(input), out);
      return true;
    }

   private:
    Service& service_;
    const Function handler_;
    const AccessesOf<Operation> accesses_;
  };

  return std::make_unique<TypedHandler>(service, handler, accesses);
}

}  // namespace dyad::api
