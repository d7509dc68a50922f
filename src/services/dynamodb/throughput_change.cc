#include "services/dynamodb/throughput_change.h"

#include <algorithm>

#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

constexpr std::int64_t kNoLimit = -1;

std::unexpected<Error> invalid(std::string what) {
  return fail(validation("One or more parameter values were invalid: " + std::move(what)));
}

/// These two sentences write an index in another way than the others: "index : NAME".
std::string with_colon(const std::string& of) {
  constexpr std::string_view kIndex = "index ";
  return of.starts_with(kIndex) ? "index : " + of.substr(kIndex.size()) : of;
}

}  // namespace

bool same(const Throughput& one, const Throughput& other) {
  return one.read == other.read && one.write == other.write;
}

Error will_not_change(const std::string& of, const Throughput& throughput) {
  const std::string read = std::to_string(throughput.read);
  const std::string write = std::to_string(throughput.write);
  const std::string kind = of.substr(0, of.find(' '));
  return validation(
      "The provisioned throughput for the " + of +
      " will not change. The requested value equals the current value. Current ReadCapacityUnits "
      "provisioned for the " +
      kind + ": " + read + ". Requested ReadCapacityUnits: " + read +
      ". Current WriteCapacityUnits provisioned for the " + kind + ": " + write +
      ". Requested WriteCapacityUnits: " + write +
      ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
      "limits.");
}

void keep_warm(std::optional<Throughput>& warm, const Throughput& former, const Throughput& next,
               bool was_on_demand) {
  const Throughput told = told_warm(warm, former, was_on_demand);
  if (!warm && told.read <= next.read && told.write <= next.write) return;
  warm = Throughput{std::max(told.read, next.read), std::max(told.write, next.write)};
}

void keep_warm_on_demand(std::optional<Throughput>& warm, const Throughput& former) {
  const Throughput told = told_warm(warm, former, false);
  const Throughput least = told_warm(std::nullopt, former, true);
  warm.reset();
  if (told.read > least.read || told.write > least.write)
    warm = Throughput{std::max(told.read, least.read), std::max(told.write, least.write)};
}

Result<> change_limits(std::optional<Throughput>& limits, const model::OnDemandThroughput& given,
                       bool on_demand, const std::string& of) {
  Throughput next = limits.value_or(Throughput{kNoLimit, kNoLimit});
  const auto take = [&](const std::optional<std::int64_t>& units, const char* name,
                        std::int64_t& into) -> Result<> {
    if (!units) return {};
    if (!on_demand)
      return invalid(std::string(name) + " for OnDemandThroughput" +
                     (of == "table" ? "" : " for " + with_colon(of)) +
                     " cannot be specified when the table BillingMode is PROVISIONED");
    if (*units < 1 && *units != kNoLimit)
      return invalid("Requested " + std::string(name) + " for OnDemandThroughput for " +
                     with_colon(of) + " is outside of valid range");
    into = *units;
    return {};
  };
  DYAD_TRY(take(given.max_read_request_units, "MaxReadRequestUnits", next.read));
  DYAD_TRY(take(given.max_write_request_units, "MaxWriteRequestUnits", next.write));
  limits = next;
  return {};
}

Result<> raise_warm(std::optional<Throughput>& warm, const model::WarmThroughput& given,
                    const Throughput& provisioned, bool on_demand, const std::string& of) {
  Throughput next = told_warm(warm, provisioned, on_demand);
  const auto take = [&](const std::optional<std::int64_t>& units, const char* name,
                        std::int64_t& into) -> Result<> {
    if (!units) return {};
    if (*units < into)
      return invalid("Requested " + std::string(name) + " for WarmThroughput for " + of +
                     " is lower than current WarmThroughput, decreasing WarmThroughput is not "
                     "supported");
    into = *units;
    return {};
  };
  DYAD_TRY(take(given.read_units_per_second, "ReadUnitsPerSecond", next.read));
  DYAD_TRY(take(given.write_units_per_second, "WriteUnitsPerSecond", next.write));
  warm = next;
  return {};
}

}  // namespace dyad::dynamodb
