#pragma once

#include "api/dynamodb/create_table.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/table_settings.h"
#include "table/tables.h"

namespace dyad::dynamodb {

/// "Number of global secondary indexes per table", "local secondary indexes", "projected
/// attributes" in DynamoDB's quotas.
constexpr std::size_t kMaxGlobalIndexes = 20;
constexpr std::size_t kMaxLocalIndexes = 5;
constexpr std::size_t kMaxProjectedAttributes = 100;

/// The settings that a CreateTable asks for: throughput, encryption, tags. ValidationException,
/// among others for what is not served (streams, resource policies, replicas, vector indexes).
Result<TableSettings> settings_of(const model::CreateTableInput& input);

/// The global index that an UpdateTable adds, among the attributes that its request or the table
/// defines. ValidationException. Without partitions.
Result<table::IndexDescriptor> added_index_of(
    const model::CreateGlobalSecondaryIndexAction& given,
    const std::vector<model::AttributeDefinition>& definitions);

/// Its keys and indexes, in DynamoDB's order of checks. ValidationException. Without properties.
Result<table::TableSpec> schema_of(const model::CreateTableInput& input);

}  // namespace dyad::dynamodb
