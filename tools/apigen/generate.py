#!/usr/bin/env python3
"""Writes the C++ of one service: generate.py API_DIR SERVICE OUT_DIR.

With --list it prints the names of the files that it would write, for the build system.
"""

import sys
from pathlib import Path

import emit_descriptors
import emit_operations
import emit_types
from model import Service


def generate(service):
    """File name -> text."""
    files = {}
    for emitter in (emit_types, emit_descriptors, emit_operations):
        files.update(emitter.emit(service))
    return files


def main(arguments):
    only_list = "--list" in arguments
    arguments = [a for a in arguments if a != "--list"]
    if len(arguments) != 3:
        sys.exit(__doc__)
    service = Service.load(arguments[0], arguments[1])
    files = generate(service)
    out_dir = Path(arguments[2]) / "api" / service.namespace
    if only_list:
        print(";".join(str(out_dir / name) for name in sorted(files)))
        return
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = out_dir / name
        # An unchanged file keeps its time, so that nothing is compiled anew for it.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    for stale in set(out_dir.iterdir()) - {out_dir / name for name in files}:
        stale.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
