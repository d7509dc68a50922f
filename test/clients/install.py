#!/usr/bin/env python3
"""Installs the clients of versions.toml into DIR: a virtual environment and node_modules.

    install.py DIR          installs what is missing or of another version
    install.py --print DIR  says what is there

Does nothing, in a few milliseconds, when DIR holds these versions already.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import venv

VERSIONS = pathlib.Path(__file__).resolve().with_name("versions.toml")
ROOT = VERSIONS.parents[2]
# Where Node.js looks for packages beside the sources that import them.
NODE_USERS = (ROOT / "test/clients", ROOT / "examples/media-library")
TRIES = 3


def run(command: list[str], **options) -> None:
    """A registry may be slow to answer for a moment, so a failed installation is tried again."""
    for attempt in range(1, TRIES + 1):
        result = subprocess.run(command, **options)
        if result.returncode == 0:
            return
        print(f"{pathlib.Path(command[0]).name} failed, attempt {attempt} of {TRIES}", file=sys.stderr)
    sys.exit(f"could not install the clients: {' '.join(command)}")


def install_python(target: pathlib.Path, packages: dict[str, str]) -> None:
    shutil.rmtree(target / "venv", ignore_errors=True)
    venv.create(target / "venv", with_pip=True)
    requirements = target / "requirements.txt"
    requirements.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
    run([str(target / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check",
         "--requirement", str(requirements)])


def install_node(target: pathlib.Path, packages: dict[str, str]) -> None:
    shutil.rmtree(target / "node_modules", ignore_errors=True)
    (target / "package-lock.json").unlink(missing_ok=True)
    manifest = {"private": True, "dependencies": packages}
    (target / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    environment = dict(os.environ, PATH=f"{target / 'venv/bin'}{os.pathsep}{os.environ['PATH']}")
    run([str(target / "venv/bin/npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts",
         "--loglevel=error"], cwd=target, env=environment)


def link_node_modules(target: pathlib.Path) -> None:
    for folder in NODE_USERS:
        link = folder / "node_modules"
        if link.is_symlink():
            link.unlink()
        if not link.exists():  # Somebody's own `npm install` stays.
            link.symlink_to(os.path.relpath(target / "node_modules", folder))


def print_versions(versions: dict[str, dict[str, str]]) -> None:
    for family in ("python", "node"):
        print(f"{family}: " + ", ".join(f"{n} {v}" for n, v in versions[family].items()))


def main(arguments: list[str]) -> None:
    only_print = arguments[:1] == ["--print"]
    target = pathlib.Path(arguments[-1]).resolve()
    versions = tomllib.loads(VERSIONS.read_text())
    if only_print:
        print_versions(versions)
        return
    # A moved checkout needs new ones: scripts of a virtual environment name their interpreter's path.
    wanted = hashlib.sha256(VERSIONS.read_bytes() + str(target).encode()).hexdigest()
    stamp = target / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        install_python(target, versions["python"])
        install_node(target, versions["node"])
        stamp.write_text(wanted)
    link_node_modules(target)


if __name__ == "__main__":
    main(sys.argv[1:])
