#include "services/dynamodb/operations.h"
#include "services/dynamodb/read_page.h"
#include "services/dynamodb/service_errors.h"
#include "table/key_range.h"

namespace dyad::dynamodb {
namespace {

constexpr std::string_view kInvalidStart = "The provided starting key is invalid";

/// The start lies in the segment that is read.
Result<> check_segment(const table::ScanSpec& spec, const table::IndexDescriptor* index) {
  DYAD_TRY_ASSIGN(const table::KeyRange range,
                  table::segment_range(*spec.table, index, spec.segment, spec.segments));
  if (*spec.start >= range.begin && (range.end.empty() || *spec.start < range.end)) return {};
  return fail(validation(std::string(kInvalidStart) +
                         ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
                         "Segment. TotalSegments: " +
                         std::to_string(spec.segments) +
                         " Segment: " + std::to_string(spec.segment)));
}

Result<table::ScanSpec> make_spec(const model::ScanInput& input, const ReadSource& source) {
  table::ScanSpec spec;
  spec.table = source.table;
  spec.index = source.index_name();
  if (input.segment) {
    spec.segment = static_cast<std::uint32_t>(*input.segment);
    spec.segments = static_cast<std::uint32_t>(*input.total_segments);
  }
  spec.limits = page_limits(input);
  if (!input.exclusive_start_key) return spec;
  std::string mismatch(kInvalidStart);
  if (source.index == nullptr) mismatch += ": The provided key element does not match the schema";
  DYAD_TRY_ASSIGN(spec.start, start_position(source, input.exclusive_start_key->view(), mismatch));
  if (spec.segments > 1) DYAD_TRY(check_segment(spec, source.index));
  return spec;
}

}  // namespace

Task<Result<model::ScanOutput>> scan(DynamoDbService& service, api::RequestContext& context,
                                     model::ScanInput& input) {
  DYAD_CO_TRY_ASSIGN(const ReadExpressions read, check_read_request(input));
  const bool consistent = input.consistent_read.value_or(false);
  DYAD_CO_TRY_ASSIGN(
      const ReadSource source,
      co_await find_source(service, context, input.table_name, input.index_name, consistent));
  DYAD_CO_TRY_ASSIGN(table::ScanSpec spec, make_spec(input, source));
  DYAD_CO_TRY(check_read_expressions(source, read, false, "Filter Expression"));

  auto rows = co_await service.tables().scan(std::move(spec), context.deadline);
  if (!rows) co_return fail(translate(std::move(rows).error()));
  DYAD_CO_TRY_ASSIGN(ReadPage page, co_await answer_page(service, context, source, read,
                                                         std::move(*rows), consistent));
  co_return output_of<model::ScanOutput>(input, source, std::move(page));
}

}  // namespace dyad::dynamodb
