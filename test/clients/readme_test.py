"""The README and the page on configuration, tried: every command of a block that shows one is run in order against a
fresh server in an empty folder, and must say what the page shows. `...` stands for anything."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import clean_environment
from server import PATIENCE, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 300 * PATIENCE
PLAIN_ENDPOINT = "http://127.0.0.1:4566"


def console_blocks(page: str) -> list[str]:
    return re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def steps(block: str) -> list[tuple[str, list[str]]]:
    """Commands, each with the lines that follow it. "$ " begins a command, "> " goes on with it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> "):
            assert not found[-1][1], f"a command goes on behind its answer: {line}"
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        else:
            found[-1][1].append(line)
    return found


def lines_of(text: str) -> list[str]:
    """Without what a progress display has overwritten, and with blanks as single spaces."""
    lines = [line.rsplit("\r", 1)[-1] for line in text.split("\n")]
    return [" ".join(line.split()) for line in lines if line.strip()]


def fits(said: list[str], shown: list[str]) -> bool:
    pattern = "\n".join(" ".join(line.split()) for line in shown if line.strip())
    return re.fullmatch(re.escape(pattern).replace(r"\.\.\.", "(?s:.*)"), "\n".join(said)) is not None


def test_the_tools_of_this_test():
    assert steps("$ a \\\n>   b\nx\ny\n$ c\n") == [("a \\\n  b", ["x", "y"]), ("c", [])]
    assert lines_of("1 of 2\r2 of 2\rdone\n\n a\t b\n") == ["done", "a b"]
    assert fits(["a 1", "b"], ["a ...", "b"]) and not fits(["a"], ["a", "b"]) and not fits(["a", "b"], ["a"])


def test_every_line_of_the_first_hour(dyad, tmp_path):
    commands = [step for block in console_blocks((ROOT / "README.md").read_text()) for step in steps(block)]
    assert len(commands) > 15
    server = Server(dyad, tmp_path, credentials={})
    server.start()
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([str(dyad.parent), str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    # S3's LastModified has whole seconds: a file written and sent within one looks newer than its object, and `sync`
    # would send it again. A reader is slower than this test; here files are made older than they are.
    aged = f"find . -name '{server.data.name}' -prune -o -type f -newermt '-2 seconds' -exec touch -d '-2 seconds' {{}} +"
    script = "".join(f"echo '@@ {i}'\n{command}\necho \"@@ end $?\"\n{aged}\n"
                     for i, (command, _) in enumerate(commands))
    try:
        done = subprocess.run(["bash", "-c", f"exec 2>&1\n{script}"], capture_output=True, cwd=tmp_path,
                              timeout=TIMEOUT_SECONDS, env=clean_environment({"PATH": path, "HOME": str(home)}))
    finally:
        server.kill()
    output = done.stdout.decode()  # Not as text, in which "\r" would be a new line.
    answers = re.findall(r"^@@ (\d+)\n(.*?)^@@ end (\d+)$", output, re.MULTILINE | re.DOTALL)
    wrong = []
    for (command, shown), (number, said, code) in zip(commands, answers):
        said_lines = lines_of(said.replace(server.endpoint, PLAIN_ENDPOINT))
        if " sync " in command:  # Several files at a time: in any order.
            said_lines, shown = sorted(said_lines), sorted(shown)
        if code != "0" or not fits(said_lines, shown):
            wrong.append(f"$ {command}\n  exit status {code}, said:\n" + "\n".join(said_lines) + "\n  shown:\n"
                         + "\n".join(shown))
    assert not wrong, "\n\n".join(wrong)
    assert len(answers) == len(commands), output[-2000:]


SERVICES = {"S3": "s3", "DynamoDB": "dynamodb", "STS": "sts"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_table_of_what_is_served(service):
    """Against the list that the program is built of."""
    source = (ROOT / f"src/services/{SERVICES[service]}/operations.cc").read_text()
    served = set(re.findall(r"bind\w*<model::(\w+)>", source))
    row = re.search(rf"^\| {service} \| (.*?) \|$", (ROOT / "README.md").read_text(), re.MULTILINE).group(1)
    named = re.findall(r"[A-Z][A-Za-z0-9]+", row.split(";")[0])
    assert sorted(named) == sorted(served)


def test_every_setting_has_its_line_in_the_page_on_configuration(dyad):
    printed = subprocess.run([dyad, "serve", "--print-config"], capture_output=True, text=True, timeout=60,
                             env=clean_environment()).stdout
    defaults = dict(re.findall(r"^# ([a-z0-9-]+) = (.*)$", printed, re.MULTILINE))
    assert len(defaults) > 10
    page = (ROOT / "docs/configuration.md").read_text()
    for name, value in defaults.items():
        row = re.search(rf"^\|[^|]*`{name}`[^|]*\|.*$", page, re.MULTILINE)
        assert row, f"{name} is not in docs/configuration.md"
        told = row.group(0).split("|")[2].strip().strip("`")
        assert told == value.strip('"'), name
    help_text = subprocess.run([dyad, "serve", "--help"], capture_output=True, text=True, timeout=60).stdout
    for name in defaults:
        assert f"--{name}" in help_text
