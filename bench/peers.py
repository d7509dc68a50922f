#!/usr/bin/env python3
"""Installs the servers that Dyad is measured beside (peers.toml), each within a time.

    peers.py DIR [NAME...]   installs those that are missing or of another version; without names, all
    peers.py --list DIR      says which are there

A peer is there when DIR/NAME/version is, beside the script DIR/NAME/serve that starts it. One that cannot be installed
is told, and the status is 1; the others are installed all the same.
"""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import tomllib

PEERS = pathlib.Path(__file__).resolve().with_name("peers.toml")
# An attempt that takes longer than this is ended. Compiling MinIO on two cores takes a quarter of an hour.
MAX_SECONDS = 300
MAX_COMPILE_SECONDS = 2400
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dyad</groupId><artifactId>peers</artifactId><version>1</version><dependencies><dependency>
<groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency></dependencies></project>
"""


def run(command: list[str], seconds: int = MAX_SECONDS, **options) -> None:
    """Ends the command's children too where it takes too long: they are in a session of their own."""
    with subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, **options) as process:
        try:
            status = process.wait(timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if status != 0:
        raise subprocess.CalledProcessError(status, command)


def install_debian(package: str, _folder: pathlib.Path) -> str:
    asked = ["dpkg-query", "-W", "-f=${Version}", package]
    if subprocess.run(asked, capture_output=True).returncode != 0:
        as_root = [] if os.getuid() == 0 else ["sudo"]
        run([*as_root, "apt-get", "install", "-y", "-q", "--no-install-recommends", package],
            env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    return subprocess.run(asked, capture_output=True, check=True, text=True).stdout


def install_npm(packages: dict[str, str], folder: pathlib.Path) -> str:
    manifest = ", ".join(f'"{name}": "{version}"' for name, version in packages.items())
    (folder / "package.json").write_text(f'{{"private": true, "dependencies": {{{manifest}}}}}\n')
    run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=folder)
    return " ".join(packages.values())


def install_maven(artifact: str, folder: pathlib.Path) -> str:
    group, name, version = artifact.split(":")
    (folder / "pom.xml").write_text(POM.format(group, name, version))
    run(["mvn", "--batch-mode", "--no-transfer-progress", "--quiet", "dependency:copy-dependencies",
         "-DoutputDirectory=lib"], cwd=folder)
    return version


def install_go(module: str, folder: pathlib.Path) -> str:
    """What Go downloads and compiles stays in DIR/go, so that an attempt that was ended goes on where it was."""
    work = folder.parent / "go"
    environment = dict(os.environ, GOFLAGS="-modcacherw -buildvcs=false", GOTOOLCHAIN="local", GOWORK="off",
                       GOPATH=str(work / "path"), GOCACHE=str(work / "cache"), GOBIN=str(folder / "bin"))
    run(["nice", "go", "install", module], MAX_COMPILE_SECONDS, env=environment)
    return module.split("@")[1]


INSTALLERS = {"debian": install_debian, "npm": install_npm, "maven": install_maven, "go": install_go}


def install(name: str, peer: dict, target: pathlib.Path) -> None:
    folder = target / name
    made_of = {key: value for key, value in peer.items() if key != "programs"}
    wanted = hashlib.sha256(repr(made_of).encode()).hexdigest()
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    limit = MAX_COMPILE_SECONDS if "go" in peer else MAX_SECONDS
    print(f"installing {name}, within {limit // 60} minutes", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for program, package in peer.get("programs", {}).items():
        if shutil.which(program) is None:
            install_debian(package, folder)
    kind = next(kind for kind in INSTALLERS if kind in peer)
    version = INSTALLERS[kind](peer[kind], folder)
    serve = folder / "serve"
    serve.write_text(f"#!/bin/bash\nset -eu\nHERE=$(cd \"$(dirname \"$0\")\" && pwd)\n{peer['serve']}\n")
    serve.chmod(0o755)
    (folder / "version").write_text(version + "\n")
    stamp.write_text(wanted)
    print(f"{name} {version} installed in {time.monotonic() - began:.0f} s", file=sys.stderr)


def show(peers: dict, target: pathlib.Path) -> None:
    for name in peers:
        version = target / name / "version"
        print(f"{name}: {version.read_text().strip() if version.exists() else 'not installed'}")


def main(arguments: list[str]) -> int:
    peers = tomllib.loads(PEERS.read_text())
    if arguments[:1] == ["--list"] and len(arguments) == 2:
        show(peers, pathlib.Path(arguments[1]))
        return 0
    if not arguments or arguments[0].startswith("-") or not set(arguments[1:]) <= set(peers):
        print(__doc__.strip(), f"\nPeers: {', '.join(peers)}", file=sys.stderr)
        return 2
    target = pathlib.Path(arguments[0]).resolve()
    failed = 0
    for name in arguments[1:] or peers:
        try:
            install(name, peers[name], target)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name} could not be installed: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
