"""What stands before both services: hosts, old signatures, limits, and a certificate of the server's own."""

import concurrent.futures
import hashlib
import http.client
import json
import select
import socket
import ssl
import time
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

from errors import refused
from raw import Connection, Request
from server import ACCESS_KEY, PATIENCE, REGION, SECRET_KEY, Server

PATH_STYLE = {"addressing_style": "path"}


def client(server, service="s3", verify=None, **config):
    config = {"retries": {"total_max_attempts": 1}} | config
    return boto3.client(service, endpoint_url=server.endpoint, region_name=REGION, verify=verify,
                        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
                        config=botocore.config.Config(**config))


@pytest.fixture
def started(dyad, tmp_path):
    """Starts servers with arguments of their own; all end with the test, and well."""
    servers = []

    def start(*arguments) -> Server:
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        server = Server(dyad, folder, arguments=arguments)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        assert server.stop() == 0, server.log()[-4000:]


@pytest.fixture
def own_bucket(plain_server, name) -> str:
    client(plain_server, s3=PATH_STYLE).create_bucket(Bucket=name)
    return name


# --- a certificate of the server's own ----------------------------------------

def test_a_certificate_of_its_own(started):
    server = started("--tls")
    certificate = server.data / "tls-certificate.pem"
    assert f"AWS_CA_BUNDLE={certificate}" in "".join(server.banner) or "AWS_CA_BUNDLE=" in server.log()
    assert (server.data / "tls-key.pem").stat().st_mode & 0o777 == 0o600
    s3 = client(server, verify=str(certificate), s3=PATH_STYLE)
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="k", Body=b"over TLS")  # A trailer, as SDKs send it there.
    assert s3.get_object(Bucket="photos", Key="k")["Body"].read() == b"over TLS"
    with pytest.raises(botocore.exceptions.SSLError):
        client(server).list_buckets()

    context = ssl.create_default_context(cafile=certificate)
    host, port = server.address
    for name in ("localhost", "s3.localhost", "photos.s3.localhost", "127.0.0.1", "::1"):
        with socket.create_connection((host, port)) as raw:
            with context.wrap_socket(raw, server_hostname=name) as connection:
                assert connection.version() in ("TLSv1.2", "TLSv1.3")

    before = certificate.read_bytes()
    server.stop()
    server.start()
    assert certificate.read_bytes() == before


# --- signatures of version 2 ---------------------------------------------------

def test_version_2_in_headers(server, aws, bucket):
    old = aws.client("s3", signature_version="s3")
    old.put_object(Bucket=bucket, Key="a b/ä", Body=b"content", Metadata={"a": "1"})
    assert old.get_object(Bucket=bucket, Key="a b/ä")["Body"].read() == b"content"
    assert [o["Key"] for o in old.list_objects_v2(Bucket=bucket, Prefix="a ")["Contents"]] == ["a b/ä"]
    with refused("SignatureDoesNotMatch", 403):
        aws.client("s3", secret_key="wrong", signature_version="s3").list_buckets()


def test_version_2_can_be_refused(started):
    server = started("--sigv2", "refuse")
    new, old = client(server, s3=PATH_STYLE), client(server, signature_version="s3", s3=PATH_STYLE)
    new.create_bucket(Bucket="photos")
    with refused("InvalidRequest", 400):
        old.list_buckets()
    url = old.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "k"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 400 and b"Please use AWS4-HMAC-SHA256." in caught.value.read()


# --- hosts ----------------------------------------------------------------------

@pytest.mark.parametrize("host", ["{}.localhost", "{}.s3.localhost", "{}.s3.us-east-1.localhost",
                                  "{}.s3.us-east-1.amazonaws.com", "{}.S3.LocalHost:80"])
def test_buckets_in_host_names(plain_server, own_bucket, host):
    with Connection(plain_server) as connection:
        request = Request(connection, "PUT", "/a/b", body=b"x", headers={"host": host.format(own_bucket)})
        connection.send(request.bytes())
        assert connection.answer().status == 200
        connection.send(Request(connection, "GET", f"/{own_bucket}/a/b").bytes())
        assert connection.answer().body == b"x"


def test_an_account_before_the_host_is_s3_control(plain_server):
    with Connection(plain_server) as connection:
        connection.send(Request(connection, "GET", "/v20180820/jobs",
                                headers={"host": "000000000000.localhost"}).bytes())
        answer = connection.answer()
        assert answer.status == 501 and answer.code == "NotImplemented"
        assert b'<ErrorResponse xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">' in answer.body


def test_another_region(plain_server):
    with Connection(plain_server) as connection:
        request = Request(connection, "GET", "/")
        request.headers["authorization"] = request.headers["authorization"].replace(REGION, "eu-west-1")
        connection.send(request.bytes())
        answer = connection.answer()
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")
    assert answer.headers["x-amz-bucket-region"] == REGION and b"<Region>us-east-1</Region>" in answer.body
    with refused("InvalidSignatureException", 400):
        boto3.client("dynamodb", endpoint_url=plain_server.endpoint, region_name="eu-west-1",
                     aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY).list_tables()
    with refused("SignatureDoesNotMatch", 403):
        boto3.client("sts", endpoint_url=plain_server.endpoint, region_name="eu-west-1",
                     aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY).get_caller_identity()


def test_a_presigned_call_of_sts(plain_server):
    url = client(plain_server, "sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url) as answer:
        assert b":root</Arn>" in answer.read()


# --- the connection ---------------------------------------------------------------

def test_continue_is_said_only_to_what_will_be_read(plain_server, own_bucket):
    with Connection(plain_server) as connection:
        good = Request(connection, "PUT", f"/{own_bucket}/k", body=b"hello", headers={"expect": "100-continue"})
        connection.send(good.head())
        assert connection.answer().status == 100
        connection.send(b"hello")
        assert connection.answer().status == 200
    with Connection(plain_server) as connection:
        bad = Request(connection, "PUT", f"/{own_bucket}/k", body=b"hello", headers={"expect": "100-continue"})
        bad.headers["authorization"] = bad.headers["authorization"][:-4] + "0000"
        connection.send(bad.head())
        assert connection.answer().status == 403


# --- limits -------------------------------------------------------------------------

def test_a_rate_for_each_client(started):
    server = started("--max-requests-per-second", "5")
    s3, dynamodb = client(server), client(server, "dynamodb")
    with refused("SlowDown", 503):
        for _ in range(100):
            s3.list_buckets()
    with refused("ThrottlingException", 400):
        for _ in range(100):
            dynamodb.list_tables()
    # SDKs wait and try again.
    assert client(server, retries={"mode": "standard", "total_max_attempts": 10}).list_buckets()["Buckets"] == []


def test_a_rate_of_connections(started):
    server = started("--max-connections-per-second", "3")
    closed = 0
    for _ in range(30):
        connection = http.client.HTTPConnection(*server.address, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            closed += 1
        finally:
            connection.close()
    assert 15 <= closed < 30


def test_the_memory_of_all_bodies_together(started):
    """32 MiB are room for two of the largest requests; of forty at once most are told to slow down, none hangs,
    and afterwards all is as before."""
    server = started("--request-memory-mib", "32")
    item = json.dumps({"TableName": "none", "Item": {"pk": {"S": "x" * 15_000_000}}}).encode()
    digest = hashlib.sha256(item).hexdigest()

    def send(_) -> str:
        with Connection(server) as connection:
            request = Request(connection, "POST", "/", service="dynamodb", payload_hash=digest, headers={
                "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem",
                "content-length": str(len(item))})
            connection.send(request.head() + item)
            answer = connection.answer()
            return "closed" if answer is None else answer.code

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(send, range(40)))
    assert "ThrottlingException" in codes, set(codes)
    assert set(codes) <= {"ThrottlingException", "ValidationException", "ResourceNotFoundException", "closed"}
    assert send(0) in ("ValidationException", "ResourceNotFoundException")
    assert client(server, "dynamodb").list_tables()["TableNames"] == []


def metric(server, name: str) -> float:
    with urllib.request.urlopen(f"{server.endpoint}/metrics") as answer:
        values = [line.split()[1] for line in answer.read().decode().splitlines() if line.startswith(f"{name} ")]
    return float(values[0])


def wait_until(holds) -> bool:
    end = time.monotonic() + 30 * PATIENCE
    while not holds() and time.monotonic() < end:
        pass
    return holds()


def test_the_memory_of_all_heads_together(started):
    """8 MiB are room for some 130 heads of 60 KB that never end; of 300 the others are told to slow down, small heads
    are served, and afterwards all is as before."""
    server = started("--head-memory-mib", "8", "--threads", "2")
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 60_000
    assert metric(server, "dyad_head_memory_limit_bytes") == 8 << 20
    connections = []
    try:
        for _ in range(300):
            connections.append(Connection(server))
            connections[-1].send(head)
        assert wait_until(lambda: metric(server, "dyad_head_memory_refused") >= 100)
        assert (4 << 20) < metric(server, "dyad_head_memory_bytes") <= 8 << 20
        told, _, _ = select.select([one.socket for one in connections], [], [], 30 * PATIENCE)
        first = next(one for one in connections if one.socket in told)
        answer = first.answer()
        assert answer.status == 503 and answer.code == "SlowDown"
        assert client(server, "dynamodb").list_tables()["TableNames"] == []
    finally:
        for connection in connections:
            connection.socket.close()
    # What is left is what the two reactors keep at hand.
    assert wait_until(lambda: metric(server, "dyad_head_memory_bytes") <= 2 * 512 * 1024)


def test_expiry_of_links(plain_server, own_bucket):
    s3 = client(plain_server, signature_version="s3v4", s3=PATH_STYLE)
    for seconds, status in ((1, 404), (604_800, 404), (604_801, 400)):
        url = s3.generate_presigned_url("get_object", Params={"Bucket": own_bucket, "Key": "k"}, ExpiresIn=seconds)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        assert caught.value.code == status, caught.value.read()
