"""`dyad status`: how a server is, by any of the ways in which a client finds one."""

import json
import os
import subprocess

import pytest

from conftest import Aws, clean_environment
from server import ACCESS_KEY, ACCOUNT, PATIENCE, REGION, SECRET_KEY, TEST_CREDENTIALS, Server

TIMEOUT_SECONDS = 60 * PATIENCE


@pytest.fixture
def status(dyad):
    def run(*arguments, environment=None, code: int = 0, **how) -> subprocess.CompletedProcess:
        done = subprocess.run([dyad, "status", *arguments], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS, env=clean_environment(environment), **how)
        assert done.returncode == code, done.stdout + done.stderr
        if code != 0:
            assert done.stdout == ""
        return done
    return run


def pair() -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


def test_what_it_tells(status, server, bucket, dynamodb, name):
    table = f"t-{name}"
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    told = json.loads(status("--json", environment=server.client_environment()).stdout)
    assert told["endpoint"] == server.endpoint and told["health"] == "ok"
    assert told["region"] == REGION and told["account"] == ACCOUNT
    assert told["caller"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert bucket in told["buckets"]["names"]
    assert told["buckets"]["count"] == len(told["buckets"]["names"])
    assert table in told["tables"]["names"]
    assert not [n for n in told["tables"]["names"] if n.startswith("s3.")]
    assert told["requests"] >= 2 and told["connections"] >= 1 and told["freeDiskBytes"] > 0
    assert 0 <= told["uptimeSeconds"] < 3600
    assert 0 <= told["requestMemoryBytes"] < told["requestMemoryLimitBytes"] and told["requestMemoryRefused"] == 0
    assert 0 <= told["headMemoryBytes"] < told["headMemoryLimitBytes"] == 64 << 20 and told["headMemoryRefused"] == 0
    assert told["requestWaitMilliseconds"] >= 0 and told["requestsShed"] == 0 and told["commitWaitMilliseconds"] >= 0
    text = status(environment=server.client_environment()).stdout
    for word in ("endpoint", "health", "version", "region", "buckets", "tables", "uptime", "bodies", "waiting", "free disk"):
        assert word in text


def test_many_buckets_do_not_hide_the_tables(dyad, status, tmp_path):
    server = Server(dyad, tmp_path)
    server.start()
    try:
        aws = Aws(server)
        s3, dynamodb = aws.client("s3"), aws.client("dynamodb")
        for i in range(105):
            s3.create_bucket(Bucket=f"bucket-{i:03}")
        for table in ("aaa", "zzz"):
            dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST",
                                  KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                                  AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        told = json.loads(status("--json", "--data", server.data, environment=TEST_CREDENTIALS).stdout)
        assert told["tables"]["names"] == ["aaa", "zzz"] and told["tables"]["more"] is False
        assert told["buckets"]["count"] == 105
    finally:
        server.kill()


def test_by_its_data_directory(status, plain_server):
    done = status("--data", plain_server.data, environment=TEST_CREDENTIALS)
    assert plain_server.endpoint in done.stdout
    assert plain_server.endpoint in status(cwd=plain_server.folder, environment=TEST_CREDENTIALS).stdout


def test_by_its_endpoint(status, plain_server, tls_server):
    assert plain_server.endpoint in status("--endpoint", plain_server.endpoint, environment=pair()).stdout
    done = status("--endpoint", tls_server.endpoint, "--ca-bundle", tls_server.certificate, environment=pair())
    assert tls_server.endpoint in done.stdout
    localhost = tls_server.endpoint.replace("127.0.0.1", "localhost")
    done = status("--endpoint", localhost, "--ca-bundle", tls_server.certificate, environment=pair())
    assert localhost in done.stdout


def test_a_certificate_that_nobody_trusts(status, tls_server):
    assert "certificate" in status("--endpoint", tls_server.endpoint, environment=pair(), code=1).stderr


def test_by_a_profile(status, plain_server, tmp_path):
    files = {"AWS_CONFIG_FILE": str(tmp_path / "c"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "s")}
    (tmp_path / "c").write_text(f"[profile p]\nendpoint_url={plain_server.endpoint}\nregion = {REGION}\n")
    (tmp_path / "s").write_text(f"[p]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n")
    assert plain_server.endpoint in status("--profile", "p", environment=files).stdout
    assert plain_server.endpoint in status(environment=files | {"AWS_PROFILE": "p"}).stdout
    # A profile that is named comes before credentials of the environment, as with AWS's own tools.
    wrong = {"AWS_ACCESS_KEY_ID": "AKIAWRONG", "AWS_SECRET_ACCESS_KEY": "wrong"}
    assert plain_server.endpoint in status("--profile", "p", environment=files | wrong).stdout
    assert "dyad profile q" in status("--profile", "q", environment=files, code=1).stderr


def test_refusals_say_what_to_do(status, plain_server, tmp_path):
    wrong = {"AWS_ACCESS_KEY_ID": "AKIAWRONG", "AWS_SECRET_ACCESS_KEY": "wrong-wrong"}
    why = status("--endpoint", plain_server.endpoint, environment=wrong, code=1).stderr
    assert "InvalidClientTokenId" in why and "dyad env" in why
    wrong = pair() | {"AWS_REGION": "eu-west-1"}
    assert "region" in status("--endpoint", plain_server.endpoint, environment=wrong, code=1).stderr
    assert "dyad env" in status("--endpoint", plain_server.endpoint, code=1).stderr
    assert "dyad serve" in status("--endpoint", "http://127.0.0.1:1", environment=pair(), code=1).stderr
    assert "dyad serve" in status(cwd=tmp_path, code=1).stderr
    for bad in ("127.0.0.1:4566", "http://", "ftp://x"):
        assert "expected" in status("--endpoint", bad, environment=pair(), code=1).stderr


def test_a_host_that_nobody_knows(status):
    assert "absent.invalid" in status("--endpoint", "http://absent.invalid:1", environment=pair(), code=1).stderr
