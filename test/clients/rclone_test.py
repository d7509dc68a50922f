"""rclone, told an endpoint and credentials and nothing else."""

import os
import pathlib
import subprocess
import sys

import pytest

from server import PATIENCE

RCLONE = pathlib.Path(sys.executable).parent / "rclone"
TIMEOUT_SECONDS = 60 * PATIENCE
PART_BYTES = 5 << 20


@pytest.fixture
def rclone(server, tmp_path):
    environment = server.client_environment() | {
        "RCLONE_CONFIG": os.devnull, "RCLONE_CONFIG_DYAD_TYPE": "s3", "RCLONE_CONFIG_DYAD_PROVIDER": "Other",
        "RCLONE_CONFIG_DYAD_ENV_AUTH": "true", "RCLONE_CONFIG_DYAD_ENDPOINT": server.endpoint,
        "RCLONE_CONFIG_DYAD_REGION": "us-east-1"}
    if server.certificate is not None:
        environment["RCLONE_CA_CERT"] = str(server.certificate)

    def run(*arguments: str, code: int = 0, stdin: str = "") -> str:
        result = subprocess.run([RCLONE, "--retries=1", "--low-level-retries=1", *arguments], env=environment,
                                cwd=tmp_path, input=stdin, capture_output=True, text=True,
                                timeout=TIMEOUT_SECONDS)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout
    return run


def write_tree(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def read_tree(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_a_tree_goes_up_and_comes_back(rclone, name, tmp_path):
    files = {"a.txt": b"a", "sub/b ü+%.bin": os.urandom(300_000), "sub/deep/empty": b""}
    write_tree(tmp_path / "tree", files)
    rclone("mkdir", f"dyad:{name}")
    rclone("sync", "tree", f"dyad:{name}/tree")
    rclone("check", "tree", f"dyad:{name}/tree")
    assert rclone("sync", "-v", "--dry-run", "tree", f"dyad:{name}/tree") == ""
    rclone("copy", f"dyad:{name}/tree", "back")
    assert read_tree(tmp_path / "back") == files


def test_times_are_kept(rclone, bucket, tmp_path):
    write_tree(tmp_path, {"old": b"x"})
    os.utime(tmp_path / "old", (1_500_000_000, 1_500_000_000))
    rclone("copyto", "old", f"dyad:{bucket}/old")
    rclone("copyto", f"dyad:{bucket}/old", "back")
    assert (tmp_path / "back").stat().st_mtime == 1_500_000_000


def test_large_files_go_in_parts(rclone, s3, bucket, tmp_path):
    content = os.urandom(2 * PART_BYTES + 1234)
    write_tree(tmp_path, {"large": content})
    rclone("copyto", "--s3-upload-cutoff=6M", "--s3-chunk-size=5M", "large", f"dyad:{bucket}/large")
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    rclone("copyto", f"dyad:{bucket}/large", "back")
    assert (tmp_path / "back").read_bytes() == content


def test_copies_and_moves_stay_on_the_server(rclone, s3, bucket, tmp_path):
    write_tree(tmp_path / "tree", {"a": b"1", "b": b"2"})
    rclone("copy", "tree", f"dyad:{bucket}/one")
    rclone("copy", f"dyad:{bucket}/one", f"dyad:{bucket}/two")
    rclone("move", f"dyad:{bucket}/one", f"dyad:{bucket}/three")
    assert sorted(rclone("lsf", "-R", f"dyad:{bucket}").split()) == ["three/", "three/a", "three/b", "two/", "two/a",
                                                                     "two/b"]
    rclone("delete", f"dyad:{bucket}/two")
    rclone("purge", f"dyad:{bucket}/three")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_stream_of_unknown_length(rclone, s3, bucket):
    content = "line\n" * 50_000
    rclone("rcat", f"dyad:{bucket}/in", stdin=content)
    assert s3.get_object(Bucket=bucket, Key="in")["Body"].read().decode() == content


def test_a_listing_of_many(rclone, s3, bucket):
    for i in range(30):
        s3.put_object(Bucket=bucket, Key=f"{i % 3}/{i:02}", Body=b"x")
    assert rclone("lsf", "--s3-list-chunk=7", f"dyad:{bucket}").split() == ["0/", "1/", "2/"]
    assert len(rclone("lsf", "-R", "--files-only", "--s3-list-chunk=7", f"dyad:{bucket}").split()) == 30


def test_what_is_absent_is_said(rclone):
    rclone("lsf", "dyad:absent-bucket-of-nobody", code=3)
