# SPDX-License-Identifier: Apache-2.0
"""Copies an x86-64 program so that it asks for older symbol versions.

The loader refuses a program that names a version its libraries lack. Here each such
name in the table of needed versions is replaced by an older one of the same library,
under which the shim defines the few functions that are really missing.

    relabel.py PROGRAM COPY
"""

import struct
import sys
from pathlib import Path

OLDER = {"GLIBC_2.38": "GLIBC_2.2.5", "GLIBCXX_3.4.32": "GLIBCXX_3.4"}
SHT_GNU_VERNEED = 0x6FFFFFFE


def sections(image: bytes) -> list[tuple]:
    """The section headers, as (name, type, flags, address, offset, size, link, ...)."""
    (table,) = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    return [struct.unpack_from("<IIQQQQIIQQ", image, table + index * size) for index in range(count)]


def needed_versions(image: bytes) -> dict[str, int]:
    """Version name -> offset of its entry in the table of needed versions."""
    headers = sections(image)
    found = {}
    for header in (header for header in headers if header[1] == SHT_GNU_VERNEED):
        strings, library = headers[header[6]][4], header[4]
        while True:
            _, count, _, first, following = struct.unpack_from("<HHIII", image, library)
            entry = library + first
            for _ in range(count):
                *_, name, step = struct.unpack_from("<IHHII", image, entry)
                start = strings + name
                found[image[start : image.index(0, start)].decode()] = entry
                entry += step
            if not following:
                break
            library += following
    return found


def relabel(image: bytearray) -> None:
    """Gives each newer version's entry the hash and name of the older one."""
    entries = needed_versions(image)
    for newer, older in OLDER.items():
        target, source = entries[newer], entries[older]
        image[target : target + 4] = image[source : source + 4]
        image[target + 8 : target + 12] = image[source + 8 : source + 12]


def main() -> None:
    """Reads the program, writes the copy."""
    program, copy = map(Path, sys.argv[1:])
    image = bytearray(program.read_bytes())
    relabel(image)
    copy.write_bytes(image)
    copy.chmod(0o755)


if __name__ == "__main__":
    main()
