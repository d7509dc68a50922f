"""The AWS SDK for Go v2: the checks of go/, each against a server in the clear and one with TLS."""

import pathlib
import subprocess
import sys

import pytest

from server import PATIENCE

CLIENT = pathlib.Path(sys.executable).parents[2] / "go/go-client"
TIMEOUT_SECONDS = 90 * PATIENCE


def checks() -> list[str]:
    listed = subprocess.run([CLIENT, "--list"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


@pytest.mark.parametrize("check", checks())
def test_go(server, check):
    result = subprocess.run([CLIENT, check], env=server.client_environment(), capture_output=True, text=True,
                            timeout=TIMEOUT_SECONDS)
    assert result.returncode == 0, result.stderr
