"""A media library: each photograph is an object in a bucket and a record in a table.

Nothing here is particular to one server. The last two methods use what joins the two sides: a bucket is
also the table `s3.<bucket>`, with hash key `bucket` and range key `key`.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from photographs import Photograph

BY_OWNER = "by-owner"
BY_PLACE = "by-place"


class MediaLibrary:
    """Endpoint, region and credentials come from where boto3 always takes them."""

    def __init__(self, bucket: str, table: str):
        self.s3 = boto3.client("s3")
        self.dynamodb = boto3.resource("dynamodb")
        self.bucket = bucket
        self.records = self.dynamodb.Table(table)
        self.objects = self.dynamodb.Table(f"s3.{bucket}")

    def create(self) -> None:
        """May be called again: what is there stays."""
        try:
            self.s3.create_bucket(Bucket=self.bucket)
        except self.s3.exceptions.BucketAlreadyOwnedByYou:
            pass
        try:
            self._create_table()
        except self.dynamodb.meta.client.exceptions.ResourceInUseException:
            pass
        self.records.wait_until_exists()

    def _create_table(self) -> None:
        def index(name: str, hash_key: str) -> dict:
            return {"IndexName": name,
                    "KeySchema": [{"AttributeName": hash_key, "KeyType": "HASH"},
                                  {"AttributeName": "taken", "KeyType": "RANGE"}],
                    "Projection": {"ProjectionType": "ALL"}}

        self.dynamodb.create_table(
            TableName=self.records.name,
            KeySchema=[{"AttributeName": "photo", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"}
                                  for name in ("photo", "owner", "place", "taken")],
            GlobalSecondaryIndexes=[index(BY_OWNER, "owner"), index(BY_PLACE, "place")],
            BillingMode="PAY_PER_REQUEST",
        )

    def add(self, photo: Photograph) -> None:
        """First the bytes, then the record that names them: a record never points at nothing."""
        stored = self.s3.put_object(
            Bucket=self.bucket, Key=photo.key, Body=photo.content, ContentType="image/jpeg",
            Metadata={"camera": photo.camera, "owner": photo.owner})
        record = {
            "photo": photo.key,
            "title": photo.title,
            "owner": photo.owner,
            "camera": photo.camera,
            "taken": photo.taken.isoformat(),
            "pixels": {"width": photo.width, "height": photo.height},
            "sha256": hashlib.sha256(photo.content).digest(),
            "etag": stored["ETag"],
        }
        if photo.position and photo.place:
            record["position"] = [Decimal(str(degrees)) for degrees in photo.position]
            record["place"] = photo.place  # Without it, the index by place has no row.
        self.records.put_item(Item=record)

    def record(self, key: str) -> dict | None:
        return self.records.get_item(Key={"photo": key}).get("Item")

    def newest_of(self, owner: str) -> list[dict]:
        return list(self._pages(self.records, IndexName=BY_OWNER, ScanIndexForward=False,
                                KeyConditionExpression=Key("owner").eq(owner)))

    def taken_at(self, place: str) -> list[dict]:
        return list(self._pages(self.records, IndexName=BY_PLACE,
                                KeyConditionExpression=Key("place").eq(place)))

    def start_of(self, key: str, count: int) -> bytes:
        """The first `count` bytes, without the rest."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes=0-{count - 1}")
        return answer["Body"].read()

    def link_to(self, key: str) -> str:
        """A URL that anybody may fetch for ten minutes, with no credentials of their own."""
        return self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=600)

    def objects_of(self, year: str, larger_than_bytes: int, owner: str) -> list[dict]:
        """Asks the bucket itself, as a table: a prefix of keys, then what S3 knows of each object."""
        return list(self._pages(
            self.objects,
            KeyConditionExpression=Key("bucket").eq(self.bucket) & Key("key").begins_with(year),
            FilterExpression=(Attr("size").gt(larger_than_bytes)
                              & Attr("x-amz-meta-owner").eq(owner))))

    def remove(self, key: str, owner: str) -> bool:
        """Object and record go together, or neither does; False: not this owner's photograph."""
        try:
            self.dynamodb.meta.client.transact_write_items(TransactItems=[
                {"Delete": {"TableName": self.objects.name,
                            "Key": {"bucket": self.bucket, "key": key}}},
                {"Delete": {"TableName": self.records.name, "Key": {"photo": key},
                            "ConditionExpression": "#owner = :owner",
                            "ExpressionAttributeNames": {"#owner": "owner"},
                            "ExpressionAttributeValues": {":owner": owner}}},
            ])
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if "ConditionalCheckFailed" not in reasons:
                raise
            return False
        return True

    def has_object(self, key: str) -> bool:
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False
        return True

    @staticmethod
    def _pages(table, **query) -> Iterator[dict]:
        """All items of a Query, however many pages they come in."""
        while True:
            page = table.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
