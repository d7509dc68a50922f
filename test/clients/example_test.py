"""The media library example, as a user runs it, over both transports, and again on the same data."""

import pathlib
import subprocess
import sys

from server import PATIENCE

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/media-library"
TIMEOUT_SECONDS = 60 * PATIENCE


def test_media_library(server):
    environment = server.client_environment()
    if server.certificate:
        environment["SSL_CERT_FILE"] = str(server.certificate)  # What urllib trusts.
    for _ in range(2):
        result = subprocess.run([sys.executable, "-B", str(EXAMPLE / "main.py")], env=environment,
                                capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout.endswith("\nThe media library works.\n")
