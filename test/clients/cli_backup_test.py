"""`dyad backup`: who may, where to, and what a person is told. That a backup is one moment proves test/backup."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import Aws, clean_environment
from server import ACCESS_KEY, PATIENCE, REGION, SECRET_KEY, TEST_CREDENTIALS, Server

TIMEOUT_SECONDS = 60 * PATIENCE


@pytest.fixture
def own(dyad, tmp_path):
    server = Server(dyad, tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def backup(dyad):
    def run(*arguments, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([dyad, "backup", *map(str, arguments)], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS, env=clean_environment(TEST_CREDENTIALS))
        assert done.returncode == code, done.stdout + done.stderr
        return done
    return run


def ask(server, operation: str, document: dict, secret: str | None = SECRET_KEY, service: str = "dyad"):
    request = botocore.awsrequest.AWSRequest(
        "POST", server.endpoint + "/", data=json.dumps(document).encode(),
        headers={"X-Amz-Target": "Dyad_20261123." + operation, "Content-Type": "application/x-amz-json-1.0"})
    if secret is not None:
        credentials = botocore.credentials.Credentials(ACCESS_KEY, secret)
        botocore.auth.SigV4Auth(credentials, service, REGION).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, request.data, dict(request.headers.items()),
                                                           method="POST"), timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_there_and_back(dyad, backup, own, tmp_path):
    s3 = Aws(own).client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="large", Body=b"x" * 300_000)
    made = backup("create", "--data", own.data).stdout.strip()
    assert os.path.dirname(made) == os.path.abspath(own.data) + "-backups"
    assert os.path.exists(made + "/dyad-backup") and not os.path.exists(made + "/UNFINISHED")
    assert made in backup("list", os.path.dirname(made)).stdout
    assert made in backup("list", made).stdout
    s3.delete_object(Bucket="photos", Key="large")
    told = backup("restore", made, "--data", tmp_path / "new").stderr
    assert "dyad verify --offline" in told and "dyad serve --data" in told
    assert "nothing is ever overwritten" in backup("restore", made, "--data", tmp_path / "new", code=1).stderr
    done = subprocess.run([dyad, "verify", "--offline", tmp_path / "new"], capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS, env=clean_environment({}))
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_refused(backup, own, tmp_path):
    backup("create", "monday", "--data", own.data)
    assert "not empty" in backup("create", "monday", "--data", own.data, code=1).stderr
    for place in (tmp_path / "elsewhere", str(own.data) + "/inside"):
        assert "--backup-directory" in backup("create", place, "--data", own.data, code=1).stderr
        assert not os.path.exists(place)
    assert "not a backup" in backup("restore", tmp_path, "--data", tmp_path / "new", code=1).stderr


def test_only_who_signs_as_root_for_this_service(own):
    order = {"Directory": "theirs"}
    assert ask(own, "CreateBackup", order, secret=None)[0] == 400
    assert ask(own, "CreateBackup", order, secret="not" + SECRET_KEY)[0] in (400, 403)
    assert ask(own, "CreateBackup", order, service="dynamodb")[0] in (400, 403)
    assert ask(own, "DescribeBackup", {}) == (404, {"__type": "NotFoundException",
                                                    "message": "no backup was made since this start"})
    assert ask(own, "EraseEverything", {})[1]["__type"] == "UnknownOperationException"
    assert ask(own, "CreateBackup", {"Directory": 7})[1]["__type"] == "ValidationException"
    assert ask(own, "CreateBackup", {"Directroy": "a"})[1]["__type"] == "ValidationException"
    assert not os.path.exists(str(own.data) + "-backups/theirs")


def test_ctrl_c_cancels(dyad, backup, own):
    s3 = Aws(own).client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="large", Body=b"x" * 3_000_000)
    command = subprocess.Popen([dyad, "backup", "create", "slow", "--copy", "--rate-mib", "1", "--data", own.data],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=clean_environment(TEST_CREDENTIALS))
    place = str(own.data) + "-backups/slow"
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not os.path.exists(place + "/data") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "is under way" in backup("create", "other", "--data", own.data, code=1).stderr
    command.send_signal(signal.SIGINT)
    out, told = command.communicate(timeout=TIMEOUT_SECONDS)
    assert command.returncode == 1 and "cancelled" in told and out == ""
    assert not os.path.exists(place)
    backup("create", "other", "--data", own.data)
