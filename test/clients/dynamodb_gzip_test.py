"""Packed bodies of DynamoDB's requests and answers: what no SDK does by itself."""

import gzip
import json
import zlib

import pytest

from raw import Answer, Connection, Request


@pytest.fixture
def call(plain_server):
    """Calls an operation with raw bytes as its body and more headers."""
    def one(operation: str, body: bytes, headers: dict[str, str]) -> Answer:
        with Connection(plain_server) as connection:
            said = {"x-amz-target": f"DynamoDB_20120810.{operation}",
                    "content-type": "application/x-amz-json-1.0"} | headers
            connection.send(Request(connection, "POST", "/", "dynamodb", said, body).bytes())
            answer = connection.answer()
            assert answer is not None
            return answer
    return one


@pytest.fixture
def items(call):
    """A table with an item of about 4,000 bytes and one of half a megabyte in the answer."""
    name = f"packed-{id(call)}"
    for operation, request in (
            ("CreateTable", {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
                             "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                             "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
            ("PutItem", {"TableName": name, "Item": {"pk": {"S": "small"}, "x": {"S": "x" * 4071}}}),
            ("PutItem", {"TableName": name, "Item": {"pk": {"S": "large"}, "x": {"S": "xyz" * 100_000}}})):
        assert call(operation, json.dumps(request).encode(), {}).status == 200
    return name


def get(table: str, pk: str, attributes: str = "x, pk") -> bytes:
    return json.dumps({"TableName": table, "Key": {"pk": {"S": pk}},
                       "ProjectionExpression": attributes}).encode()


@pytest.mark.parametrize("coding, unpack", [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
def test_answers_are_packed_where_it_is_asked_for(call, items, coding, unpack):
    for pk in ("small", "large"):
        plain = call("GetItem", get(items, pk), {})
        assert "content-encoding" not in plain.headers
        packed = call("GetItem", get(items, pk), {"accept-encoding": coding})
        assert packed.headers["content-encoding"] == coding
        assert int(packed.headers["x-amz-crc32"]) == zlib.crc32(packed.body), "of the bytes as sent"
        assert int(packed.headers["content-length"]) == len(packed.body)
        assert unpack(packed.body) == plain.body
        assert len(packed.body) * 10 < len(plain.body)
    # 4,094 bytes: too few.
    short = call("GetItem", get(items, "small", "x"), {"accept-encoding": coding})
    assert "content-encoding" not in short.headers and len(short.body) == 4094
    assert int(short.headers["x-amz-crc32"]) == zlib.crc32(short.body)


@pytest.mark.parametrize("header", ["identity", "br", "gzip;q=0", "x-gzip"])
def test_what_is_not_asked_for_is_not_done(call, items, header):
    answer = call("GetItem", get(items, "large"), {"accept-encoding": header})
    assert answer.status == 200 and "content-encoding" not in answer.headers


def test_packed_requests(call, items):
    request = json.dumps({"TableName": items, "Item": {"pk": {"S": "put"}, "v": {"S": "ä" * 1000}}}).encode()
    for body in (gzip.compress(request), gzip.compress(request[:10]) + gzip.compress(request[10:])):
        assert call("PutItem", body, {"content-encoding": "gzip"}).status == 200
    assert json.loads(call("GetItem", get(items, "put", "v"), {}).body)["Item"]["v"]["S"] == "ä" * 1000


@pytest.mark.parametrize("coding, body", [
    ("gzip", b'{"TableName":"a"}'), ("gzip", b""), ("gzip", gzip.compress(b"{}")[:-1]), ("garbage", b"{}")])
def test_what_cannot_be_unpacked_is_the_services_failure(call, coding, body):
    answer = call("ListTables", body, {"content-encoding": coding})
    assert (answer.status, answer.code) == (500, "InternalServerError")


def test_a_bomb_is_refused(call):
    bomb = gzip.compress(b"{" + b" " * (64 << 20) + b"}")
    assert len(bomb) < 100_000
    assert call("ListTables", bomb, {"content-encoding": "gzip"}).status == 413


def test_an_operation_without_output_answers_without_a_body(call, items):
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{items}"
    body = json.dumps({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}).encode()
    answer = call("TagResource", body, {})
    assert (answer.status, answer.body, answer.headers["x-amz-crc32"]) == (200, b"", "0")
