"""`dyad serve`: what it can be told and by whom, what it says when it cannot, and SIGHUP."""

import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from conftest import clean_environment
from server import PATIENCE, TEST_CREDENTIALS, Server

TIMEOUT_SECONDS = 30 * PATIENCE


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


def refused(dyad, *arguments, environment=None, cwd=None) -> str:
    done = subprocess.run([dyad, "serve", *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          env=clean_environment(environment), cwd=cwd)
    assert done.returncode == 1 and done.stdout == "", done.stdout + done.stderr
    return done.stderr


def wait_for(server: Server, words: str) -> str:
    """The line of the log with these words."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        for line in server.log().splitlines():
            if words in line:
                return line
        assert time.monotonic() < deadline, f"no '{words}' in {server.log()}"


def test_the_banner_says_what_to_type_next(make_server):
    server = make_server(credentials={})
    wait_for(server, "aws s3 mb")
    banner = "".join(server.banner)
    assert f"endpoint    http://127.0.0.1:{server.address[1]}\n" in banner
    assert f"eval $(dyad env --data {server.data})" in banner


def test_a_file_in_the_data_directory(make_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dyad.toml").write_text('# mine\naccount = "123456789012"\nlog-level = "debug"\n')
    server = make_server()
    assert "account     123456789012" in "".join(server.banner)
    with urllib.request.urlopen(f"{server.endpoint}/health"):
        wait_for(server, "debug request")


def test_the_command_line_before_the_environment_before_the_file(make_server, tmp_path):
    file = tmp_path / "settings"
    file.write_text('account = "111111111111"\nlog-level = "error"\nmax-connections = 3\n')
    server = make_server(credentials=TEST_CREDENTIALS | {"DYAD_ACCOUNT": "222222222222", "DYAD_LOG_LEVEL": "debug"},
                         arguments=("--config", str(file), "--account", "333333333333"))
    assert "account     333333333333" in "".join(server.banner)
    with urllib.request.urlopen(f"{server.endpoint}/health"):
        wait_for(server, "debug request")


@pytest.mark.parametrize("text, why", [("\ncache-mb = 5\n", ":2: there is no setting 'cache-mb'"),
                                       ("cache-mib = 1\n", ":1: "),
                                       ('data = "elsewhere"\n', "'data' cannot stand")])
def test_a_file_that_is_wrong(dyad, tmp_path, text, why):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dyad.toml").write_text(text)
    said = refused(dyad, cwd=tmp_path)
    assert "dyad.toml" in said and why in said
    assert os.listdir(tmp_path / "data") == ["dyad.toml"], "nothing was begun"


def test_a_file_that_is_not_there(dyad, tmp_path):
    assert "absent" in refused(dyad, "--config", "absent", cwd=tmp_path)


def test_a_reload_takes_what_it_can_and_says_so(make_server, tmp_path):
    file = tmp_path / "settings"
    file.write_text("max-connections = 50\n")
    server = make_server(arguments=("--config", str(file)))
    file.write_text('max-connections = 1\nlog-level = "debug"\ncache-mib = 64\n')
    server.process.send_signal(signal.SIGHUP)
    line = wait_for(server, "info reloaded")
    assert "taken=log-level,max-connections" in line and "needs_restart=cache-mib" in line
    with socket.create_connection(server.address) as first:
        first.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        with socket.create_connection(server.address, timeout=TIMEOUT_SECONDS) as second:
            assert second.recv(100) == b"", "the second connection is one too many now"
    wait_for(server, "debug request")


def test_a_reload_that_is_wrong_changes_nothing(make_server, tmp_path):
    file = tmp_path / "settings"
    file.write_text("")
    server = make_server(arguments=("--config", str(file)))
    file.write_text("max-connections = 1\nnonsense = 1\n")
    server.process.send_signal(signal.SIGHUP)
    assert "nonsense" in wait_for(server, "reload refused")
    with socket.create_connection(server.address), urllib.request.urlopen(f"{server.endpoint}/health") as answer:
        assert answer.status == 200


def test_a_reload_with_a_broken_certificate_changes_nothing(make_server, tmp_path):
    file = tmp_path / "settings"
    file.write_text("")
    server = make_server(tls=True, arguments=("--config", str(file)))
    file.write_text("max-connections = 1\n")
    (tmp_path / "certificate.pem").write_text("none")
    server.process.send_signal(signal.SIGHUP)
    assert "certificate" in wait_for(server, "reload refused")
    with socket.create_connection(server.address), socket.create_connection(server.address) as second:
        second.settimeout(0.2)
        with pytest.raises(TimeoutError):
            second.recv(1)


def test_a_port_that_is_taken(dyad, make_server, tmp_path):
    server = make_server()
    port = server.address[1]
    said = refused(dyad, "--data", tmp_path / "other", "--listen", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port} is taken" in said and "--listen" in said and f"sport = :{port}" in said


def test_data_that_another_server_has_open(dyad, make_server):
    server = make_server()
    said = refused(dyad, "--data", server.data, "--listen", "127.0.0.1:0", environment=TEST_CREDENTIALS)
    assert f"process id {server.process.pid}" in said and server.endpoint in said and "--data" in said


def test_data_in_a_place_where_none_can_be(dyad, tmp_path):
    (tmp_path / "file").write_text("")
    said = refused(dyad, "--data", tmp_path / "file" / "data", "--listen", "127.0.0.1:0")
    assert str(tmp_path / "file") in said and "may write" in said


@pytest.mark.parametrize("region", ["US-EAST-1", "", "us east", "x" * 64])
def test_a_region_that_is_none(dyad, tmp_path, region):
    assert "us-east-1" in refused(dyad, "--data", tmp_path / "data", "--region", region)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "host.invalid:1", "192.0.2.1:0"])
def test_an_address_that_is_none(dyad, tmp_path, address):
    said = refused(dyad, "--data", tmp_path / "data", "--listen", address, "--insecure")
    assert "expected" in said


def test_verify_says_why_it_needs_offline(dyad, tmp_path):
    done = subprocess.run([dyad, "verify", tmp_path], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert done.returncode == 1 and "verify --offline" in done.stderr
