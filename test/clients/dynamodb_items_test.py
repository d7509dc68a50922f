"""Items, by boto3's client and its resources."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.types import Binary

from errors import refused

EVERY_TYPE = {
    "pk": {"S": "types"}, "sk": {"N": "1"},
    "text": {"S": "ä 日本 \u0001 \"quoted\""}, "empty": {"S": ""}, "bytes": {"B": bytes(range(256))},
    "no_bytes": {"B": b""}, "yes": {"BOOL": True}, "no": {"BOOL": False}, "nothing": {"NULL": True},
    "list": {"L": [{"S": "a"}, {"N": "-1.5"}, {"L": []}, {"M": {}}]},
    "map": {"M": {"a": {"M": {"b": {"L": [{"BOOL": True}]}}}}},
    "texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.5"]}, "blobs": {"BS": [b"\x00", b"\xff"]},
}


def sorted_sets(item: dict) -> dict:
    return {name: {kind: sorted(value) if kind in ("SS", "NS", "BS") else value}
            for name, attribute in item.items() for kind, value in attribute.items()}


def test_every_type_comes_back(dynamodb, table):
    dynamodb.put_item(TableName=table.name, Item=EVERY_TYPE)
    key = {"pk": {"S": "types"}, "sk": {"N": "1"}}
    item = dynamodb.get_item(TableName=table.name, Key=key, ConsistentRead=True)["Item"]
    assert sorted_sets(item) == EVERY_TYPE


@pytest.mark.parametrize("written, read", [
    ("0", "0"), ("-0", "0"), ("1.0", "1"), ("007", "7"), ("1e2", "100"), ("1E-3", "0.001"),
    ("12345678901234567890123456789012345678",) * 2, ("-0.00000000000000000000000000000000000001",) * 2,
])
def test_a_number_in_its_plain_form(dynamodb, table, written, read):
    key = {"pk": {"S": "number"}, "sk": {"N": "1"}}
    dynamodb.put_item(TableName=table.name, Item=key | {"n": {"N": written}})
    got = dynamodb.get_item(TableName=table.name, Key=key)["Item"]["n"]["N"]
    assert Decimal(got) == Decimal(read)
    if "0000000" not in read:
        assert got == read


def test_the_edges_of_numbers(dynamodb, table):
    edges = {"most": "9.9999999999999999999999999999999999999E+125", "least": "1E-130",
             "below": "-9.9999999999999999999999999999999999999E+125"}
    key = {"pk": {"S": "edges"}, "sk": {"N": "1"}}
    dynamodb.put_item(TableName=table.name, Item=key | {n: {"N": edge} for n, edge in edges.items()})
    item = dynamodb.get_item(TableName=table.name, Key=key)["Item"]
    assert {n: Decimal(item[n]["N"]) for n in edges} == {n: Decimal(edge) for n, edge in edges.items()}


@pytest.mark.parametrize("number", ["1e126", "1e-131", "123456789012345678901234567890123456789", "abc", ""])
def test_numbers_that_are_none(dynamodb, table, number):
    with refused("ValidationException", 400):
        dynamodb.put_item(TableName=table.name,
                          Item={"pk": {"S": "x"}, "sk": {"N": "1"}, "n": {"N": number}})


def test_resources_speak_python(table):
    item = {"pk": "resource", "sk": 1, "price": Decimal("12.50"), "tags": {"a", "b"}, "raw": b"\x00\x01",
            "nested": {"list": [1, "two", None, True]}}
    table.put_item(Item=item)
    got = table.get_item(Key={"pk": "resource", "sk": 1})["Item"]
    assert got == item | {"raw": Binary(b"\x00\x01")}


def test_an_item_that_is_not_there(table):
    answer = table.get_item(Key={"pk": "absent", "sk": 1})
    assert "Item" not in answer
    assert "Attributes" not in table.delete_item(Key={"pk": "absent", "sk": 1}, ReturnValues="ALL_OLD")


def test_old_and_new_images(table):
    key = {"pk": "images", "sk": 1}
    assert "Attributes" not in table.put_item(Item=key | {"a": 1}, ReturnValues="ALL_OLD")
    assert table.put_item(Item=key | {"a": 2}, ReturnValues="ALL_OLD")["Attributes"] == key | {"a": 1}
    answer = table.update_item(Key=key, UpdateExpression="SET b = :b ADD a :one", ReturnValues="ALL_NEW",
                               ExpressionAttributeValues={":b": "x", ":one": 1})
    assert answer["Attributes"] == key | {"a": 3, "b": "x"}
    answer = table.update_item(Key=key, UpdateExpression="SET a = :a", ReturnValues="UPDATED_OLD",
                               ExpressionAttributeValues={":a": 9})
    assert answer["Attributes"] == {"a": 3}
    answer = table.update_item(Key=key, UpdateExpression="REMOVE b", ReturnValues="UPDATED_NEW")
    assert "Attributes" not in answer
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"] == key | {"a": 9}


def test_update_makes_an_item(table):
    table.update_item(Key={"pk": "made", "sk": 1}, UpdateExpression="SET #m = :m",
                      ExpressionAttributeNames={"#m": "map"}, ExpressionAttributeValues={":m": {"n": 1}})
    table.update_item(Key={"pk": "made", "sk": 1},
                      UpdateExpression="SET #m.n = #m.n + :one, l = list_append(if_not_exists(l, :none), :l)",
                      ExpressionAttributeNames={"#m": "map"},
                      ExpressionAttributeValues={":one": 1, ":none": [], ":l": ["a"]})
    assert table.get_item(Key={"pk": "made", "sk": 1})["Item"] == {
        "pk": "made", "sk": 1, "map": {"n": 2}, "l": ["a"]}


def test_a_projection(table):
    table.put_item(Item={"pk": "p", "sk": 1, "a": {"b": [10, 20, 30], "c": 1}, "d": 2})
    answer = table.get_item(Key={"pk": "p", "sk": 1}, ProjectionExpression="a.b[1], d")
    assert answer["Item"] == {"a": {"b": [20]}, "d": 2}


def test_conditions(table):
    key = {"pk": "conditions", "sk": 1}
    table.put_item(Item=key | {"version": 1}, ConditionExpression=Attr("pk").not_exists())
    with refused("ConditionalCheckFailedException", 400) as error:
        table.put_item(Item=key | {"version": 2}, ConditionExpression=Attr("pk").not_exists())
    assert error.message == "The conditional request failed"
    with refused("ConditionalCheckFailedException", 400) as error:
        table.update_item(Key=key, UpdateExpression="SET version = :n", ConditionExpression="version = :o",
                          ExpressionAttributeValues={":n": 3, ":o": 2},
                          ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert error.response["Item"] == {"pk": {"S": "conditions"}, "sk": {"N": "1"}, "version": {"N": "1"}}
    with refused("ConditionalCheckFailedException", 400):
        table.delete_item(Key=key, ConditionExpression=Attr("version").gt(1))
    table.delete_item(Key=key, ConditionExpression=Attr("version").between(1, 2))
    assert "Item" not in table.get_item(Key=key)


def test_exceptions_have_their_classes(aws, table):
    client = aws.client("dynamodb")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="no-such-table", Key={"pk": {"S": "x"}})
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName=table.name, Item={"pk": {"S": "x"}, "sk": {"N": "1"}},
                        ConditionExpression="attribute_exists(pk)")


@pytest.mark.parametrize("key", [{"pk": {"S": "x"}}, {"pk": {"S": "x"}, "sk": {"S": "1"}},
                                 {"pk": {"S": ""}, "sk": {"N": "1"}},
                                 {"pk": {"S": "x"}, "sk": {"N": "1"}, "more": {"S": "1"}}])
def test_keys_that_do_not_fit(dynamodb, table, key):
    with refused("ValidationException", 400):
        dynamodb.get_item(TableName=table.name, Key=key)


@pytest.mark.parametrize("expression", ["SET", "SET a", "SET a = :v, a = :v", "SET pk = :v", "SET a = :unknown",
                                        "SET #n = :v", "REMOVE a[", "ADD a.b.c", "SET a = a + b + :v"])
def test_update_expressions_that_are_none(table, expression):
    with refused("ValidationException", 400):
        table.update_item(Key={"pk": "x", "sk": 1}, UpdateExpression=expression,
                          ExpressionAttributeValues={":v": 1})


def test_an_item_that_is_too_large(table):
    key = {"pk": "large", "sk": 1}
    table.put_item(Item=key | {"a": "x" * 400_000})
    with refused("ValidationException", 400) as error:
        table.put_item(Item=key | {"a": "x" * 410_000})
    assert error.message == "Item size has exceeded the maximum allowed size"
    with refused("ValidationException", 400):
        table.update_item(Key=key, UpdateExpression="SET b = :b",
                          ExpressionAttributeValues={":b": "x" * 20_000})
    assert len(table.get_item(Key=key)["Item"]["a"]) == 400_000


def test_consumed_capacity(table):
    answer = table.put_item(Item={"pk": "c", "sk": 1, "a": "x" * 3000}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 3
    answer = table.get_item(Key={"pk": "c", "sk": 1}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 0.5
    answer = table.get_item(Key={"pk": "c", "sk": 1}, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": table.name, "CapacityUnits": 1.0}
