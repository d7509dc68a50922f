#!/usr/bin/env python3
"""Holds the sources against the order of the floors.

    check_floors.py [ROOT]     one line for each thing that is wrong, exit code 1 if there is any

The order is that of src/CMakeLists.txt; what a floor may include is what its own `dyad_floor(... DEPENDS ...)`
names, and that must stand above it in the order. Services do not include each other, the DynamoDB service does
not know that buckets exist, heavy libraries stay where they belong, and each folder says what it is.
"""

import pathlib
import re
import sys
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCES = (".h", ".cc")
SERVICES = "services"
TOP = ("server", "cli")  # The only places that know all.

# A library, as the start of an #include, and the folders of src that may see it. Each costs seconds a file, or is
# something that only one floor may decide about.
LIBRARIES = {
    "rocksdb/": ("store/embedded",),
    "rados/": ("store/rados", "blob/rados"),
    "simdjson": ("protocol", "client", "services/dynamodb", "gateway", "api", "server"),
    "pugixml": ("protocol", "client", "api"),
    "spdlog/": ("base",),
    "prometheus/": ("gateway",),
    "CLI/": ("cli",),
    "openssl/": ("crypto", "runtime"),
}

# What may not stand in any source, and why not.
FORBIDDEN = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "finish it, or file it",
    r"\bthis_thread::sleep_\w+|\busleep\(": "waiting goes through the runtime's timers",
}

# An object is an item with bytes: the service of items must not know more of it than of any table. Its tests may:
# they wire up whole stores.
NOT_IN_DYNAMODB = re.compile(r"(?<![a-z])(s3|buckets?)(?![a-z])", re.IGNORECASE)
TEST_SOURCE = re.compile(r"^test_|_test\.cc$")
# In files that read and write JSON, an object is JSON's.
OBJECT = re.compile(r"(?<![a-z])objects?(?![a-z\"])", re.IGNORECASE)  # `object"` ends a sentence of AWS's.
ABOUT_JSON = re.compile(r"json|attribute_value")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
FLOOR_ORDER = re.compile(r"foreach\(floor\s+([^)]*)\)")
TARGET = re.compile(r"dyad_(?:floor|api)\(\s*(\w+)([^)]*)\)")
LINKED = re.compile(r"target_link_libraries\(\s*(\w+)([^)]*)\)")


@dataclass
class Folder:
    """A floor, or a service: what it may include."""

    name: str
    may_include: set[str] = field(default_factory=set)


def cmake_text(path: pathlib.Path) -> str:
    return re.sub(r"#.*", "", path.read_text())


def floor_order(src: pathlib.Path) -> list[str]:
    found = FLOOR_ORDER.search(cmake_text(src / "CMakeLists.txt"))
    if found is None:
        sys.exit("src/CMakeLists.txt: no list of floors")
    return found.group(1).split()


def declared_dependencies(cmake: pathlib.Path) -> set[str]:
    """The floors that a CMakeLists.txt names behind DEPENDS, or links as dyad_<floor>."""
    names = set()
    text = cmake_text(cmake)
    for _, arguments in TARGET.findall(text):
        section = None
        for word in arguments.split():
            if word.isupper():
                section = word
            elif section in ("DEPENDS", "TEST_DEPENDS"):
                names.add(word)
    for _, arguments in LINKED.findall(text):
        names |= {w.removeprefix("dyad_") for w in arguments.split() if w.startswith("dyad_")}
    return names


def folder_of(name: str, services: set[str]) -> str:
    """A CMake name of a dependency -> the folder that it lies in."""
    if name.startswith("api_"):
        return "api"
    for engine in ("_embedded", "_rados"):  # A library of its own for what sees a heavy one.
        name = name.removesuffix(engine)
    return SERVICES if name in services else name


class Checker:
    def __init__(self, root: pathlib.Path):
        self.src = root / "src"
        self.root = root
        self.problems: list[str] = []
        self.order = floor_order(self.src)
        services = self.src / SERVICES
        self.services = {d.name for d in services.iterdir() if d.is_dir()} if services.is_dir() else set()

    def complain(self, path: pathlib.Path, line: int, what: str) -> None:
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def run(self) -> list[str]:
        for floor in self.order:
            if not (self.src / floor).is_dir():
                continue
            if floor == SERVICES:
                for service in sorted(self.services):
                    self.check_folder(self.src / SERVICES / service, service)
            else:
                self.check_folder(self.src / floor, floor)
        for folder in sorted(d for d in self.src.iterdir() if d.is_dir() and d.name not in self.order):
            self.complain(folder, 1, "this folder is not in the list of floors of src/CMakeLists.txt")
        return self.problems

    def check_folder(self, folder: pathlib.Path, name: str) -> None:
        files = sorted(p for p in folder.rglob("*") if p.suffix in SOURCES)
        if not files:
            return
        if not (folder / "README.md").is_file():
            self.complain(folder, 1, "has no README.md")
        cmake = folder / "CMakeLists.txt"
        if not cmake.is_file():
            self.complain(folder, 1, "has no CMakeLists.txt")
            return
        declared = declared_dependencies(cmake)
        if folder.name not in TOP:
            self.check_order(cmake, folder, declared)
        allowed = {folder_of(d, self.services) for d in declared - self.services}
        for path in files:
            self.check_file(path, folder, allowed)

    def floor_of(self, folder: pathlib.Path) -> str:
        return folder.relative_to(self.src).parts[0]

    def check_order(self, cmake: pathlib.Path, folder: pathlib.Path, declared: set[str]) -> None:
        own = self.floor_of(folder)
        for name in sorted(declared):
            other = folder_of(name, self.services)
            if other not in self.order or other == own == SERVICES and name != folder.name:
                self.complain(cmake, 1, f"may not depend on {name}: a service does not know another one"
                              if other == SERVICES else f"depends on {name}, which is no floor")
            elif other == "api" == name:
                continue  # The frame of handlers: headers only.
            elif other != own and self.order.index(other) > self.order.index(own):
                self.complain(cmake, 1, f"depends on {name}, which stands above {own}")

    def check_file(self, path: pathlib.Path, folder: pathlib.Path, allowed: set[str]) -> None:
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            self.check_include(path, line, match.group(2), match.group(1) == '"', folder, allowed)
        for number, line in enumerate(text.splitlines(), 1):
            self.check_words(path, number, line, folder)

    def check_include(self, path, line, included, ours, folder, allowed) -> None:
        if not ours:
            self.check_library(path, line, included)
            return
        parts = pathlib.PurePosixPath(included).parts
        own = self.floor_of(folder)
        if own == SERVICES and parts[0] == SERVICES:
            if len(parts) > 1 and parts[1] != folder.name:
                self.complain(path, line, f"includes {included}: services never include each other")
        elif own in TOP:
            return
        elif parts[0] not in self.order:
            self.complain(path, line, f"includes {included}: write it from src/, floor first")
        elif parts[0] != own and parts[0] not in allowed:
            self.complain(path, line, f"includes {included}, but {folder.name} does not depend on {parts[0]}")

    def check_library(self, path, line, included) -> None:
        place = path.relative_to(self.src).as_posix()
        for library, folders in LIBRARIES.items():
            if included.startswith(library) and not any(place.startswith(f + "/") for f in folders):
                self.complain(path, line, f"includes {included}; only {', '.join(folders)} may")

    def check_words(self, path, number, line, folder) -> None:
        for pattern, why in FORBIDDEN.items():
            found = re.search(pattern, line)
            if found:
                self.complain(path, number, f"{found.group(0)}: {why}")
        if folder == self.src / SERVICES / "dynamodb" and not TEST_SOURCE.search(path.name):
            found = NOT_IN_DYNAMODB.search(line)
            if not found and not ABOUT_JSON.search(path.name):
                found = OBJECT.search(line)
            if found:
                self.complain(path, number, f"{found.group(0)}: the service of items does not know of objects")


def main() -> int:
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    problems = Checker(root).run()
    print("\n".join(problems) if problems else "the floors are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
