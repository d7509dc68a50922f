"""Browsers' requests: preflights without a signature, and what answers say to pages."""

import pytest

from conftest import Aws
from errors import refused
from raw import Connection, Request

PAGE = "https://page.example"


@pytest.fixture
def s3(plain_server):
    return Aws(plain_server).client("s3")


@pytest.fixture
def bucket(s3, name) -> str:
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def ask(plain_server):
    """Sends a head without a signature."""
    def send(method: str, path: str, **headers: str):
        with Connection(plain_server) as connection:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {connection.host}"]
            lines += [f"{field.replace('_', '-')}: {value}" for field, value in headers.items()]
            connection.send(("\r\n".join(lines) + "\r\n\r\n").encode())
            return connection.answer(to_head=method == "HEAD")
    return send


@pytest.fixture
def ask_signed(plain_server):
    def send(method: str, path: str, body: bytes = b"", **headers: str):
        named = {field.replace("_", "-"): value for field, value in headers.items()}
        with Connection(plain_server) as connection:
            connection.send(Request(connection, method, path, headers=named, body=body).bytes())
            return connection.answer(to_head=method == "HEAD")
    return send


def allow(s3, bucket: str, **rule) -> None:
    full = {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*"],
            "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000} | rule
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [full]})


def test_rules_are_kept_told_and_deleted(s3, bucket):
    with refused("NoSuchCORSConfiguration", 404) as error:
        s3.get_bucket_cors(Bucket=bucket)
    assert error.message == "The CORS configuration does not exist"
    allow(s3, bucket, ID="one")
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [
        {"ID": "one", "AllowedHeaders": ["x-amz-*"], "AllowedMethods": ["GET", "PUT"],
         "AllowedOrigins": [PAGE], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000}]
    assert s3.delete_bucket_cors(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)
    with refused("InvalidRequest", 400) as error:
        allow(s3, bucket, AllowedMethods=["OPTIONS"])
    assert error.message == "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS"
    with refused("MalformedXML", 400):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": []})


def test_a_preflight_needs_no_signature(s3, bucket, ask):
    allow(s3, bucket)
    answer = ask("OPTIONS", f"/{bucket}/k", Origin=PAGE, Access_Control_Request_Method="PUT",
                 Access_Control_Request_Headers="X-Amz-Date, x-amz-meta-a")
    assert (answer.status, answer.body) == (200, b"")
    said = {name: value for name, value in answer.headers.items()
            if name.startswith("access-control-") or name == "vary"}
    assert said == {
        "access-control-allow-origin": PAGE, "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "x-amz-date, x-amz-meta-a",
        "access-control-expose-headers": "ETag", "access-control-max-age": "3000",
        "access-control-allow-credentials": "true",
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}
    assert answer.headers["x-amz-request-id"] and answer.headers["x-amz-id-2"]
    assert "content-type" not in answer.headers


def test_preflights_refused(s3, bucket, ask):
    method = {"Access_Control_Request_Method": "DELETE"}
    for path in (f"/{bucket}", "/"):
        answer = ask("OPTIONS", path, **method)
        assert (answer.status, answer.code) == (400, "BadRequest")
        assert b"Insufficient information. Origin request header needed." in answer.body
    answer = ask("OPTIONS", f"/{bucket}/k", Origin=PAGE, **method)
    assert (answer.status, answer.code) == (403, "AccessForbidden")
    assert (b"<Message>CORSResponse: CORS is not enabled for this bucket.</Message>"
            b"<Method>DELETE</Method><ResourceType>BUCKET</ResourceType>") in answer.body
    answer = ask("OPTIONS", f"/{bucket}-absent/k", Origin=PAGE)
    assert (b"<Message>CORSResponse: Bucket not found</Message>"
            b"<Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>") in answer.body
    allow(s3, bucket)
    answer = ask("OPTIONS", f"/{bucket}/k", Origin=PAGE, **method)
    assert (answer.status, answer.code) == (403, "AccessForbidden")
    assert b"CORSResponse: This CORS request is not allowed." in answer.body
    assert b"<Method>DELETE</Method><ResourceType>OBJECT</ResourceType>" in answer.body
    assert b"<ResourceType>BUCKET</ResourceType>" in ask("OPTIONS", f"/{bucket}", Origin=PAGE, **method).body
    answer = ask("OPTIONS", f"/{bucket}/k", Origin=PAGE)
    assert b"Invalid Access-Control-Request-Method: null" in answer.body


def test_answers_to_a_page(s3, bucket, ask, ask_signed):
    allow(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    path = f"/{bucket}/k"
    answers = {
        200: ask_signed("GET", path, origin=PAGE),
        206: ask_signed("GET", path, origin=PAGE, range="bytes=1-2"),
        304: ask_signed("GET", path, origin=PAGE, if_none_match=etag),
        404: ask_signed("GET", f"/{bucket}/absent", origin=PAGE),
        403: ask("GET", path, Origin=PAGE),
    }
    for status, answer in answers.items():
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == PAGE, status
        assert answer.headers["access-control-expose-headers"] == "ETag"
        assert answer.headers["vary"].startswith("Origin"), status
        assert "access-control-allow-headers" not in answer.headers
    assert ask_signed("PUT", path, b"x", origin=PAGE).headers["access-control-allow-origin"] == PAGE
    for answer in (ask_signed("GET", path), ask_signed("GET", path, origin="https://other.example"),
                   ask_signed("HEAD", path, origin=PAGE)):
        assert answer.status == 200
        assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]
    allow(s3, bucket, AllowedOrigins=["*"])
    answer = ask_signed("GET", path, origin="null")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_and_tables(plain_server, ask):
    answer = ask("OPTIONS", "/", Origin=PAGE, Access_Control_Request_Method="POST",
                 Access_Control_Request_Headers="authorization,content-type,x-amz-date,x-amz-target")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type,x-amz-date,x-amz-target"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-max-age"] == "172800"
    headers = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}
    with Connection(plain_server) as connection:
        for origin, said in (({"origin": PAGE}, "*"), ({}, None)):
            connection.send(Request(connection, "POST", "/", "dynamodb", headers | origin, b"{}").bytes())
            answer = connection.answer()
            assert answer.status == 200, answer.body
            assert answer.headers.get("access-control-allow-origin") == said
    refused_answer = ask("POST", "/", Origin=PAGE, X_Amz_Target="DynamoDB_20120810.ListTables",
                         Content_Length="0")
    assert refused_answer.status == 400
    assert refused_answer.headers["access-control-allow-origin"] == "*"
