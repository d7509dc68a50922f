#!/usr/bin/env python3
"""Installs the clients of versions.toml into DIR: a virtual environment, node_modules, the programs in Go, and the
protocol vectors that botocore is tested with.

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
import tarfile
import tempfile
import tomllib
import venv

VERSIONS = pathlib.Path(__file__).resolve().with_name("versions.toml")
ROOT = VERSIONS.parents[2]
# Programs in Go by name, each built from one folder into DIR/<the folder's name>, with its tests as `<name>-tests`.
GO_PROGRAMS = {"go-client": VERSIONS.with_name("go"), "linearizability": ROOT / "test/linearizability"}
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


def install_vectors(target: pathlib.Path, botocore: str) -> None:
    """The vectors are part of botocore's source distribution alone."""
    with tempfile.TemporaryDirectory() as folder:
        run([str(target / "venv/bin/pip"), "download", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--no-binary", ":all:", "--dest", folder, f"botocore=={botocore}"])
        with tarfile.open(next(pathlib.Path(folder).glob("botocore-*.tar.gz"))) as archive:
            prefix = f"botocore-{botocore}/tests/unit/protocols/"
            for side in ("input", "output"):
                out = target / "protocol-vectors" / side
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir(parents=True)
                for member in archive.getmembers():
                    if member.name.startswith(prefix + side + "/") and member.isfile():
                        (out / pathlib.Path(member.name).name).write_bytes(archive.extractfile(member).read())


def install_go(target: pathlib.Path, program: str, modules: dict[str, str]) -> None:
    """What Go downloads and compiles stays below DIR, for the next time."""
    sources = GO_PROGRAMS[program]
    folder = target / sources.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sources, folder)
    requirements = "".join(f"\t{name} v{version}\n" for name, version in modules.items())
    (folder / "go.mod").write_text(f"module dyad/{sources.name}\n\ngo 1.26\n\nrequire (\n{requirements})\n")
    environment = dict(os.environ, GOFLAGS="-modcacherw -buildvcs=false", GOTOOLCHAIN="local", GOWORK="off",
                       GOPATH=str(target / "go-path"), GOCACHE=str(target / "go-cache"))
    go = str(target / "venv/bin/go")
    run([go, "mod", "tidy"], cwd=folder, env=environment)
    run([go, "build", "-o", program, "."], cwd=folder, env=environment)
    if any(sources.glob("*_test.go")):
        run([go, "vet", "."], cwd=folder, env=environment)
        run([go, "test", "-c", "-o", f"{program}-tests", "."], cwd=folder, env=environment)


def digest_of_go_sources() -> bytes:
    return b"".join(f.read_bytes() for folder in GO_PROGRAMS.values() for f in sorted(folder.glob("*.go")))


def link_node_modules(target: pathlib.Path) -> None:
    for folder in NODE_USERS:
        link = folder / "node_modules"
        if link.is_symlink():
            link.unlink()
        if not link.exists():  # Somebody's own `npm install` stays.
            link.symlink_to(os.path.relpath(target / "node_modules", folder))


def print_versions(versions: dict[str, dict[str, str]]) -> None:
    for family in ("python", "node", "go"):
        print(f"{family}: " + ", ".join(f"{n} {v}" for n, v in versions[family].items()))


def main(arguments: list[str]) -> None:
    only_print = arguments[:1] == ["--print"]
    target = pathlib.Path(arguments[-1]).resolve()
    versions = tomllib.loads(VERSIONS.read_text())
    if only_print:
        print_versions(versions)
        return
    # A moved checkout needs new ones: scripts of a virtual environment name their interpreter's path.
    packages = json.dumps([versions["python"], versions["node"]])
    wanted = hashlib.sha256(f"{packages} {target} vectors".encode()).hexdigest()
    stamp = target / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        install_python(target, versions["python"])
        install_node(target, versions["node"])
        install_vectors(target, versions["python"]["botocore"])
        stamp.write_text(wanted)
    modules = json.dumps([wanted, versions["go"], sorted(GO_PROGRAMS)])
    go_wanted = hashlib.sha256(modules.encode() + digest_of_go_sources()).hexdigest()
    go_stamp = target / "go-installed"
    if not go_stamp.exists() or go_stamp.read_text() != go_wanted:
        go_stamp.unlink(missing_ok=True)
        for program in GO_PROGRAMS:
            install_go(target, program, versions["go"])
        go_stamp.write_text(go_wanted)
    link_node_modules(target)


if __name__ == "__main__":
    main(sys.argv[1:])
