"""Batches, transactional reads and tags, by boto3."""

import threading

import pytest

from errors import refused


@pytest.fixture
def client(aws):
    return aws.resource("dynamodb").meta.client


def key(sk: int) -> dict:
    return {"pk": "b", "sk": sk}


def test_the_batch_writer_writes_and_deletes(table):
    with table.batch_writer() as batch:
        for sk in range(60):
            batch.put_item(Item={**key(sk), "kind": "even" if sk % 2 == 0 else "odd"})
    assert table.scan(Select="COUNT")["Count"] == 60
    with table.batch_writer() as batch:
        for sk in range(0, 60, 2):
            batch.delete_item(Key=key(sk))
    assert sorted(int(i["sk"]) for i in table.scan()["Items"]) == list(range(1, 60, 2))


def test_large_items_come_in_several_answers(client, table):
    for sk in range(50):
        table.put_item(Item={**key(sk), "body": "x" * 380_000})
    wanted = {table.name: {"Keys": [key(sk) for sk in range(50)], "ProjectionExpression": "sk, body",
                           "ConsistentRead": True}}
    seen, calls = [], 0
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        items = answer["Responses"][table.name]
        assert all(set(item) == {"sk", "body"} for item in items)
        seen += [int(item["sk"]) for item in items]
        wanted = answer["UnprocessedKeys"]
        calls += 1
        for left in wanted.values():
            assert left["ProjectionExpression"] == "sk, body" and left["ConsistentRead"] is True
    assert sorted(seen) == list(range(50))
    assert calls == 2, "16 MiB an answer"


def test_batches_are_refused_whole(client, table):
    with refused("ValidationException", 400) as error:
        client.batch_write_item(RequestItems={table.name: [
            {"PutRequest": {"Item": key(1)}}, {"DeleteRequest": {"Key": key(1)}}]})
    assert error.message == "Provided list of item keys contains duplicates"
    with refused("ResourceNotFoundException", 400):
        client.batch_write_item(RequestItems={
            table.name: [{"PutRequest": {"Item": key(1)}}],
            "there-is-none": [{"PutRequest": {"Item": key(1)}}]})
    with refused("ValidationException", 400) as error:
        client.batch_get_item(RequestItems={table.name: {"Keys": [key(n) for n in range(101)]}})
    assert error.message == (
        f"1 validation error detected: Value at 'RequestItems.{table.name}.member.Keys' failed to satisfy "
        "constraint: Member must have length less than or equal to 100")
    assert table.scan(Select="COUNT")["Count"] == 0


def test_a_transactional_read_sees_one_moment(client, table):
    """Both rows are always written together; who reads them together sees them alike."""
    def write(value: int) -> None:
        client.transact_write_items(TransactItems=[
            {"Put": {"TableName": table.name, "Item": {**key(sk), "n": value}}} for sk in (1, 2)])

    def read() -> list:
        answer = client.transact_get_items(TransactItems=[
            {"Get": {"TableName": table.name, "Key": key(sk)}} for sk in (1, 2, 3)])
        return [item.get("Item") for item in answer["Responses"]]

    write(0)
    writer = threading.Thread(target=lambda: [write(value) for value in range(1, 200)])
    writer.start()
    last = 0
    while writer.is_alive():
        first, second, third = read()
        assert first["n"] == second["n"] >= last
        assert third is None
        last = first["n"]
    writer.join()
    assert read()[0]["n"] == 199


def test_capacity_of_batches_and_transactions(client, table):
    written = client.batch_write_item(
        ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE",
        RequestItems={table.name: [{"PutRequest": {"Item": {**key(1), "kind": "k"}}},
                                   {"PutRequest": {"Item": {**key(2), "label": "l"}}}]})
    assert written["ConsumedCapacity"] == [{
        "TableName": table.name, "CapacityUnits": 4.0, "Table": {"CapacityUnits": 2.0},
        "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 1.0}},
        "LocalSecondaryIndexes": {"by-label": {"CapacityUnits": 1.0}}}]
    assert [m["ItemCollectionKey"] for m in written["ItemCollectionMetrics"][table.name]] == [{"pk": "b"}]
    read = client.transact_get_items(
        ReturnConsumedCapacity="INDEXES",
        TransactItems=[{"Get": {"TableName": table.name, "Key": key(1)}}])
    assert read["ConsumedCapacity"] == [{
        "TableName": table.name, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0,
        "Table": {"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}}]


def test_tags(client, table):
    arn = client.describe_table(TableName=table.name)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "env", "Value": "test"}, {"Key": "team", "Value": "a"}])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "env", "Value": "live"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["team", "never"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "env", "Value": "live"}]
    with refused("ResourceNotFoundException", 400):
        client.list_tags_of_resource(ResourceArn=arn + "x")
    with refused("ValidationException", 400):
        client.tag_resource(ResourceArn="no-arn-at-all", Tags=[{"Key": "a", "Value": "b"}])
