"""`dyad env`: what sets a shell up for a running server, and nothing at all where there is none."""

import os
import subprocess
import sys

import pytest

from conftest import clean_environment
from server import PATIENCE, REGION, TEST_CREDENTIALS, Server

TIMEOUT_SECONDS = 60 * PATIENCE
SHELLS = ("sh", "bash")
SHOW = 'printf "%s\\n" "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_DEFAULT_REGION" "$AWS_ACCESS_KEY_ID" ' \
       '"$AWS_SECRET_ACCESS_KEY" "${AWS_PROFILE-none}" "${AWS_SESSION_TOKEN-none}"'


@pytest.fixture
def make_server(dyad, tmp_path):
    made = []

    def make(folder=tmp_path, **how) -> Server:
        made.append(Server(dyad, folder, **how))
        made[-1].start()
        return made[-1]

    yield make
    for server in made:
        server.kill()


def env(dyad, *arguments, environment=None, **how) -> subprocess.CompletedProcess:
    return subprocess.run([dyad, "env", *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          env=clean_environment(environment), **how)


def in_shell(shell: str, script: str, environment=None, **how) -> str:
    done = subprocess.run([shell, "-euc", script], capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          env=clean_environment(environment), **how)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_set_up(dyad, make_server, shell):
    server = make_server(credentials={})
    stale = {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "x", "AWS_ENDPOINT_URL_S3": "http://elsewhere"}
    said = in_shell(shell, f'eval $("{dyad}" env --data "{server.data}"); {SHOW}', stale).splitlines()
    key, secret = [line.split(" = ")[1] for line in
                   (server.data / "root-credentials").read_text().splitlines()[1:]]
    assert said == [server.endpoint, REGION, REGION, key, secret, "none", "none"]


def test_it_is_all_that_the_aws_cli_needs(dyad, make_server):
    server = make_server(credentials={}, tls=True)
    aws = f'"{sys.executable}" "{os.path.dirname(sys.executable)}/aws"'
    script = f'eval $("{dyad}" env --data "{server.data}"); {aws} s3 mb s3://first; {aws} s3 ls'
    assert in_shell("sh", script).endswith(" first\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_strange_folder_and_a_strange_secret(dyad, make_server, tmp_path, shell):
    folder = tmp_path / "two  blanks * it's \"quoted\" $HOME"
    folder.mkdir()
    pair = {"DYAD_ROOT_ACCESS_KEY_ID": "my_key", "DYAD_ROOT_SECRET_ACCESS_KEY": "*'\"$(exit)`\\;#[a-z]?&"}
    server = make_server(folder, credentials=pair, tls=True)
    said = in_shell(shell, f'eval $("$DYAD" env); {SHOW}; printf "%s\\n" "$AWS_CA_BUNDLE"',
                    pair | {"DYAD": str(dyad), "DYAD_DATA": str(server.data)}).splitlines()
    assert said == [server.endpoint, REGION, REGION, "my_key", pair["DYAD_ROOT_SECRET_ACCESS_KEY"], "none",
                    "none", str(server.certificate)]


def test_the_default_is_data_in_the_folder_where_it_is_called(dyad, make_server):
    server = make_server(credentials={})
    assert server.endpoint in env(dyad, cwd=server.folder).stdout


def test_in_fishs_words(dyad, make_server):
    server = make_server(credentials={})
    said = env(dyad, "--data", server.data, "--shell", "fish").stdout
    assert f"set -gx AWS_ENDPOINT_URL '{server.endpoint}';" in said
    assert "export" not in said and "unset" not in said


def test_it_is_taken_back(dyad):
    script = f'eval $("{dyad}" env --unset); env'
    kept = in_shell("sh", script, {"AWS_ENDPOINT_URL": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CA_BUNDLE": "x"})
    assert not [line for line in kept.splitlines() if line.endswith("=x")]


def refused(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    assert done.stdout == "", "an eval of it changes nothing"
    return done.stderr


def test_no_server_was_started_there(dyad, tmp_path):
    why = refused(env(dyad, "--data", tmp_path))
    assert str(tmp_path) in why and "dyad serve --data" in why


def test_after_a_stop_there_is_none(dyad, make_server):
    server = make_server(credentials={})
    assert (server.data / "server.json").stat().st_mode & 0o777 == 0o600
    assert server.stop() == 0
    assert not (server.data / "server.json").exists()
    assert "dyad serve --data" in refused(env(dyad, "--data", server.data))


def test_a_killed_server_is_told_apart(dyad, make_server):
    server = make_server(credentials={})
    pid = server.process.pid
    server.kill()
    assert (server.data / "server.json").exists()
    why = refused(env(dyad, "--data", server.data))
    assert f"process {pid} is gone" in why and "dyad serve --data" in why


def test_another_server_at_its_port_is_told_apart(dyad, make_server, tmp_path):
    """The same credentials, even: only the server itself can say that it is another one."""
    first = make_server()
    port = first.address[1]
    first.kill()
    other = tmp_path / "other"
    other.mkdir()
    second = make_server(other, listen=f"127.0.0.1:{port}")
    assert second.address[1] == port
    why = refused(env(dyad, "--data", first.data, environment=TEST_CREDENTIALS))
    assert "not the server of" in why
    assert second.endpoint in env(dyad, "--data", second.data, environment=TEST_CREDENTIALS).stdout


def test_a_pair_of_the_environment_must_be_said_here_too(dyad, make_server):
    server = make_server()
    why = refused(env(dyad, "--data", server.data))
    assert "DYAD_ROOT_ACCESS_KEY_ID" in why
    for name in ("server.json", "root-credentials"):
        file = server.data / name
        assert not file.exists() or TEST_CREDENTIALS["DYAD_ROOT_SECRET_ACCESS_KEY"] not in file.read_text()


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"endpoint": "http://x"}'])
def test_a_file_that_no_server_wrote(dyad, tmp_path, text):
    (tmp_path / "server.json").write_text(text)
    assert "server.json" in refused(env(dyad, "--data", tmp_path))
