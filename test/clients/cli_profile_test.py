"""`dyad profile`: an AWS profile of a running server, in files that belong to somebody else."""

import os
import pathlib
import stat
import subprocess
import sys

import pytest

from conftest import clean_environment
from server import PATIENCE, REGION, Server

TIMEOUT_SECONDS = 60 * PATIENCE
THEIR_CONFIG = ("# mine\n[default]\nregion = eu-west-1\ns3 =\n  max_concurrent_requests = 20\n\n"
                "[profile work]\nregion=eu-central-1")
THEIR_CREDENTIALS = "[default]\naws_access_key_id = AKIAMINE\naws_secret_access_key = mine\n"


@pytest.fixture
def server(dyad, tmp_path):
    server = Server(dyad, tmp_path, tls=True, credentials={})
    server.start()
    yield server
    server.kill()


@pytest.fixture
def home(tmp_path) -> pathlib.Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def profile(dyad, server, home):
    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([dyad, "profile", *arguments, "--data", server.data], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS, env=clean_environment({"HOME": str(home)}))
        assert done.returncode == code, done.stdout + done.stderr
        return done
    return run


def aws(home, *arguments: str) -> subprocess.CompletedProcess:
    program = pathlib.Path(sys.executable).parent / "aws"
    return subprocess.run([sys.executable, program, *arguments], capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS, env=clean_environment({"HOME": str(home)}))


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_cli_speaks_to_it(profile, server, home):
    assert "aws --profile local s3 ls" in profile("local").stdout
    assert mode(home / ".aws") == 0o700 and mode(home / ".aws/credentials") == 0o600
    done = aws(home, "--profile", "local", "s3", "mb", "s3://by-profile")
    assert done.returncode == 0, done.stderr
    assert aws(home, "--profile", "local", "s3", "ls").stdout.endswith(" by-profile\n")


def test_a_default_profile(profile, home):
    profile("default")
    assert (home / ".aws/config").read_text().startswith("[default]\n")
    done = aws(home, "sts", "get-caller-identity", "--query", "Account", "--output", "text")
    assert done.stdout == "000000000000\n", done.stderr


def test_the_rest_of_the_files_stays(profile, home):
    folder = home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(THEIR_CONFIG)
    (folder / "config").chmod(0o644)
    (folder / "credentials").write_text(THEIR_CREDENTIALS)
    (folder / "credentials").chmod(0o644)
    profile("local")
    config, credentials = (folder / "config").read_text(), (folder / "credentials").read_text()
    assert config.startswith(THEIR_CONFIG) and f"[profile local]" in config
    assert credentials.startswith(THEIR_CREDENTIALS) and "[local]" in credentials
    assert mode(folder / "config") == 0o644
    assert mode(folder / "credentials") == 0o600
    profile("local")
    assert (folder / "config").read_text() == config and (folder / "credentials").read_text() == credentials

    profile("local", "--remove")
    assert (folder / "config").read_text() == THEIR_CONFIG + "\n"
    assert (folder / "credentials").read_text() == THEIR_CREDENTIALS
    assert "no profile local" in profile("local", "--remove", code=1).stderr
    assert sorted(f.name for f in folder.iterdir()) == ["config", "credentials"]


def test_somebody_elses_profile_is_left_alone(profile, home):
    folder = home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(THEIR_CONFIG)
    (folder / "credentials").write_text(THEIR_CREDENTIALS)
    for arguments in (("work",), ("default",), ("work", "--remove")):
        assert "--force" in profile(*arguments, code=1).stderr
        assert (folder / "config").read_text() == THEIR_CONFIG
        assert (folder / "credentials").read_text() == THEIR_CREDENTIALS
    profile("work", "--force")
    assert (folder / "config").read_text().startswith(THEIR_CONFIG.split("[profile work]")[0])
    assert "eu-central-1" not in (folder / "config").read_text()


def test_a_link_stays_one(profile, home):
    (home / ".aws").mkdir()
    real = home / "dotfiles"
    real.write_text(THEIR_CONFIG)
    (home / ".aws/config").symlink_to(real)
    profile("local")
    assert (home / ".aws/config").is_symlink()
    assert "[profile local]" in real.read_text()


def test_files_named_by_the_environment(dyad, server, home, tmp_path):
    named = {"AWS_CONFIG_FILE": str(tmp_path / "c"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "s")}
    done = subprocess.run([dyad, "profile", "x", "--data", server.data], capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS, env=clean_environment(named | {"HOME": str(home)}))
    assert done.returncode == 0, done.stderr
    assert f"region = {REGION}\nendpoint_url = {server.endpoint}\n" in (tmp_path / "c").read_text()
    assert "aws_secret_access_key" in (tmp_path / "s").read_text()
    assert not (home / ".aws").exists()


@pytest.mark.parametrize("name", ["", "a b", "a]", "a\n[b]", "x" * 129])
def test_names_that_are_none(profile, home, name):
    assert "1 to 128" in profile(name, code=1).stderr
    assert not (home / ".aws").exists()


def test_what_is_no_file_is_not_written(dyad, server, home):
    done = subprocess.run([dyad, "profile", "x", "--data", server.data], capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS,
                          env=clean_environment({"HOME": str(home), "AWS_CONFIG_FILE": os.devnull}))
    assert done.returncode == 1 and os.devnull in done.stderr
    assert not (home / ".aws").exists()


def test_without_a_server_nothing_is_written(profile, server, home):
    assert server.stop() == 0
    assert "dyad serve" in profile("local", code=1).stderr
    assert not (home / ".aws").exists()


def test_a_value_that_would_write_into_other_profiles(dyad, tmp_path, home):
    folder = tmp_path / "certificates\n[default]\nregion = x"
    folder.mkdir()
    server = Server(dyad, folder, tls=True, credentials={})
    server.start()
    try:
        done = subprocess.run([dyad, "profile", "x", "--data", server.data], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS, env=clean_environment({"HOME": str(home)}))
        assert done.returncode == 1 and "control character" in done.stderr
        assert not (home / ".aws").exists()
    finally:
        server.kill()
