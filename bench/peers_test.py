"""Installing peers, with programs of our own in place of the package managers."""

import contextlib
import io
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import peers

PEERS = """
[first]
npm = { thing = "1.0" }
serve = "exec first"
[second]
npm = { thing = "2.0" }
serve = "exec second"
"""


class Installing(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)
        self.target = self.here / "peers"
        (self.here / "bin").mkdir()
        (self.here / "peers.toml").write_text(PEERS)
        for patch in (mock.patch.object(peers, "PEERS", self.here / "peers.toml"),
                      mock.patch.dict(os.environ, PATH=f"{self.here / 'bin'}:{os.environ['PATH']}")):
            patch.start()
            self.addCleanup(patch.stop)

    def npm(self, script: str) -> None:
        program = self.here / "bin" / "npm"
        program.write_text("#!/bin/bash\necho $PWD >>%s\n%s\n" % (self.here / "calls", script))
        program.chmod(0o755)

    def calls(self) -> list[str]:
        calls = self.here / "calls"
        return [pathlib.Path(line).name for line in calls.read_text().split()] if calls.exists() else []

    def install(self, *names: str) -> tuple[int, str]:
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            return peers.main([str(self.target), *names]), told.getvalue()

    def test_each_once_and_again_when_another_version_is_wanted(self) -> None:
        self.npm("exit 0")
        self.assertEqual(self.install()[0], 0)
        self.assertEqual(self.calls(), ["first", "second"])
        self.assertEqual((self.target / "first" / "version").read_text(), "1.0\n")
        self.assertTrue(os.access(self.target / "first" / "serve", os.X_OK))
        self.assertEqual(self.install(), (0, ""))
        (self.here / "peers.toml").write_text(PEERS.replace("2.0", "2.1"))
        self.assertEqual(self.install()[0], 0)
        self.assertEqual(self.calls(), ["first", "second", "second"])

    def test_one_that_cannot_be_installed_is_told_and_the_others_are(self) -> None:
        self.npm("[ $(basename $PWD) != first ]")
        status, told = self.install()
        self.assertEqual(status, 1)
        self.assertIn("first could not be installed", told)
        self.assertFalse((self.target / "first" / "installed").exists())
        self.assertTrue((self.target / "second" / "installed").exists())

    def test_one_that_takes_too_long_is_ended_with_its_children(self) -> None:
        child = self.here / "child"
        self.npm(f"sleep 1000 & echo $! >{child}; wait")
        really_wait = subprocess.Popen.wait

        def wait(process: subprocess.Popen, timeout: float | None = None) -> int:
            if timeout is None:
                return really_wait(process)
            self.until(lambda: child.exists() and child.read_text().endswith("\n"))
            raise subprocess.TimeoutExpired("npm", timeout)

        with mock.patch.object(subprocess.Popen, "wait", wait):
            status, told = self.install("first")
        self.assertEqual(status, 1)
        self.assertIn("timed out", told)
        self.until(lambda: self.is_dead(child.read_text().strip()))

    def is_dead(self, pid: str) -> bool:
        try:
            stat = (pathlib.Path("/proc") / pid / "stat").read_text()
        except OSError:
            return True
        # A zombie, where its new parent has not looked yet.
        return stat.rsplit(")", 1)[1].split()[0] in "ZX"

    def until(self, holds) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it takes longer than it may")
            time.sleep(0.01)

    def test_names_that_no_peer_has(self) -> None:
        self.assertEqual(self.install("third")[0], 2)
        self.assertEqual(self.install("--list")[0], 2)


if __name__ == "__main__":
    unittest.main()
