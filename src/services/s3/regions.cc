#include "services/s3/regions.h"

#include <algorithm>
#include <array>

#include "api/s3/enums.h"
#include "services/s3/service.h"

namespace dyad::s3 {
namespace {

using Constraint = model::BucketLocationConstraint;
constexpr std::array kLocationConstraints = {
    Constraint::kAfSouth1,     Constraint::kApEast1,      Constraint::kApEast2,
    Constraint::kApNortheast1, Constraint::kApNortheast2, Constraint::kApNortheast3,
    Constraint::kApSouth1,     Constraint::kApSouth2,     Constraint::kApSoutheast1,
    Constraint::kApSoutheast2, Constraint::kApSoutheast3, Constraint::kApSoutheast4,
    Constraint::kApSoutheast5, Constraint::kApSoutheast6, Constraint::kApSoutheast7,
    Constraint::kCaCentral1,   Constraint::kCaWest1,      Constraint::kCnNorth1,
    Constraint::kCnNorthwest1, Constraint::kEu,           Constraint::kEuCentral1,
    Constraint::kEuCentral2,   Constraint::kEuNorth1,     Constraint::kEuSouth1,
    Constraint::kEuSouth2,     Constraint::kEuWest1,      Constraint::kEuWest2,
    Constraint::kEuWest3,      Constraint::kIlCentral1,   Constraint::kMeCentral1,
    Constraint::kMeSouth1,     Constraint::kMxCentral1,   Constraint::kSaEast1,
    Constraint::kUsEast2,      Constraint::kUsGovEast1,   Constraint::kUsGovWest1,
    Constraint::kUsWest1,      Constraint::kUsWest2};

}  // namespace

bool is_location_constraint(std::string_view name) {
  return std::find(kLocationConstraints.begin(), kLocationConstraints.end(), name) !=
         kLocationConstraints.end();
}

bool is_region(std::string_view name) {
  return name == kUsEast1 || (name != Constraint::kEu && is_location_constraint(name));
}

std::string bucket_arn(std::string_view bucket) {
  return "arn:aws:s3:::" + std::string(bucket);
}

}  // namespace dyad::s3
