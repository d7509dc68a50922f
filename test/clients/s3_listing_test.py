"""Both listings of objects, by boto3 and as XML."""

import re

import pytest

from conftest import Aws
from errors import refused
from raw import Connection, Request

KEYS = ["a b/1", "a b/2", "b", "c/1", "c\x01d", "d&<>\"é"]


@pytest.fixture
def filled(s3, bucket) -> str:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    return bucket


@pytest.fixture
def plain_s3(plain_server):
    return Aws(plain_server).client("s3")


def document(server, path: str) -> str:
    with Connection(server) as connection:
        connection.send(Request(connection, "GET", path).bytes())
        answer = connection.answer()
    assert answer.status == 200, answer.body
    return answer.body.decode()


def test_pages_of_the_older_listing(s3, filled):
    names, answer = [], {"NextMarker": ""}
    while "NextMarker" in answer:
        answer = s3.list_objects(Bucket=filled, Delimiter="/", MaxKeys=1, Marker=answer["NextMarker"])
        names += [o["Key"] for o in answer.get("Contents", [])]
        names += [p["Prefix"] for p in answer.get("CommonPrefixes", [])]
    assert names == ["a b/", "b", "c\x01d", "c/", "d&<>\"é"]
    assert all(o["Owner"]["ID"] for o in s3.list_objects(Bucket=filled)["Contents"])


def test_a_paginator_sees_every_key_in_order(s3, filled):
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation).paginate(Bucket=filled, PaginationConfig={"PageSize": 2})
        keys = [o["Key"] for page in pages for o in page["Contents"]]
        assert keys == sorted(KEYS, key=lambda key: key.encode()), operation


def test_the_older_listing_as_a_document(plain_server, plain_s3, name):
    plain_s3.create_bucket(Bucket=name)
    plain_s3.put_object(Bucket=name, Key="k\x01 1", Body=b"x")
    text = document(plain_server, f"/{name}")
    assert re.search(r'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                     rf"<Name>{name}</Name><Prefix/><Marker/><MaxKeys>1000</MaxKeys>"
                     r"<IsTruncated>false</IsTruncated><Contents><Key>k&#x1; 1</Key>", text), text
    assert re.search(r"<Owner><ID>[0-9a-f]{64}</ID></Owner>", text), text
    assert "NextMarker" not in text and "Delimiter" not in text and "EncodingType" not in text
    encoded = document(plain_server, f"/{name}?encoding-type=url")
    assert "<EncodingType>url</EncodingType>" in encoded and "<Key>k%01+1</Key>" in encoded


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_what_is_no_listing(s3, bucket, name, operation):
    ask = getattr(s3, operation)
    with refused("InvalidArgument", 400) as error:
        ask(Bucket=bucket, EncodingType="base64")
    assert error.response["Error"]["ArgumentName"] == "encoding-type"
    with refused("InvalidArgument", 400) as error:
        ask(Bucket=bucket, MaxKeys=-1)
    assert error.message == "Argument maxKeys must be an integer between 0 and 2147483647"
    with refused("NoSuchBucket", 404):
        ask(Bucket=name + "-absent")


def test_an_empty_token_is_no_token(s3, bucket):
    with refused("InvalidArgument", 400) as error:
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="")
    assert error.message == "The continuation token provided is incorrect"
