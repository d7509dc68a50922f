#!/usr/bin/env python3
"""Adds up what a test run left in a folder, and ends with `N passed, N failed, N skipped`.

    test_summary.py RESULTS

RESULTS holds ctest.json (the tests that were chosen), ctest.xml (how they went, JUnit), gtest/*.xml (one file a
program of GoogleTest, which counts its cases), clients/*.xml (JUnit of pytest and of Node.js) and fuzz/*.xml (a
case a target). A ctest entry without cases of its own counts as one. Exit code 1: something failed, or nothing ran.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

SLOWEST_SHOWN = 10


@dataclass(frozen=True)
class Case:
    name: str
    outcome: str  # passed, failed, skipped
    seconds: float


def never_ran(case: ElementTree.Element) -> bool:
    """ctest calls a program that it did not find skipped."""
    skipped = case.find("skipped")
    return skipped is not None and "Unable to find executable" in skipped.get("message", "")


def junit_cases(path: pathlib.Path, group: str) -> list[Case]:
    """JUnit as ctest, GoogleTest, pytest and Node.js write it."""
    cases = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status", "")
        if case.find("failure") is not None or case.find("error") is not None or status == "fail" \
                or never_ran(case):
            outcome = "failed"
        elif (case.find("skipped") is not None or status in ("notrun", "disabled")
              or case.get("result") in ("skipped", "suppressed")):
            outcome = "skipped"
        else:
            outcome = "passed"
        owner = case.get("classname") or group
        cases.append(Case(f"{owner}.{case.get('name')}", outcome, float(case.get("time") or 0)))
    return cases


def programs_of(ctest_json: pathlib.Path) -> dict[str, str]:
    """The program behind each test of ctest."""
    tests = json.loads(ctest_json.read_text())["tests"]
    return {test["name"]: pathlib.Path(test.get("command", ["?"])[0]).name for test in tests}


def unit_cases(results: pathlib.Path) -> list[Case]:
    listed = programs_of(results / "ctest.json")
    if not listed:
        return []
    by_program = {}
    for path in sorted((results / "gtest").glob("*.xml")):
        by_program[path.stem] = junit_cases(path, path.stem)
    cases = []
    for entry in junit_cases(results / "ctest.xml", "ctest"):
        name = entry.name.rsplit(".", 1)[-1]
        own = by_program.pop(listed.get(name, name), [])
        cases += own
        # A program that crashed, or ran out of time, failed, whatever its cases say.
        if not own or (entry.outcome == "failed" and all(c.outcome != "failed" for c in own)):
            cases.append(entry)
    # A program that ran more than once wrote files of other names.
    return cases + [case for own in by_program.values() for case in own]


def gather(results: pathlib.Path) -> list[Case]:
    cases = unit_cases(results)
    for path in sorted([*(results / "clients").glob("*.xml"), *(results / "fuzz").glob("*.xml")]):
        cases += junit_cases(path, path.stem)
    return cases


def closing_line(cases: list[Case]) -> str:
    count = {outcome: sum(c.outcome == outcome for c in cases)
             for outcome in ("passed", "failed", "skipped")}
    return f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped"


def main(results: pathlib.Path) -> int:
    cases = gather(results)
    slowest = sorted(cases, key=lambda c: c.seconds, reverse=True)[:SLOWEST_SHOWN]
    print(f"\nslowest of {sum(c.seconds for c in cases):.0f} s:")
    for case in slowest:
        print(f"  {case.seconds:7.2f} s  {case.name}")
    failed = [case for case in cases if case.outcome == "failed"]
    if failed:
        print("\nfailed:")
        for case in failed:
            print(f"  {case.name}")
    if not cases:
        print("\nno test has this name", file=sys.stderr)
    print(f"\n{closing_line(cases)}", flush=True)
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
