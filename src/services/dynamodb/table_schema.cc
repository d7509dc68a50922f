#include "services/dynamodb/table_schema.h"

#include <algorithm>
#include <set>

#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using table::IndexDescriptor;
using Definitions = std::vector<model::AttributeDefinition>;
using Elements = std::vector<model::KeySchemaElement>;

std::unexpected<Error> refuse(std::string message) {
  return fail(validation(std::move(message)));
}
std::unexpected<Error> invalid(std::string what) {
  return refuse("One or more parameter values were invalid: " + std::move(what));
}

const model::AttributeDefinition* find_definition(const Definitions& definitions,
                                                  std::string_view name) {
  const auto found =
      std::ranges::find(definitions, name, &model::AttributeDefinition::attribute_name);
  return found == definitions.end() ? nullptr : &*found;
}

template <class Entries, class Name>
std::string join(const Entries& entries, Name name) {
  std::string text;
  for (const auto& entry : entries) {
    if (!text.empty()) text += ", ";
    text += entry.*name;
  }
  return text;
}

table::Type type_of(std::string_view name) {
  if (name == "N") return table::Type::number;
  return name == "B" ? table::Type::binary : table::Type::string;
}

table::KeyAttribute attribute_of(const Definitions& definitions, const std::string& name) {
  table::KeyAttribute attribute;
  attribute.name = name;
  attribute.type = type_of(find_definition(definitions, name)->attribute_type);
  return attribute;
}

Result<> check_defined(const Elements& elements, const Definitions& definitions) {
  for (const model::KeySchemaElement& element : elements) {
    if (find_definition(definitions, element.attribute_name) != nullptr) continue;
    return invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [" +
                   join(elements, &model::KeySchemaElement::attribute_name) +
                   "], AttributeDefinitions: [" +
                   join(definitions, &model::AttributeDefinition::attribute_name) + "]");
  }
  return {};
}

/// The model allows one element or two.
Result<table::KeySchema> keys_of(const Elements& elements, const Definitions& definitions) {
  DYAD_TRY(check_defined(elements, definitions));
  if (elements.size() > 1 && elements[0].attribute_name == elements[1].attribute_name)
    return refuse(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (elements[0].key_type != "HASH")
    return refuse("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (elements.size() > 1 && elements[1].key_type != "RANGE")
    return refuse("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  table::KeySchema keys;
  keys.hash = attribute_of(definitions, elements[0].attribute_name);
  if (elements.size() > 1) keys.range = attribute_of(definitions, elements[1].attribute_name);
  return keys;
}

Result<table::Projection> projection_of(const model::Projection& given) {
  if (!given.projection_type) return invalid("Unknown ProjectionType: null");
  const std::string& type = *given.projection_type;
  table::Projection made;
  if (type == "INCLUDE") {
    if (!given.non_key_attributes)
      return invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    made.kind = table::Projection::Kind::include;
    made.include = *given.non_key_attributes;
    return made;
  }
  if (given.non_key_attributes)
    return invalid("ProjectionType is " + type + ", but NonKeyAttributes is specified");
  made.kind = type == "ALL" ? table::Projection::Kind::all : table::Projection::Kind::keys_only;
  return made;
}

/// Indexes as they gather, with the checks that look at all of them.
class IndexList {
 public:
  IndexList(const Definitions& definitions, table::TableSpec& spec)
      : definitions_(definitions), spec_(spec) {}

  Result<> add_local(const std::vector<model::LocalSecondaryIndex>& given) {
    if (given.empty()) return invalid("List of LocalSecondaryIndexes is empty");
    if (!spec_.keys.range)
      return invalid(
          "Table KeySchema does not have a range key, which is required when specifying a "
          "LocalSecondaryIndex");
    for (const auto& index : given) {
      DYAD_TRY_ASSIGN(table::KeySchema keys, keys_of(index.key_schema, definitions_));
      if (!keys.range)
        return invalid("Index KeySchema does not have a range key for index: " + index.index_name);
      if (keys.hash.name != spec_.keys.hash.name)
        return invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for "
            "index: " +
            index.index_name + ". index hash key: " + keys.hash.name +
            ", table hash key: " + spec_.keys.hash.name);
      DYAD_TRY(
          add(index.index_name, IndexDescriptor::Kind::local, std::move(keys), index.projection));
    }
    if (given.size() > kMaxLocalIndexes)
      return invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    return {};
  }

  Result<> add_global(const std::vector<model::GlobalSecondaryIndex>& given) {
    if (given.empty()) return invalid("List of GlobalSecondaryIndexes is empty");
    for (const auto& index : given) {
      DYAD_TRY_ASSIGN(table::KeySchema keys, keys_of(index.key_schema, definitions_));
      DYAD_TRY(
          add(index.index_name, IndexDescriptor::Kind::global, std::move(keys), index.projection));
    }
    if (given.size() > kMaxGlobalIndexes)
      return invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20");
    return {};
  }

 private:
  Result<> add(const std::string& name, IndexDescriptor::Kind kind, table::KeySchema keys,
               const model::Projection& projection) {
    IndexDescriptor made;
    made.name = name;
    made.kind = kind;
    made.keys = std::move(keys);
    DYAD_TRY_ASSIGN(made.projection, projection_of(projection));
    if (!names_.insert(name).second) return invalid("Duplicate index name: " + name);
    projected_ += made.projection.include.size();
    if (projected_ > kMaxProjectedAttributes)
      return invalid("Number of NonKeyAttributes exceeds per-table limit of 100");
    spec_.indexes.push_back(std::move(made));
    return {};
  }

  const Definitions& definitions_;
  table::TableSpec& spec_;
  std::set<std::string> names_;
  std::size_t projected_ = 0;
};

/// Each definition is there for a key, and there is one of each name.
Result<> check_all_used(const Definitions& definitions, const table::TableSpec& spec) {
  std::set<std::string_view> names;
  for (const auto& definition : definitions) {
    if (!names.insert(definition.attribute_name).second)
      return invalid("Duplicate AttributeName in AttributeDefinitions: " +
                     definition.attribute_name);
  }
  std::set<std::string_view> used;
  const auto use = [&](const table::KeySchema& keys) {
    used.insert(keys.hash.name);
    if (keys.range) used.insert(keys.range->name);
  };
  use(spec.keys);
  if (spec.indexes.empty()) {
    if (used.size() == definitions.size()) return {};
    return invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  for (const IndexDescriptor& index : spec.indexes) use(index.keys);
  if (used.size() == definitions.size()) return {};
  std::string keys;
  for (const std::string_view name : used) keys.append(keys.empty() ? "" : ", ").append(name);
  return invalid("Some AttributeDefinitions are not used. AttributeDefinitions: [" +
                 join(definitions, &model::AttributeDefinition::attribute_name) +
                 "], keys used: [" + keys + "]");
}

}  // namespace

Result<table::IndexDescriptor> added_index_of(const model::CreateGlobalSecondaryIndexAction& given,
                                              const Definitions& definitions) {
  IndexDescriptor made;
  made.name = given.index_name;
  DYAD_TRY_ASSIGN(made.keys, keys_of(given.key_schema, definitions));
  DYAD_TRY_ASSIGN(made.projection, projection_of(given.projection));
  return made;
}

Result<table::TableSpec> schema_of(const model::CreateTableInput& input) {
  if (!input.attribute_definitions)
    return invalid("AttributeDefinitions must be specified to create a table");
  if (!input.key_schema) return invalid("KeySchema must be specified to create a table");
  const Definitions& definitions = *input.attribute_definitions;
  if (input.key_schema->size() > definitions.size())
    return refuse("Invalid KeySchema: Some index key attribute have no definition");
  table::TableSpec spec;
  spec.name = input.table_name;
  DYAD_TRY_ASSIGN(spec.keys, keys_of(*input.key_schema, definitions));
  IndexList indexes(definitions, spec);
  if (input.local_secondary_indexes) DYAD_TRY(indexes.add_local(*input.local_secondary_indexes));
  if (input.global_secondary_indexes) DYAD_TRY(indexes.add_global(*input.global_secondary_indexes));
  DYAD_TRY(check_all_used(definitions, spec));
  return spec;
}

}  // namespace dyad::dynamodb
