"""The program itself: its command line, its data directory, its start and its stop."""

import json
import os
import re
import signal
import ssl
import stat
import subprocess
import threading
import time
import urllib.request

import boto3
import pytest

from conftest import Aws
from raw import Connection, Request
from server import PATIENCE, REGION, TEST_CREDENTIALS, Server, make_certificate

TIMEOUT_SECONDS = 30 * PATIENCE
START_LIMIT_MS = 100 * PATIENCE
MOST_START_TRIES = 20  # Whoever else uses the machine may slow one down.


@pytest.fixture
def make_server(dyad, tmp_path):
    """Servers of this test, all on one folder unless said otherwise."""
    made = []

    def make(folder=tmp_path, **how) -> Server:
        made.append(Server(dyad, folder, **how))
        return made[-1]

    yield make
    for server in made:
        server.kill()


def run(dyad, *arguments: str, environment=None) -> subprocess.CompletedProcess:
    return subprocess.run([dyad, *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          env=environment)


def shown_credentials(server: Server) -> tuple[str | None, str | None]:
    text = "".join(server.banner)
    key = re.search(r"access key\s+(\w+)", text)
    secret = re.search(r"secret key\s+(\S+)", text)
    return key and key.group(1), secret and secret.group(1)


def put_and_get(server: Server, key_id: str, secret: str) -> None:
    s3 = boto3.client("s3", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id=key_id,
                      aws_secret_access_key=secret)
    s3.create_bucket(Bucket="credentials")
    s3.put_object(Bucket="credentials", Key="k", Body=b"x")
    assert s3.get_object(Bucket="credentials", Key="k")["Body"].read() == b"x"


# --- command line -------------------------------------------------------------

def test_help_names_the_commands_and_their_options(dyad):
    text = run(dyad, "--help").stdout
    assert "serve" in text and "verify" in text
    text = run(dyad, "serve", "--help").stdout
    for option in ("--data", "--listen", "--region", "--tls-cert", "--tls-key"):
        assert option in text
    assert "127.0.0.1:4566" in text
    assert "--offline" in run(dyad, "verify", "--help").stdout


def test_help_of_a_command_may_be_asked_for_by_its_name(dyad):
    for command in ((), ("serve",), ("backup", "create")):
        assert run(dyad, "help", *command).stdout == run(dyad, *command, "--help").stdout != ""


def test_a_word_that_is_no_command_is_named(dyad):
    for arguments in (("no-such-command",), ("help", "no-such-command")):
        result = run(dyad, *arguments)
        assert result.returncode != 0
        assert "'no-such-command'" in result.stderr and "verify" in result.stderr


@pytest.mark.parametrize("arguments", [("serve", "--data", "x", "--no-such-flag"), (),
                                       ("serve", "--data", "x", "--listen", "nonsense"),
                                       ("serve", "--data", "x", "--listen", "127.0.0.1:99999"),
                                       ("serve", "--data", "x", "--tls-cert", "only-one")])
def test_a_command_line_that_makes_no_sense(dyad, tmp_path, arguments):
    result = subprocess.run([dyad, *arguments], capture_output=True, text=True, cwd=tmp_path,
                            timeout=TIMEOUT_SECONDS)
    assert result.returncode != 0
    assert result.stderr != ""


def test_listening_in_the_clear_beyond_loopback_is_refused(dyad, tmp_path):
    result = run(dyad, "serve", "--data", str(tmp_path / "data"), "--listen", "0.0.0.0:0")
    assert result.returncode != 0
    assert "--insecure" in result.stderr


# --- credentials --------------------------------------------------------------

def test_root_credentials_are_made_and_shown_once(make_server):
    server = make_server(credentials={})
    server.start()
    key_id, secret = shown_credentials(server)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key_id) and len(secret) == 40
    put_and_get(server, key_id, secret)
    assert server.stop() == 0

    kept = [f for f in server.data.rglob("*") if f.is_file() and secret in f.read_text(errors="replace")]
    assert len(kept) == 1, "the secret lies in one file"
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600

    again = make_server(credentials={})
    again.start()
    assert secret not in again.log()
    assert shown_credentials(again)[0] == key_id
    put_and_get(again, key_id, secret)
    assert again.stop() == 0


def test_the_environment_overrides_them(make_server):
    server = make_server(credentials={"DYAD_ROOT_ACCESS_KEY_ID": "my_own_key",
                                      "DYAD_ROOT_SECRET_ACCESS_KEY": "my/own+secret"})
    server.start()
    put_and_get(server, "my_own_key", "my/own+secret")
    assert "my/own+secret" not in server.log()
    assert server.stop() == 0


def test_half_a_pair_is_refused(dyad, tmp_path):
    environment = dict(os.environ, DYAD_ROOT_ACCESS_KEY_ID="my_own_key")
    result = run(dyad, "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0",
                 environment=environment)
    assert result.returncode != 0
    assert "DYAD_ROOT_SECRET_ACCESS_KEY" in result.stderr


# --- data directory -----------------------------------------------------------

def test_a_second_process_on_the_same_data_is_refused(dyad, make_server):
    server = make_server()
    server.start()
    second = run(dyad, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0",
                 environment=server.environment())
    assert second.returncode != 0
    assert str(server.data) in second.stderr
    offline = run(dyad, "verify", "--offline", str(server.data))
    assert offline.returncode != 0, "verify reads no data that a server writes"
    with urllib.request.urlopen(f"{server.endpoint}/health") as answer:
        assert answer.status == 200
    assert server.stop() == 0


def test_everything_is_there_after_a_stop_and_verified(dyad, make_server):
    server = make_server()
    server.start()
    aws = Aws(server)
    s3, dynamodb = aws.client("s3"), aws.client("dynamodb")
    s3.create_bucket(Bucket="kept")
    bodies = {f"k{size}": os.urandom(size) for size in (0, 100, 70_000, 1_500_000)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kept", Key=key, Body=body)
    s3.delete_object(Bucket="kept", Key="k70000")
    del bodies["k70000"]
    dynamodb.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    dynamodb.put_item(TableName="kept", Item={"pk": {"S": "x"}, "n": {"N": "1"}})
    for key in ("whole", "under-way"):
        part = {"Bucket": "kept", "Key": key, "UploadId": s3.create_multipart_upload(Bucket="kept", Key=key)["UploadId"]}
        tags = [s3.upload_part(**part, PartNumber=number, Body=bytes(5 << 20))["ETag"] for number in (1, 2)]
        if key == "whole":
            s3.complete_multipart_upload(**part, MultipartUpload={
                "Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]})
            bodies[key] = bytes(10 << 20)
    assert server.stop() == 0

    verified = run(dyad, "verify", "--offline", str(server.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stderr == "", "nothing to tell of so short a job"
    counted = json.loads(run(dyad, "verify", "--offline", "--json", str(server.data)).stdout)
    assert counted["items"] == 1 and counted["objects"] == len(bodies) and counted["damages"] == []
    assert (counted["objectsInParts"], counted["uploads"], counted["partsOfUploads"]) == (1, 1, 2)

    again = make_server()
    again.start()
    aws = Aws(again)
    for key, body in bodies.items():
        assert aws.client("s3").get_object(Bucket="kept", Key=key)["Body"].read() == body
    assert aws.client("s3").list_objects_v2(Bucket="kept")["KeyCount"] == len(bodies)
    assert aws.client("dynamodb").get_item(TableName="kept", Key={"pk": {"S": "x"}})["Item"]["n"] == {"N": "1"}
    assert again.stop() == 0


def test_everything_is_there_after_a_kill(dyad, make_server):
    server = make_server()
    server.start()
    s3 = Aws(server).client("s3")
    s3.create_bucket(Bucket="killed")
    s3.put_object(Bucket="killed", Key="k", Body=b"x" * 100_000)
    server.kill()
    again = make_server()
    again.start()
    assert Aws(again).client("s3").get_object(Bucket="killed", Key="k")["Body"].read() == b"x" * 100_000
    assert again.stop() == 0
    assert run(dyad, "verify", "--offline", str(server.data)).returncode == 0


def test_verify_of_what_is_no_data_directory(dyad, tmp_path):
    result = run(dyad, "verify", "--offline", str(tmp_path / "absent"))
    assert result.returncode != 0 and result.stderr


# --- start and stop -----------------------------------------------------------

def test_a_stop_finishes_what_is_in_flight(make_server):
    server = make_server()
    server.start()
    s3 = Aws(server).client("s3")
    s3.create_bucket(Bucket="flight")
    body = os.urandom(400_000)
    codes = []
    with Connection(server) as connection:
        request = Request(connection, "PUT", "/flight/k", body=body, headers={"expect": "100-continue"})
        connection.send(request.head())
        assert connection.answer(to_head=True).status == 100  # So the request is in flight.
        connection.send(body[:200_000])
        # The stop begins when the listener is gone; half of the body is still to come then.
        stopping = threading.Thread(target=lambda: codes.append(server.stop()))
        stopping.start()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while accepts(server):
            assert time.monotonic() < deadline, "the server goes on listening"
        connection.send(body[200_000:])
        assert connection.answer().status == 200
    stopping.join(TIMEOUT_SECONDS)
    assert codes == [0]
    again = make_server()
    again.start()
    assert Aws(again).client("s3").get_object(Bucket="flight", Key="k")["Body"].read() == body
    assert again.stop() == 0


def accepts(server: Server) -> bool:
    try:
        with Connection(server):
            return True
    # Reset: the connection was in the listener's queue when the listener went.
    except (ConnectionRefusedError, ConnectionResetError):
        return False


def test_an_idle_connection_does_not_hold_up_a_stop(make_server):
    server = make_server()
    server.start()
    with Connection(server) as connection:
        connection.send(Request(connection, "GET", "/").bytes())
        assert connection.answer().status == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        assert connection.is_closed()


def test_interrupt_stops_too(make_server):
    server = make_server()
    server.start()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(TIMEOUT_SECONDS) == 0


def test_a_start_after_a_clean_stop_is_quick(make_server, capsys):
    server = make_server(credentials=TEST_CREDENTIALS)
    server.start()
    s3 = Aws(server).client("s3")
    s3.create_bucket(Bucket="quick")
    for i in range(50):
        s3.put_object(Bucket="quick", Key=f"k{i}", Body=b"x" * 10_000)
    assert server.stop() == 0
    took_ms = []
    while len(took_ms) < MOST_START_TRIES and min(took_ms, default=START_LIMIT_MS) >= START_LIMIT_MS:
        began = time.monotonic()
        server.start()
        with Connection(server) as connection:
            connection.send(Request(connection, "GET", "/quick/k7").bytes())
            assert connection.answer().status == 200
        took_ms.append((time.monotonic() - began) * 1000)
        assert server.stop() == 0
    with capsys.disabled():
        print("\nstart to first answer after a clean stop, in ms:", *(f"{ms:.0f}" for ms in took_ms))
    assert min(took_ms) < START_LIMIT_MS


# --- for operators ------------------------------------------------------------

def test_health_and_metrics(plain_server):
    with urllib.request.urlopen(f"{plain_server.endpoint}/health") as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{plain_server.endpoint}/metrics") as answer:
        text = answer.read().decode()
    assert re.search(r"^dyad_\w+(\{[^}]*\})? [0-9.e+]+$", text, re.MULTILINE), text[:2000]


def test_a_certificate_is_read_anew(make_server, tmp_path):
    server = make_server(tls=True)
    server.start()
    before = server_certificate(server)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    certificate, key = make_certificate(fresh)
    key.replace(tmp_path / "key.pem")
    certificate.replace(tmp_path / "certificate.pem")
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while server_certificate(server) == before:
        assert time.monotonic() < deadline, "the old certificate is still served"
    assert server.stop() == 0


def server_certificate(server: Server) -> str:
    return ssl.get_server_certificate(server.address)
