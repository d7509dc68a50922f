"""Linearizability, by the program of test/linearizability: concurrent clients, kill -9 among them, and a checker."""

import pathlib
import subprocess
import sys

import pytest

from server import PATIENCE

PROGRAM = pathlib.Path(sys.executable).parents[2] / "linearizability/linearizability"
MODELS = PROGRAM.with_name("linearizability-tests")
TIMEOUT_SECONDS = 300 * PATIENCE


def run(capsys, *command) -> None:
    result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert result.returncode == 0, result.stdout + result.stderr
    counts = [line for line in result.stdout.splitlines() if line.startswith("linearizability: ")]
    with capsys.disabled():
        print("", *counts, sep="\n")


def test_the_models_refute_what_is_wrong(capsys):
    run(capsys, MODELS)


@pytest.mark.timeout(TIMEOUT_SECONDS + 30)
def test_linearizability(dyad, capsys):
    run(capsys, PROGRAM, "--dyad", dyad)
