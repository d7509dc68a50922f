"""The example names the releases that it was tried with, and they are those of test/clients/versions.toml."""

import json
import pathlib
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/media-library"


class ClientVersions(unittest.TestCase):
    def setUp(self):
        self.versions = tomllib.loads((ROOT / "test/clients/versions.toml").read_text())

    def test_python_packages_of_the_example(self):
        lines = (EXAMPLE / "requirements.txt").read_text().split()
        named = dict(line.split("==") for line in lines)
        self.assertTrue(named)
        self.assertEqual(named, {name: self.versions["python"].get(name) for name in named})

    def test_node_packages_of_the_example(self):
        named = json.loads((EXAMPLE / "package.json").read_text())["dependencies"]
        self.assertTrue(named)
        self.assertEqual(named, {name: self.versions["node"].get(name) for name in named})


if __name__ == "__main__":
    unittest.main()
