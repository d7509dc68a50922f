"""Tables, by boto3."""

from errors import refused

KEY = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
       "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}


def test_a_table_s_life(dynamodb, name):
    made = dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEY)["TableDescription"]
    assert made["TableName"] == name
    assert made["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    described = dynamodb.describe_table(TableName=name)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["KeySchema"] == KEY["KeySchema"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["TableId"]
    with refused("ResourceInUseException", 400):
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEY)
    dynamodb.delete_table(TableName=name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=name)
    with refused("ResourceNotFoundException", 400) as error:
        dynamodb.describe_table(TableName=name)
    assert error.message == f"Requested resource not found: Table: {name} not found"
    with refused("ResourceNotFoundException", 400):
        dynamodb.delete_table(TableName=name)


def test_a_table_made_anew_is_empty(dynamodb, name):
    for _ in range(2):
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEY)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
        assert dynamodb.scan(TableName=name)["Count"] == 0
        dynamodb.put_item(TableName=name, Item={"pk": {"S": "x"}})
        dynamodb.delete_table(TableName=name)
        dynamodb.get_waiter("table_not_exists").wait(TableName=name)


def test_provisioned_capacity_is_kept(dynamodb, name):
    dynamodb.create_table(TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 5,
                                                                 "WriteCapacityUnits": 7}, **KEY)
    said = dynamodb.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
    assert (said["ReadCapacityUnits"], said["WriteCapacityUnits"]) == (5, 7)


def test_indexes_are_described(dynamodb, table):
    described = dynamodb.describe_table(TableName=table.name)["Table"]
    index, = described["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["IndexStatus"]) == ("by-kind", "ACTIVE")
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}
    index, = described["LocalSecondaryIndexes"]
    assert index["IndexName"] == "by-label"


def test_tables_are_listed_in_pages(dynamodb, name):
    names = [f"{name}-{i}" for i in range(5)]
    for each in names:
        dynamodb.create_table(TableName=each, BillingMode="PAY_PER_REQUEST", **KEY)
    pages = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    listed = [t for page in pages for t in page["TableNames"]]
    assert [t for t in listed if t.startswith(name + "-")] == names


def test_schemas_that_do_not_fit(dynamodb, name):
    with refused("ValidationException", 400):
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                              KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
                              AttributeDefinitions=KEY["AttributeDefinitions"])
    with refused("ValidationException", 400):
        dynamodb.create_table(TableName=name, **KEY)  # Neither on demand nor any capacity.
    with refused("ValidationException", 400):
        dynamodb.create_table(TableName="no spaces", BillingMode="PAY_PER_REQUEST", **KEY)
    with refused("ResourceNotFoundException", 400):
        dynamodb.describe_table(TableName=name)


def test_what_is_not_served(dynamodb, table):
    with refused("UnknownOperationException", 400):
        dynamodb.describe_time_to_live(TableName=table.name)


def test_who_asks_is_checked(aws):
    with refused("UnrecognizedClientException", 400):
        aws.client("dynamodb", access_key="AKIANOBODYKNOWSTHIS0").list_tables()
    with refused("InvalidSignatureException", 400):
        aws.client("dynamodb", secret_key="not the secret that was agreed").list_tables()
