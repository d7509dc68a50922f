#!/usr/bin/env python3
"""Runs the fuzz targets that `./x fuzz` has built.

    run.py PROGRAMS list                        the names
    run.py PROGRAMS run NAME [SECONDS] [ARG...] one target until it is stopped, or for so long; further
                                                arguments go to libFuzzer
    run.py PROGRAMS test RESULTS [NAME...]      all that is kept of each target, and some seconds more;
                                                writes RESULTS/fuzz/fuzz.xml (JUnit)

PROGRAMS is the folder with the programs. What a run finds out about new paths is kept in PROGRAMS/found, what
it breaks in PROGRAMS/broken.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

FUZZ = pathlib.Path(__file__).resolve().parent
TEST_SECONDS = 5
# Beyond its seconds a run may need this much, on a machine that is busy, before it counts as hanging.
PATIENCE_SECONDS = 300
LIMITS = ["-rss_limit_mb=2048", "-timeout=60", "-max_len=8192", "-print_final_stats=1", "-verbosity=1"]


def names() -> list[str]:
    return sorted(path.stem for path in FUZZ.glob("*.cc") if path.stem != "entry")


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool
    executions: int
    seconds: float
    output: str


class Target:
    def __init__(self, programs: pathlib.Path, name: str):
        self.name = name
        self.program = programs / name
        self.found = programs / "found" / name
        self.broken = programs / "broken"

    def kept(self) -> list[pathlib.Path]:
        """Seeds, and inputs that once broke something."""
        return [path for path in (FUZZ / "corpus" / self.name, FUZZ / "regressions" / self.name)
                if path.is_dir()]

    def command(self, *more: str) -> list[str]:
        dictionary = FUZZ / "dictionaries" / f"{self.name}.txt"
        options = [f"-dict={dictionary}"] if dictionary.is_file() else []
        return [str(self.program), *LIMITS, *options,
                f"-artifact_prefix={self.broken}/{self.name}-", *more]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "ASAN_OPTIONS": "detect_stack_use_after_return=1:"
                + os.environ.get("ASAN_OPTIONS", ""),
                "UBSAN_OPTIONS": "print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", "")}

    def explain(self, output: str) -> str:
        """How to see a failure again, from what libFuzzer printed."""
        written = re.findall(r"Test unit written to (\S+)", output)
        if not written:
            return ""
        return (f"\nreplay: {self.program} {written[-1]}\n"
                f"once it is mended, keep the input: cp {written[-1]} fuzz/regressions/{self.name}/\n")


def executions_in(output: str) -> int:
    found = re.findall(r"stat::number_of_executed_units:\s*(\d+)", output)
    return sum(int(count) for count in found)


def run(target: Target, arguments: list[str]) -> int:
    more = []
    if arguments and arguments[0].isdigit():
        more.append(f"-max_total_time={arguments.pop(0)}")
    target.found.mkdir(parents=True, exist_ok=True)
    target.broken.mkdir(exist_ok=True)
    command = target.command(*more, *arguments, str(target.found), *map(str, target.kept()))
    lines = []
    process = subprocess.Popen(command, env=target.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        for line in process.stdout:
            lines = lines[-500:] + [line]
            print(line, end="", flush=True)
    except KeyboardInterrupt:  # The terminal has told libFuzzer as well, which ends in good order.
        for line in process.stdout:
            lines.append(line)
    code = process.wait()
    output = "".join(lines)
    print(f"fuzz: {target.name}: {executions_in(output)} executions")
    if "Test unit written to" in output:
        print(target.explain(output))
        return 1
    # Interrupted is how an endless run ends.
    return 0 if code in (0, 72, -2) else code


def test(target: Target) -> Outcome:
    target.broken.mkdir(exist_ok=True)
    began = time.monotonic()
    # libFuzzer adds to the first folder, and what is kept stays as it is. Always the same inputs in the same
    # order: what is new is looked for by `./x fuzz`, for hours.
    scratch = tempfile.mkdtemp(dir=target.broken)
    command = target.command("-seed=1", f"-max_total_time={TEST_SECONDS}", "-reload=0", scratch,
                             *map(str, target.kept()))
    try:
        done = subprocess.run(command, env=target.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=TEST_SECONDS + PATIENCE_SECONDS, check=False)
        code, output = done.returncode, done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        code, output = 1, str(error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    executions = executions_in(output)
    return Outcome(target.name, code == 0 and executions > 0, executions,
                   time.monotonic() - began, output + target.explain(output))


def junit(outcomes: list[Outcome]) -> ElementTree.ElementTree:
    suite = ElementTree.Element("testsuite", name="fuzz")
    for outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=outcome.name,
                                      time=f"{outcome.seconds:.2f}")
        if not outcome.passed:
            ElementTree.SubElement(case, "failure", message="see the output above")
    return ElementTree.ElementTree(suite)


def test_all(programs: pathlib.Path, results: pathlib.Path, chosen: list[str]) -> int:
    targets = [Target(programs, name) for name in chosen or names()]
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for outcome in pool.map(test, targets):
            if not outcome.passed:
                print(outcome.output)
            print(f"fuzz: {outcome.name}: {outcome.executions} executions in {outcome.seconds:.1f} s, "
                  + ("passed" if outcome.passed else "FAILED"), flush=True)
            outcomes.append(outcome)
    print(f"fuzz: {len(outcomes)} targets, {sum(o.executions for o in outcomes)} executions")
    folder = results / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    junit(outcomes).write(folder / "fuzz.xml")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def main(arguments: list[str]) -> int:
    if len(arguments) >= 2 and arguments[1] == "list":
        print("\n".join(names()))
        return 0
    if len(arguments) >= 3 and arguments[1] == "run":
        if arguments[2] not in names():
            print(f"there is no target '{arguments[2]}'; there are: {' '.join(names())}", file=sys.stderr)
            return 1
        return run(Target(pathlib.Path(arguments[0]), arguments[2]), arguments[3:])
    if len(arguments) >= 3 and arguments[1] == "test":
        return test_all(pathlib.Path(arguments[0]), pathlib.Path(arguments[2]), arguments[3:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
