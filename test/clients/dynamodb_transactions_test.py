"""TransactWriteItems, by boto3."""

import pytest

from errors import refused


@pytest.fixture
def client(aws):
    return aws.resource("dynamodb").meta.client


def put(table, sk: int, **more) -> dict:
    return {"Put": {"TableName": table.name, "Item": {"pk": "t", "sk": sk}, **more}}


def keys(table) -> list[int]:
    return sorted(int(i["sk"]) for i in table.scan()["Items"])


def test_all_four_kinds_commit_together(client, table):
    for sk in (1, 2, 3):
        table.put_item(Item={"pk": "t", "sk": sk, "n": 1})
    client.transact_write_items(TransactItems=[
        put(table, 4),
        {"Delete": {"TableName": table.name, "Key": {"pk": "t", "sk": 1}}},
        {"Update": {"TableName": table.name, "Key": {"pk": "t", "sk": 2}, "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": 1}}},
        {"ConditionCheck": {"TableName": table.name, "Key": {"pk": "t", "sk": 3},
                            "ConditionExpression": "n = :one", "ExpressionAttributeValues": {":one": 1}}}])
    assert keys(table) == [2, 3, 4]
    assert table.get_item(Key={"pk": "t", "sk": 2})["Item"]["n"] == 2


def test_one_reason_an_action(client, table):
    table.put_item(Item={"pk": "t", "sk": 1, "n": 5})
    with refused("TransactionCanceledException", 400) as error:
        client.transact_write_items(TransactItems=[
            put(table, 2),
            put(table, 1, ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD"),
            put(table, 3)])
    reasons = error.response["CancellationReasons"]
    assert [r["Code"] for r in reasons] == ["None", "ConditionalCheckFailed", "None"]
    assert reasons[1]["Message"] == "The conditional request failed"
    assert reasons[1]["Item"] == {"pk": {"S": "t"}, "sk": {"N": "1"}, "n": {"N": "5"}}
    assert error.message == ("Transaction cancelled, please refer cancellation reasons for specific "
                             "reasons [None, ConditionalCheckFailed, None]")
    assert keys(table) == [1]


def test_a_token_makes_a_repetition_harmless(client, table):
    table.put_item(Item={"pk": "t", "sk": 1, "n": 0})
    add = {"TransactItems": [{"Update": {
        "TableName": table.name, "Key": {"pk": "t", "sk": 1}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": 1}}}], "ClientRequestToken": f"token-{table.name}"}
    client.transact_write_items(**add)
    client.transact_write_items(**add)
    assert table.get_item(Key={"pk": "t", "sk": 1})["Item"]["n"] == 1
    other = dict(add, TransactItems=[put(table, 9)])
    with refused("IdempotentParameterMismatchException", 400):
        client.transact_write_items(**other)
    assert keys(table) == [1]


def test_transactions_that_make_no_sense(client, table):
    with refused("ValidationException", 400):
        client.transact_write_items(TransactItems=[put(table, 1), put(table, 1)])
    with refused("ValidationException", 400):
        client.transact_write_items(TransactItems=[put(table, i) for i in range(101)])
    with refused("ValidationException", 400):
        client.transact_write_items(TransactItems=[{}])
    with refused("ResourceNotFoundException", 400):
        client.transact_write_items(TransactItems=[
            put(table, 1), {"Put": {"TableName": "no-such-table", "Item": {"pk": "t"}}}])
    assert keys(table) == []


def test_a_hundred_actions(client, table):
    client.transact_write_items(TransactItems=[put(table, i) for i in range(100)])
    assert keys(table) == list(range(100))
