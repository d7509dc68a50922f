"""The AWS CLI, told an endpoint and credentials and nothing else."""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from server import PATIENCE

AWS = pathlib.Path(sys.executable).parent / "aws"
TIMEOUT_SECONDS = 60 * PATIENCE
REFUSED = 255  # What version 1 exits with when a service answers an error.


@pytest.fixture
def cli(server, tmp_path):
    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        result = subprocess.run([sys.executable, str(AWS), *arguments], env=server.client_environment(),
                                cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        assert result.returncode == code, result.stdout + result.stderr
        return result
    return run


def test_files_go_up_and_come_down(cli, name, tmp_path):
    content = os.urandom(2_000_000)
    (tmp_path / "up").write_bytes(content)
    cli("s3", "mb", f"s3://{name}")
    cli("s3", "cp", "up", f"s3://{name}/folder/up")
    listed = cli("s3", "ls", f"s3://{name}", "--recursive").stdout
    assert "2000000 folder/up" in listed
    assert "PRE folder/" in cli("s3", "ls", f"s3://{name}").stdout
    cli("s3", "cp", f"s3://{name}/folder/up", "down")
    assert (tmp_path / "down").read_bytes() == content
    cli("s3", "rm", f"s3://{name}/folder/up")
    cli("s3", "rb", f"s3://{name}")


def test_a_folder_is_synchronised(cli, bucket, tmp_path):
    for each in ("a.txt", "sub/b.txt"):
        file = tmp_path / "tree" / each
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(each)
        os.utime(file, (1_700_000_000, 1_700_000_000))  # Surely older than its upload.
    first = cli("s3", "sync", "tree", f"s3://{bucket}/tree").stdout
    assert first.count("upload:") == 2
    assert cli("s3", "sync", "tree", f"s3://{bucket}/tree").stdout == ""
    cli("s3", "sync", f"s3://{bucket}/tree", "back")
    assert (tmp_path / "back/sub/b.txt").read_text() == "sub/b.txt"


def test_a_folder_of_empty_small_and_large_files(cli, bucket, tmp_path):
    """Connections are used again for what goes in parts; the CLI waits for 100 Continue with each of them."""
    for name, size in {"empty": 0, "none": 0, "small": 10, "ä b": 1, "large": 30_000_000}.items():
        (tmp_path / "tree").mkdir(exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(os.urandom(size))
        os.utime(tmp_path / "tree" / name, (1_700_000_000, 1_700_000_000))
    assert cli("s3", "sync", "tree", f"s3://{bucket}", "--no-progress").stdout.count("upload:") == 5
    cli("s3", "sync", f"s3://{bucket}", "back")
    for file in (tmp_path / "tree").iterdir():
        assert (tmp_path / "back" / file.name).read_bytes() == file.read_bytes()


def test_what_is_gone_here_goes_there(cli, bucket, tmp_path):
    for each in ("keep", "drop"):
        (tmp_path / "tree").mkdir(exist_ok=True)
        (tmp_path / "tree" / each).write_text(each)
    cli("s3", "sync", "tree", f"s3://{bucket}")
    (tmp_path / "tree/drop").unlink()
    assert "delete: s3://" in cli("s3", "sync", "--delete", "tree", f"s3://{bucket}").stdout
    assert [line.split()[-1] for line in cli("s3", "ls", f"s3://{bucket}").stdout.splitlines()] == ["keep"]


def test_large_files_go_in_parts(cli, s3, bucket, tmp_path):
    content = os.urandom(20_000_000)  # Above 8 MB the CLI sends parts.
    (tmp_path / "large").write_bytes(content)
    cli("s3", "cp", "large", f"s3://{bucket}/large")
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    cli("s3", "cp", f"s3://{bucket}/large", f"s3://{bucket}/copy")  # In parts, too.
    cli("s3", "cp", f"s3://{bucket}/copy", "back")
    assert (tmp_path / "back").read_bytes() == content


def test_a_stream_of_unknown_length(cli, server, bucket, tmp_path):
    content = os.urandom(9_000_000)
    up = subprocess.run([sys.executable, str(AWS), "s3", "cp", "-", f"s3://{bucket}/stream"], input=content,
                        env=server.client_environment(), capture_output=True, timeout=TIMEOUT_SECONDS)
    assert up.returncode == 0, up.stderr
    cli("s3", "cp", f"s3://{bucket}/stream", "back")
    assert (tmp_path / "back").read_bytes() == content


def test_folders_move_on_the_server(cli, s3, bucket, tmp_path):
    for each in ("a", "sub/b"):
        s3.put_object(Bucket=bucket, Key=f"from/{each}", Body=each.encode(), Metadata={"each": each})
    cli("s3", "mv", "--recursive", f"s3://{bucket}/from", f"s3://{bucket}/to")
    assert [e["Key"] for e in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["to/a", "to/sub/b"]
    assert s3.head_object(Bucket=bucket, Key="to/a")["Metadata"] == {"each": "a"}
    cli("s3", "rb", "--force", f"s3://{bucket}")
    assert bucket not in cli("s3", "ls").stdout


def test_presigned_urls(cli, server, bucket, tmp_path):
    (tmp_path / "letter").write_text("Dear Ada")
    cli("s3", "cp", "letter", f"s3://{bucket}/letters/1843 ada.txt")
    url = cli("s3", "presign", f"s3://{bucket}/letters/1843 ada.txt", "--expires-in", "60").stdout.strip()
    trusted = ssl.create_default_context(cafile=server.certificate) if server.certificate else None
    with urllib.request.urlopen(url, context=trusted, timeout=TIMEOUT_SECONDS) as answer:
        assert answer.read() == b"Dear Ada"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url[:-4] + "0000", context=trusted, timeout=TIMEOUT_SECONDS)


def test_objects_by_the_api(cli, bucket, tmp_path):
    (tmp_path / "body").write_bytes(b"hello")
    put = json.loads(cli("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", "body",
                         "--metadata", "a=1").stdout)
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    cli("s3api", "get-object", "--bucket", bucket, "--key", "k", "--range", "bytes=1-2", "part")
    assert (tmp_path / "part").read_bytes() == b"el"
    assert json.loads(cli("s3api", "head-object", "--bucket", bucket, "--key", "k").stdout)["Metadata"] == {
        "a": "1"}
    refused = cli("s3api", "get-object", "--bucket", bucket, "--key", "absent", "x", code=REFUSED)
    assert "(NoSuchKey)" in refused.stderr


def test_items(cli, name):
    cli("dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
        "--key-schema", "AttributeName=pk,KeyType=HASH",
        "--attribute-definitions", "AttributeName=pk,AttributeType=S")
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    cli("dynamodb", "put-item", "--table-name", name, "--item", '{"pk": {"S": "x"}, "n": {"N": "1"}}')
    key = ("--table-name", name, "--key", '{"pk": {"S": "x"}}')
    cli("dynamodb", "update-item", *key, "--update-expression", "ADD n :one",
        "--expression-attribute-values", '{":one": {"N": "1"}}')
    item = json.loads(cli("dynamodb", "get-item", *key).stdout)["Item"]
    assert item == {"pk": {"S": "x"}, "n": {"N": "2"}}
    refused = cli("dynamodb", "delete-item", *key, "--condition-expression", "n > :n",
                  "--expression-attribute-values", '{":n": {"N": "5"}}', code=REFUSED)
    assert "(ConditionalCheckFailedException)" in refused.stderr
    assert json.loads(cli("dynamodb", "scan", "--table-name", name).stdout)["Count"] == 1
    cli("dynamodb", "delete-table", "--table-name", name)


def test_who_am_i(cli):
    assert json.loads(cli("sts", "get-caller-identity").stdout)["Account"] == "000000000000"
