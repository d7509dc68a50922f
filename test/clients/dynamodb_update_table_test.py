"""UpdateTable, by boto3: throughput and protection, and indexes that come to tables which have items."""

import threading
import time

import pytest
from boto3.dynamodb.conditions import Key

from conftest import Aws
from errors import refused
from server import PATIENCE, Server

TIMEOUT_SECONDS = 60 * PATIENCE


def index(name: str, *keys: str, projection: str = "ALL") -> dict:
    schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": projection}}


def add(client, table: str, created: dict, **types: str) -> dict:
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return client.update_table(TableName=table, AttributeDefinitions=definitions,
                               GlobalSecondaryIndexUpdates=[{"Create": created}])["TableDescription"]


def wait_for_index(client, table: str, name: str) -> None:
    """No waiter of boto3's looks at indexes."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        described = client.describe_table(TableName=table)["Table"]
        (found,) = [i for i in described["GlobalSecondaryIndexes"] if i["IndexName"] == name]
        if found["IndexStatus"] == "ACTIVE":
            assert "Backfilling" not in found
            assert described["TableStatus"] == "ACTIVE"
            return
        assert found["IndexStatus"] == "CREATING"
        time.sleep(0.05)
    pytest.fail(f"the index {name} does not come")


@pytest.fixture
def plain(aws, name):
    table = aws.resource("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    table.wait_until_exists()
    return table


def test_an_index_comes_and_goes(dynamodb, plain):
    for i in range(30):
        plain.put_item(Item={"pk": f"p{i}", "group": f"g{i % 3}", "rank": i})
    plain.put_item(Item={"pk": "odd", "group": 7, "rank": 1})
    plain.put_item(Item={"pk": "without"})
    told = add(dynamodb, plain.name, index("by-group", "group", "rank"), group="S", rank="N")
    assert told["TableStatus"] == "UPDATING"
    assert told["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert told["GlobalSecondaryIndexes"][0]["Backfilling"] is False
    wait_for_index(dynamodb, plain.name, "by-group")
    dynamodb.get_waiter("table_exists").wait(TableName=plain.name)

    page = plain.query(IndexName="by-group", KeyConditionExpression=Key("group").eq("g1"), ScanIndexForward=False)
    assert [i["rank"] for i in page["Items"]] == list(range(28, 0, -3))
    assert plain.scan(IndexName="by-group")["Count"] == 30
    with refused("ValidationException", 400):
        plain.put_item(Item={"pk": "odd2", "group": 8, "rank": 1})

    dynamodb.update_table(TableName=plain.name,
                          GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-group"}}])
    dynamodb.get_waiter("table_exists").wait(TableName=plain.name)
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=plain.name)["Table"]
    with refused("ValidationException", 400) as error:
        plain.query(IndexName="by-group", KeyConditionExpression=Key("group").eq("g1"))
    assert error.message == "The table does not have the specified index: by-group"
    plain.put_item(Item={"pk": "odd2", "group": 8, "rank": 1})


def test_writes_while_an_index_is_built(aws, dynamodb, plain):
    """What writers leave behind is what the index holds."""
    with plain.batch_writer() as batch:
        for i in range(1500):
            batch.put_item(Item={"pk": f"p{i}", "group": "old", "n": i})
    failures = []

    def write(thread: int) -> None:
        table = aws.resource("dynamodb").Table(plain.name)
        try:
            for i in range(thread, 1500, 15):
                if i % 2:
                    table.put_item(Item={"pk": f"p{i}", "group": "new", "n": i})
                else:
                    table.delete_item(Key={"pk": f"p{i}"})
        except Exception as error:  # Told by the test's own thread.
            failures.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    add(dynamodb, plain.name, index("by-group", "group", "n"), group="S", n="N")
    for thread in threads:
        thread.join()
    wait_for_index(dynamodb, plain.name, "by-group")
    assert not failures

    def numbers(group: str) -> list[int]:
        pages = dynamodb.get_paginator("query").paginate(
            TableName=plain.name, IndexName="by-group", KeyConditionExpression="#g = :g",
            ExpressionAttributeNames={"#g": "group"}, ExpressionAttributeValues={":g": {"S": group}})
        return [int(i["n"]["N"]) for page in pages for i in page["Items"]]

    touched = {i for thread in range(3) for i in range(thread, 1500, 15)}
    assert numbers("new") == sorted(i for i in touched if i % 2)
    assert numbers("old") == sorted(set(range(1500)) - touched)


def test_an_index_is_built_on_after_a_restart(dyad, tmp_path, name):
    server = Server(dyad, tmp_path)
    server.start()
    try:
        aws = Aws(server)
        client = aws.client("dynamodb")
        table = aws.resource("dynamodb").create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        with table.batch_writer() as batch:
            for i in range(3000):
                batch.put_item(Item={"pk": f"p{i}", "group": f"g{i % 7}"})
        add(client, name, index("by-group", "group"), group="S")
        server.kill()
        server.start()
        client = Aws(server).client("dynamodb")
        wait_for_index(client, name, "by-group")
        assert sum(page["Count"] for page in client.get_paginator("scan").paginate(
            TableName=name, IndexName="by-group")) == 3000
        assert server.stop() == 0
    finally:
        server.kill()


def test_objects_by_author_the_newest_first(aws, s3, dynamodb, bucket):
    for key, author in (("a", "Ada"), ("b", "Bob"), ("c", "Ada")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Metadata={"author": author})
        time.sleep(0.01)  # The index sorts by milliseconds.
    table = f"s3.{bucket}"
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "x-amz-meta-author", "AttributeType": "S"},
                              {"AttributeName": "last_modified_date", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("by-author", "x-amz-meta-author", "last_modified_date")}])
    wait_for_index(dynamodb, table, "by-author")
    s3.put_object(Bucket=bucket, Key="d", Body=b"x", Metadata={"author": "Ada"})
    s3.delete_object(Bucket=bucket, Key="a")
    page = aws.resource("dynamodb").Table(table).query(
        IndexName="by-author", KeyConditionExpression=Key("x-amz-meta-author").eq("Ada"), ScanIndexForward=False)
    assert [i["key"] for i in page["Items"]] == ["d", "c"]
    with refused("ValidationException", 400):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    for key in "bcd":
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def test_throughput_mode_and_protection(dynamodb, plain):
    dynamodb.update_table(TableName=plain.name, BillingMode="PROVISIONED",
                          ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
    dynamodb.get_waiter("table_exists").wait(TableName=plain.name)
    told = dynamodb.describe_table(TableName=plain.name)["Table"]
    assert told["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert told["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    with refused("ValidationException", 400) as error:
        dynamodb.update_table(TableName=plain.name,
                              ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
    assert error.message.startswith("The provisioned throughput for the table will not change.")
    dynamodb.update_table(TableName=plain.name, DeletionProtectionEnabled=True)
    with refused("ValidationException", 400):
        dynamodb.delete_table(TableName=plain.name)
    dynamodb.update_table(TableName=plain.name, DeletionProtectionEnabled=False)
    with refused("ValidationException", 400):
        dynamodb.update_table(TableName=plain.name)
    with refused("ResourceNotFoundException", 400) as error:
        dynamodb.update_table(TableName=plain.name,
                              GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ghost"}}])
    assert error.message == f"Requested resource not found: Index ghost for table {plain.name}"
    dynamodb.delete_table(TableName=plain.name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=plain.name)
