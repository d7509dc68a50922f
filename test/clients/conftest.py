"""Servers, clients, and a bucket and a table for each test."""

import itertools
import os
import pathlib

import boto3
import botocore.config
import pytest

from server import ACCESS_KEY, REGION, SECRET_KEY, Server

# A failed request shall be seen, not tried again.
ONCE = {"retries": {"total_max_attempts": 1}}
# What a client would take from its surroundings is taken from the test alone.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
               "AWS_EC2_METADATA_DISABLED": "true"}



def clean_environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment without anything that a command would take for its own, and `more`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DYAD_", "AWS_"))}
    return kept | {"AWS_EC2_METADATA_DISABLED": "true"} | (more or {})


_numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--dyad", required=True, type=pathlib.Path, help="the program")


@pytest.fixture(scope="session")
def dyad(request) -> pathlib.Path:
    return request.config.getoption("--dyad").resolve()


def _running(dyad, folder, tls):
    server = Server(dyad, folder, tls)
    server.start()
    try:
        yield server
        assert server.process.poll() is None, f"the server died: {server.log()[-4000:]}"
        assert server.stop() == 0, server.log()[-4000:]
    finally:
        server.kill()


@pytest.fixture(scope="session")
def plain_server(dyad, tmp_path_factory):
    yield from _running(dyad, tmp_path_factory.mktemp("http"), tls=False)


@pytest.fixture(scope="session")
def tls_server(dyad, tmp_path_factory):
    yield from _running(dyad, tmp_path_factory.mktemp("https"), tls=True)


@pytest.fixture(params=["http", "https"])
def server(request) -> Server:
    """A test that asks for this runs twice: in the clear, and over TLS."""
    return request.getfixturevalue("plain_server" if request.param == "http" else "tls_server")


class Aws:
    """Clients of one server, with the SDK's defaults unless said otherwise."""

    def __init__(self, server: Server):
        self.server = server

    def _arguments(self, access_key: str, secret_key: str, **config) -> dict:
        verify = str(self.server.certificate) if self.server.certificate else None
        return {"endpoint_url": self.server.endpoint, "region_name": REGION, "verify": verify,
                "aws_access_key_id": access_key, "aws_secret_access_key": secret_key,
                "config": botocore.config.Config(**(ONCE | config))}

    def client(self, service: str, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY, **config):
        return boto3.client(service, **self._arguments(access_key, secret_key, **config))

    def resource(self, service: str):
        return boto3.resource(service, **self._arguments(ACCESS_KEY, SECRET_KEY))


@pytest.fixture
def aws(server) -> Aws:
    return Aws(server)


@pytest.fixture
def s3(aws):
    return aws.client("s3")


@pytest.fixture
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture
def name() -> str:
    """A name that no other test has, fit for buckets and tables."""
    return f"test-{next(_numbers):04}"


@pytest.fixture
def bucket(s3, name) -> str:
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def table(aws, name):
    """pk (S), sk (N); an index by kind (S) and sk, and a local one by label (S)."""
    table = aws.resource("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"},
                              {"AttributeName": "sk", "AttributeType": "N"},
                              {"AttributeName": "kind", "AttributeType": "S"},
                              {"AttributeName": "label", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-kind",
            "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}}],
        LocalSecondaryIndexes=[{
            "IndexName": "by-label",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                          {"AttributeName": "label", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        BillingMode="PAY_PER_REQUEST")
    table.wait_until_exists()
    return table
