#!/usr/bin/env python3
"""Runs the client tests: those in Python under pytest, then those in JavaScript under Node.js, the latter against a
server in the clear and one with TLS.

    run.py --dyad PROGRAM --results DIR [NAME]      only tests whose name contains NAME

Leaves JUnit files in DIR/clients. Run by the Python of build/clients/venv.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape, quoteattr

from server import PATIENCE, Server

HERE = pathlib.Path(__file__).parent
PYTEST_SECONDS = 1200 * PATIENCE
NODE_SECONDS = 300 * PATIENCE
PYTEST_NOTHING_CHOSEN = 5


def write_failure(path: pathlib.Path, name: str, why: str) -> None:
    """What went wrong outside of any test counts as a failed test."""
    path.write_text(f'<testsuites><testcase classname="clients" name={quoteattr(name)}>'
                    f"<failure>{escape(why)}</failure></testcase></testsuites>")
    print(f"{name}: {why}", file=sys.stderr)


def run_pytest(dyad: pathlib.Path, results: pathlib.Path, name: str) -> bool:
    command = [sys.executable, "-B", "-m", "pytest", str(HERE), "-c", str(HERE / "pytest.ini"),
               f"--dyad={dyad}", f"--junit-xml={results / 'pytest.xml'}"]
    if name:
        command += ["-k", name]
    try:
        code = subprocess.run(command, cwd=HERE, timeout=PYTEST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        code = "no end"
    if code not in (0, 1, PYTEST_NOTHING_CHOSEN):
        write_failure(results / "pytest-run.xml", "pytest", f"ended with {code}")
    return code in (0, PYTEST_NOTHING_CHOSEN)


def node_tests(name: str) -> list[str]:
    """A file is run if it contains the name, in what is tested or in its own name."""
    files = sorted((HERE / "node").glob("*.test.mjs"))
    return [str(f) for f in files if name in f.name or name in f.read_text()]


def run_node(dyad: pathlib.Path, results: pathlib.Path, name: str, tls: bool) -> bool:
    kind = "node-https" if tls else "node-http"
    files = node_tests(name)
    if not files:
        return True
    node = pathlib.Path(sys.executable).parent / "node"
    command = [str(node), "--test", "--test-reporter=dot", "--test-reporter-destination=stderr",
               "--test-reporter=junit", f"--test-reporter-destination={results / (kind + '.xml')}"]
    if name and not any(name in pathlib.Path(f).name for f in files):
        command.append(f"--test-name-pattern={name}")
    print(f"\nNode.js, {'TLS' if tls else 'in the clear'}:", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(dyad, pathlib.Path(folder), tls)
        try:
            server.start()
            result = subprocess.run(command + files, cwd=HERE, env=server.client_environment(),
                                    timeout=NODE_SECONDS)
            code = server.stop()
            if code != 0:
                raise AssertionError(f"the server ended with {code}: {server.log()[-4000:]}")
            return result.returncode == 0
        except (AssertionError, subprocess.TimeoutExpired) as error:
            write_failure(results / f"{kind}-run.xml", kind, str(error))
            return False
        finally:
            server.kill()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dyad", required=True, type=pathlib.Path)
    parser.add_argument("--results", required=True, type=pathlib.Path)
    parser.add_argument("name", nargs="?", default="")
    arguments = parser.parse_args()
    results = (arguments.results / "clients").resolve()
    results.mkdir(parents=True, exist_ok=True)
    dyad = arguments.dyad.resolve()
    passed = [run_pytest(dyad, results, arguments.name),
              run_node(dyad, results, arguments.name, tls=False),
              run_node(dyad, results, arguments.name, tls=True)]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
