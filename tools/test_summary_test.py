"""What test_summary.py makes of results as the four runners write them."""

import json
import pathlib
import tempfile
import unittest

from test_summary import closing_line, gather

GTEST = """<testsuites><testsuite name="Suite">
<testcase name="Passes" status="run" result="completed" time="0.5" classname="Suite"/>
<testcase name="Skips" status="run" result="skipped" time="0" classname="Suite"><skipped message=""/></testcase>
{more}</testsuite></testsuites>"""
GTEST_FAILURE = '<testcase name="F" status="run" classname="Suite"><failure message="no"/></testcase>'
PYTEST = """<testsuites><testsuite><testcase classname="a_test" name="good" time="1"/>
<testcase classname="a_test" name="bad" time="1"><error message="fixture"/></testcase></testsuite></testsuites>"""
NODE = """<testsuites><testcase name="good" time="0.1" classname="test"/>
<testsuite name="group"><testcase name="bad" time="0.1" classname="test"><failure/></testcase></testsuite></testsuites>"""


INSIDE = {"fail": "<failure/>", "notrun": '<skipped message="Unable to find executable: x_test"/>'}


class TestSummary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.results = pathlib.Path(folder.name)
        (self.results / "gtest").mkdir()
        (self.results / "clients").mkdir()

    def ctest(self, **outcomes: str) -> None:
        tests = [{"name": name, "command": [f"/build/{name}_test"]} for name in outcomes]
        (self.results / "ctest.json").write_text(json.dumps({"tests": tests}))
        cases = "".join(
            f'<testcase name="{name}" classname="{name}" time="1" status="{outcome}">'
            + INSIDE.get(outcome, "") + "</testcase>"
            for name, outcome in outcomes.items())
        (self.results / "ctest.xml").write_text(f"<testsuite>{cases}</testsuite>")

    def gtest(self, program: str, more: str = "") -> None:
        (self.results / "gtest" / f"{program}.xml").write_text(GTEST.format(more=more))

    def line(self) -> str:
        return closing_line(gather(self.results))

    def test_counts_the_cases_of_a_program(self):
        self.ctest(base="run")
        self.gtest("base_test")
        self.assertEqual(self.line(), "1 passed, 0 failed, 1 skipped")

    def test_counts_fuzz_targets(self):
        self.ctest(base="run")
        (self.results / "fuzz").mkdir()
        (self.results / "fuzz" / "fuzz.xml").write_text(
            '<testsuite name="fuzz"><testcase classname="fuzz" name="uri_query" time="5"/>'
            '<testcase classname="fuzz" name="xml_body" time="5"><failure message="no"/></testcase></testsuite>')
        self.assertEqual(self.line(), "2 passed, 1 failed, 0 skipped")

    def test_counts_a_failed_case_once(self):
        self.ctest(base="fail")
        self.gtest("base_test", GTEST_FAILURE)
        self.assertEqual(self.line(), "1 passed, 1 failed, 1 skipped")

    def test_counts_a_crash_behind_cases_that_passed(self):
        self.ctest(base="fail")
        self.gtest("base_test")
        self.assertEqual(self.line(), "1 passed, 1 failed, 1 skipped")

    def test_counts_a_program_without_cases_as_one(self):
        self.ctest(script="run", crashed="fail", disabled="disabled")
        self.assertEqual(self.line(), "1 passed, 1 failed, 1 skipped")

    def test_counts_a_program_that_is_not_there(self):
        self.ctest(base="notrun")
        self.assertEqual(self.line(), "0 passed, 1 failed, 0 skipped")

    def test_adds_the_clients(self):
        self.ctest()
        (self.results / "clients/pytest.xml").write_text(PYTEST)
        (self.results / "clients/node.xml").write_text(NODE)
        self.assertEqual(self.line(), "2 passed, 2 failed, 0 skipped")

    def test_nothing_ran(self):
        self.ctest()
        self.assertEqual(self.line(), "0 passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
