#include "protocol/shape.h"

namespace dyad::protocol {

constinit const Shape kStringShape = {
    .kind = Kind::string, .name = "String", .ops = &kTypeOps<std::string>};
constinit const Shape kBlobShape = {
    .kind = Kind::blob, .name = "Blob", .ops = &kTypeOps<std::string>};
constinit const Shape kBooleanShape = {
    .kind = Kind::boolean, .name = "Boolean", .ops = &kTypeOps<bool>};
constinit const Shape kIntegerShape = {
    .kind = Kind::integer, .name = "Integer", .ops = &kTypeOps<std::int32_t>};
constinit const Shape kLongShape = {
    .kind = Kind::long_, .name = "Long", .ops = &kTypeOps<std::int64_t>};
constinit const Shape kFloat64Shape = {
    .kind = Kind::float64, .name = "Double", .ops = &kTypeOps<double>};
constinit const Shape kTimestampShape = {
    .kind = Kind::timestamp, .name = "Timestamp", .ops = &kTypeOps<UtcMs>};

}  // namespace dyad::protocol
