"""Hostile and broken input gets the service's own refusal; the server lives, and nothing is half written."""

import datetime
import json
import zlib

import pytest

from errors import refused
from raw import Answer, Connection, Request, crc32_base64

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.fixture
def server(plain_server):
    """Everything here is sent in the clear."""
    return plain_server


@pytest.fixture
def connection(plain_server):
    with Connection(plain_server) as open_connection:
        yield open_connection


@pytest.fixture(autouse=True)
def the_server_lives_on(plain_server):
    """After every test of this file: the same process answers."""
    yield
    assert plain_server.process.poll() is None, plain_server.log()[-4000:]
    with Connection(plain_server) as connection:
        connection.send(f"GET /health HTTP/1.1\r\nHost: {connection.host}\r\n\r\n".encode())
        assert connection.answer().status == 200


def keys(s3, bucket: str) -> list[str]:
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def put_object(connection: Connection, bucket: str, **request) -> Request:
    return Request(connection, "PUT", f"/{bucket}/k", **request)


def assert_connection_serves_or_closes(connection: Connection) -> None:
    """After a refusal the connection is either closed, or whole: the next request is understood."""
    connection.send(Request(connection, "GET", "/").bytes())
    answer = connection.answer()
    assert answer is None or answer.status == 200, answer.body


# --- HTTP ---------------------------------------------------------------------

@pytest.mark.parametrize("data", [
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/1.1 extra\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",  # no host
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nname : spaced\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nx: a\x00b\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"h%d: v\r\n" % i for i in range(5000)) + b"\r\n",
], ids=lambda data: data[:24].decode("latin-1") + f"-{len(data)}")
def test_what_is_no_request(connection, data):
    connection.send(data)
    answer = connection.answer()
    if answer is not None:
        assert 400 <= answer.status < 506, answer.body
        assert connection.is_closed() or answer.headers.get("connection") != "close"


def test_two_requests_in_one_write(connection):
    request = Request(connection, "GET", "/").bytes()
    connection.send(request + request)
    assert [connection.answer().status, connection.answer().status] == [200, 200]


def test_a_request_that_comes_byte_by_byte(connection):
    for byte in Request(connection, "GET", "/").bytes():
        connection.send(bytes([byte]))
    assert connection.answer().status == 200


@pytest.mark.parametrize("path", ["/%zz/k", "/%", "/bucket/%ff%fe", "/%00?list-type=2", "/bucket/a%00b"])
def test_paths_that_are_none(connection, path):
    connection.send(Request(connection, "GET", path).bytes())
    answer = connection.answer()
    assert 400 <= answer.status < 500
    assert answer.code
    assert_connection_serves_or_closes(connection)


# --- signatures ---------------------------------------------------------------

def refused_authorization(connection: Connection, change) -> Answer:
    request = Request(connection, "GET", "/")
    request.headers["authorization"] = change(request.headers["authorization"])
    connection.send(request.bytes())
    return connection.answer()


@pytest.mark.parametrize("change, code", [
    (lambda a: a[:-1] + ("0" if a[-1] != "0" else "1"), "SignatureDoesNotMatch"),
    (lambda a: a.split(", Signature")[0], "AuthorizationHeaderMalformed"),
    (lambda a: a.replace("us-east-1", "eu-west-9"), "AuthorizationHeaderMalformed"),
    (lambda a: a.replace("/s3/", "/sqs/"), "AuthorizationHeaderMalformed"),
    (lambda a: a.replace("aws4_request", "aws5_request"), "AuthorizationHeaderMalformed"),
    (lambda a: "AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"),
    (lambda a: "AWS AKIACLIENTTESTS23456:c2lnbmF0dXJl", "SignatureDoesNotMatch"),
    (lambda a: "AWS nonsense", "InvalidArgument"),
    (lambda a: "Basic dXNlcjpwYXNz", "InvalidArgument"),
    (lambda a: f"{a}, {a}", "AuthorizationHeaderMalformed"),
], ids=["signature", "without", "region", "service", "terminator", "empty", "version-2", "version-2-none",
        "basic", "twice"])
def test_authorizations_that_are_none(connection, change, code):
    answer = refused_authorization(connection, change)
    assert answer.status in (400, 403)
    assert answer.code == code, answer.body
    assert_connection_serves_or_closes(connection)


def test_a_signature_of_another_hour(connection):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
    connection.send(Request(connection, "GET", "/", time=then).bytes())
    answer = connection.answer()
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_a_header_that_is_not_as_it_was_signed(connection, s3, bucket):
    request = put_object(connection, bucket, body=b"x", headers={"x-amz-meta-a": "1"})
    request.headers["x-amz-meta-a"] = "2"
    connection.send(request.bytes())
    assert connection.answer().code == "SignatureDoesNotMatch"
    assert keys(s3, bucket) == []


# --- bodies of objects --------------------------------------------------------

@pytest.mark.parametrize("sent", [0, 1, 5000, 99_999])
def test_a_body_that_ends_early_leaves_nothing(connection, s3, bucket, sent):
    request = put_object(connection, bucket, body=b"x" * 100_000, payload_hash=UNSIGNED)
    connection.send(request.head() + request.body[:sent])
    connection.end_of_sending()
    answer = connection.answer()
    assert answer is None or 400 <= answer.status < 500
    assert keys(s3, bucket) == []


def test_a_body_that_ends_early_leaves_the_old_object(plain_server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    with Connection(plain_server) as connection:
        request = put_object(connection, bucket, body=b"x" * 1_000_000, payload_hash=UNSIGNED)
        connection.send(request.head() + request.body[:600_000])
        connection.end_of_sending()
        connection.answer()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_a_body_that_is_not_the_one_that_was_signed(connection, s3, bucket):
    request = put_object(connection, bucket, body=b"signed")
    connection.send(request.head() + b"forged")
    answer = connection.answer()
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert keys(s3, bucket) == []
    assert_connection_serves_or_closes(connection)


def test_a_length_that_is_missing(connection, s3, bucket):
    request = put_object(connection, bucket, payload_hash=UNSIGNED)
    del request.headers["content-length"]
    connection.send(request.bytes())
    answer = connection.answer()
    assert answer.status in (403, 411)
    assert keys(s3, bucket) == []


# --- aws-chunked --------------------------------------------------------------

def chunked(request: Request, pieces: list[bytes]) -> bytes:
    """The pieces, each signed over the one before."""
    previous, framed = request.signature, b""
    for piece in [*pieces, b""]:
        previous = request.chunk_signature(previous, piece)
        framed += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + b"\r\n"
    return framed


def signed_upload(connection: Connection, bucket: str, pieces: list[bytes]) -> tuple[Request, bytes]:
    length = sum(map(len, pieces))
    framed = sum(len(f"{len(p):x}") + len(";chunk-signature=") + 64 + 4 + len(p) for p in [*pieces, b""])
    request = put_object(connection, bucket, payload_hash=SIGNED_CHUNKS, headers={
        "content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(length),
        "content-length": str(framed)})
    body = chunked(request, pieces)
    assert len(body) == framed
    return request, body


def test_signed_chunks_are_taken(connection, s3, bucket):
    pieces = [b"a" * 65_536, b"b" * 65_536, b"c" * 100]
    request, body = signed_upload(connection, bucket, pieces)
    connection.send(request.head() + body)
    answer = connection.answer()
    assert answer.status == 200, answer.body
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"".join(pieces)


@pytest.mark.parametrize("damage", [
    lambda body: body.replace(b"aaaa", b"aaab", 1),
    lambda body: body.replace(b"chunk-signature=", b"chunk-signature=0", 1)[:len(body)],
    lambda body: b"zz" + body[2:],
    lambda body: body.replace(b"\r\n", b"xx", 1),
    lambda body: b"ffffffffffffffffffff" + body[20:],
    lambda body: b";" * len(body),
    lambda body: b"1" * len(body),
], ids=["content", "signature", "size", "framing", "huge", "no-size", "endless-size"])
def test_damaged_chunks_leave_nothing(connection, s3, bucket, damage):
    request, body = signed_upload(connection, bucket, [b"a" * 65_536, b"b" * 10])
    connection.send(request.head() + damage(body))
    connection.end_of_sending()
    answer = connection.answer()
    assert answer is None or 400 <= answer.status < 500, answer.body
    assert answer is None or answer.code
    assert keys(s3, bucket) == []


def unsigned_upload(connection: Connection, bucket: str, body: bytes, decoded: int) -> Request:
    return put_object(connection, bucket, payload_hash=UNSIGNED_CHUNKS, headers={
        "content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(decoded),
        "x-amz-trailer": "x-amz-checksum-crc32", "content-length": str(len(body))})


def test_a_trailer_is_taken(connection, s3, bucket):
    crc = crc32_base64(zlib.crc32(b"hello"))
    body = f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n".encode()
    connection.send(unsigned_upload(connection, bucket, body, 5).head() + body)
    answer = connection.answer()
    assert answer.status == 200, answer.body
    assert answer.headers["x-amz-checksum-crc32"] == crc
    assert keys(s3, bucket) == ["k"]


@pytest.mark.parametrize("body, decoded", [
    (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 5),
    (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:not base64\r\n\r\n", 5),
    (b"5\r\nhello\r\n0\r\n\r\n", 5),
    (b"5\r\nhello\r\n0\r\nx-amz-checksum-sha256:AAAA\r\n\r\n", 5),
    (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 6),
    (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 4),
    (b"5\r\nhello\r\n", 5),
    (b"6\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 5),
], ids=["wrong-sum", "no-sum", "missing", "other", "longer", "shorter", "cut", "overlong-chunk"])
def test_trailers_and_lengths_that_do_not_fit(connection, s3, bucket, body, decoded):
    connection.send(unsigned_upload(connection, bucket, body, decoded).head() + body)
    answer = connection.answer()
    assert 400 <= answer.status < 500 and answer.code, answer.body
    assert keys(s3, bucket) == []
    assert_connection_serves_or_closes(connection)


# --- XML and JSON -------------------------------------------------------------

@pytest.mark.parametrize("document", [
    b"<", b"not xml", b"<a><b></a></b>", b"<CreateBucketConfiguration>" * 5000, b"\xff\xfe\x00",
    b"<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]><CreateBucketConfiguration>&z;"
    b"</CreateBucketConfiguration>",
    b"<SomethingElse/>",
])
def test_documents_that_are_none(connection, s3, name, document):
    connection.send(Request(connection, "PUT", f"/{name}", body=document).bytes())
    answer = connection.answer()
    assert (answer.status, answer.code) == (400, "MalformedXML"), answer.body
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    assert_connection_serves_or_closes(connection)


def dynamodb_answer(connection: Connection, body: bytes, target: str = "ListTables") -> Answer:
    connection.send(Request(connection, "POST", "/", service="dynamodb", body=body, headers={
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{target}"}).bytes())
    return connection.answer()


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"nonsense", b'{"Limit": }', b'{"Limit": 1} extra', b'{"Limit": "one"}', b"\xff\xfe",
    b"{" * 100_000, b'{"a":' * 10_000, b'{"Limit": 1e999}', b'{"\xff": 1}', b"null", b'"text"',
], ids=lambda body: body[:16].decode("latin-1") + f"-{len(body)}")
def test_json_that_is_none(connection, body):
    answer = dynamodb_answer(connection, body)
    assert (answer.status, answer.code) == (400, "SerializationException"), answer.body
    assert_connection_serves_or_closes(connection)


def test_an_item_that_is_nested_too_deep(connection, table):
    for depth in (40, 3000):
        value = '{"L":[' * depth + "]}" * depth
        body = f'{{"TableName":"{table.name}","Item":{{"pk":{{"S":"x"}},"sk":{{"N":"1"}},"deep":{value}}}}}'
        answer = dynamodb_answer(connection, body.encode(), "PutItem")
        assert answer.status == 400 and answer.code in ("ValidationException", "SerializationException")
    assert table.scan()["Count"] == 0


@pytest.mark.parametrize("value", [{}, {"S": "a", "N": "1"}, {"X": "a"}, {"S": 1}, {"N": 1}, {"SS": []},
                                   {"SS": ["a", "a"]}, {"B": "not base64!"}, {"BOOL": "maybe"},
                                   {"NULL": False}, {"L": {}}, {"M": []}, None, "a", []])
def test_attribute_values_that_are_none(connection, table, value):
    item = {"pk": {"S": "x"}, "sk": {"N": "1"}, "value": value}
    answer = dynamodb_answer(connection, json.dumps({"TableName": table.name, "Item": item}).encode(),
                             "PutItem")
    assert answer.status == 400 and answer.code in ("ValidationException", "SerializationException")
    assert table.scan()["Count"] == 0


def test_a_body_larger_than_any_request(connection):
    request = Request(connection, "POST", "/", service="dynamodb", payload_hash="0" * 64, headers={
        "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem",
        "content-length": str(64 << 20)})
    connection.send(request.head() + b" " * (1 << 20))
    answer = connection.answer()
    assert answer is None or 400 <= answer.status < 500
    assert connection.is_closed() or answer is not None


def test_targets_that_are_none(connection):
    for target in ("NoSuchOperation", "ListTables.ListTables", ""):
        answer = dynamodb_answer(connection, b"{}", target)
        assert (answer.status, answer.code) == (400, "UnknownOperationException"), answer.body


@pytest.mark.parametrize("expression", [
    "a = ", "((((((((((", "a = :v AND", "size(a", ":v", "a IN ()", "#undefined = :v", "a BETWEEN :v",
    "NOT " * 500 + "a = :v", "(" * 400 + "a = :v" + ")" * 400, "a = :v OR " * 500 + "a = :v", "\x00", "a == :v",
    "attribute_exists(a, b)", "unknown(a)", "SELECT * FROM a",
], ids=lambda e: e[:16].replace("\x00", "NUL") + f"-{len(e)}")
def test_expressions_that_are_none(connection, table, expression):
    body = {"TableName": table.name, "Item": {"pk": {"S": "x"}, "sk": {"N": "1"}},
            "ConditionExpression": expression, "ExpressionAttributeValues": {":v": {"N": "1"}}}
    answer = dynamodb_answer(connection, json.dumps(body).encode(), "PutItem")
    assert answer.status == 400
    assert answer.code in ("ValidationException", "ConditionalCheckFailedException"), answer.body
    assert table.scan()["Count"] == 0
