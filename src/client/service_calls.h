#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "client/aws_client.h"

namespace dyad::client {

// Each is one signed request. Errors: as AwsClient::send(), refusal_error(), and `corruption` for
// an answer that is none of that service's.

struct CallerIdentity {
  std::string account_id;
  std::string arn;
};
/// STS GetCallerIdentity, which every signed caller may ask: proves endpoint, region and
/// credentials at once.
Task<Result<CallerIdentity>> get_caller_identity(AwsClient& client);

struct NamePage {
  std::vector<std::string> names;
  bool more = false;  ///< There are others.
};
/// The first names. S3 ListBuckets: at most `limit`, 1 to 10,000.
Task<Result<NamePage>> list_buckets(AwsClient& client, int limit);
/// DynamoDB ListTables behind `after`: at most `limit`, 1 to 100.
Task<Result<NamePage>> list_tables(AwsClient& client, int limit, std::string after);

}  // namespace dyad::client
