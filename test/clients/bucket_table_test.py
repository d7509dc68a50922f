"""A bucket is the table s3.<bucket>: read with DynamoDB's own API, and part of its transactions."""

import pytest
from boto3.dynamodb.conditions import Attr, Key

from errors import refused


@pytest.fixture
def objects(aws, s3, bucket):
    for key, size, author in (("2023/a", 10, "ada"), ("2023/b", 2000, "bob"), ("2024/c", 3000, "ada")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * size, Metadata={"author": author})
    return aws.resource("dynamodb").Table(f"s3.{bucket}")


def test_objects_are_items(s3, bucket, objects):
    item = objects.get_item(Key={"bucket": bucket, "key": "2023/b"})["Item"]
    head = s3.head_object(Bucket=bucket, Key="2023/b")
    assert item["size"] == 2000
    assert item["x-amz-meta-author"] == "bob"
    assert item["storage_class"] == "STANDARD"
    assert item["e_tag"].strip('"') == head["ETag"].strip('"')


def test_query_by_prefix_and_filter(bucket, objects):
    page = objects.query(KeyConditionExpression=Key("bucket").eq(bucket) & Key("key").begins_with("2023/"))
    assert [i["key"] for i in page["Items"]] == ["2023/a", "2023/b"]
    page = objects.query(KeyConditionExpression=Key("bucket").eq(bucket),
                         FilterExpression=Attr("size").gt(100) & Attr("x-amz-meta-author").eq("ada"))
    assert [i["key"] for i in page["Items"]] == ["2024/c"]
    assert (page["Count"], page["ScannedCount"]) == (1, 3)


def test_the_newest_first_in_pages(bucket, objects):
    seen = []
    start = {}
    while True:
        page = objects.query(KeyConditionExpression=Key("bucket").eq(bucket), ScanIndexForward=False,
                             Limit=2, **start)
        seen += [i["key"] for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == ["2024/c", "2023/b", "2023/a"]


def test_an_object_and_an_item_are_deleted_together(aws, s3, bucket, objects, table):
    table.put_item(Item={"pk": "2023/a", "sk": 1, "owner": "ada"})
    delete_object = {"Delete": {"TableName": objects.name, "Key": {"bucket": bucket, "key": "2023/a"}}}

    def delete_item(owner: str) -> dict:
        return {"Delete": {"TableName": table.name, "Key": {"pk": "2023/a", "sk": 1},
                           "ConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"},
                           "ExpressionAttributeValues": {":o": owner}}}

    client = aws.resource("dynamodb").meta.client
    with refused("TransactionCanceledException", 400) as error:
        client.transact_write_items(TransactItems=[delete_object, delete_item("bob")])
    assert [r["Code"] for r in error.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert s3.get_object(Bucket=bucket, Key="2023/a")["Body"].read() == b"x" * 10
    assert "Item" in table.get_item(Key={"pk": "2023/a", "sk": 1})

    client.transact_write_items(TransactItems=[delete_object, delete_item("ada")])
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="2023/a")
    assert "Item" not in table.get_item(Key={"pk": "2023/a", "sk": 1})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2


def test_a_condition_on_an_object_guards_an_item(aws, bucket, objects, table):
    def guarded(size: int) -> list[dict]:
        return [{"ConditionCheck": {"TableName": objects.name, "Key": {"bucket": bucket, "key": "2023/b"},
                                    "ConditionExpression": "#s = :s",
                                    "ExpressionAttributeNames": {"#s": "size"},
                                    "ExpressionAttributeValues": {":s": size}}},
                {"Put": {"TableName": table.name, "Item": {"pk": "checked", "sk": size}}}]

    client = aws.resource("dynamodb").meta.client
    with refused("TransactionCanceledException", 400):
        client.transact_write_items(TransactItems=guarded(1))
    client.transact_write_items(TransactItems=guarded(2000))
    page = table.query(KeyConditionExpression=Key("pk").eq("checked"))
    assert [i["sk"] for i in page["Items"]] == [2000]


def test_a_bucket_s_table_goes_with_the_bucket(aws, s3, name):
    table = aws.resource("dynamodb").Table(f"s3.{name}")
    with refused("ResourceNotFoundException", 400):
        table.get_item(Key={"bucket": name, "key": "k"})
    s3.create_bucket(Bucket=name)
    assert "Item" not in table.get_item(Key={"bucket": name, "key": "k"})
    s3.delete_bucket(Bucket=name)
    with refused("ResourceNotFoundException", 400):
        table.get_item(Key={"bucket": name, "key": "k"})
