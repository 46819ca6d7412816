# SPDX-License-Identifier: Apache-2.0
"""Odd point clouds, as TransformPCD reads them."""
import base64
import struct


def pcd(count, data, encoding="binary", fields="x y z", **lines):
    """A file that says it has `count` points; `lines` replace those of its header."""
    colors = fields.count("rgb")
    header = {"VERSION": ".7", "FIELDS": fields, "SIZE": "4 4 4" + " 4" * colors,
              "TYPE": "F F F" + " I" * colors, "COUNT": "1 1 1" + " 1" * colors, "WIDTH": count,
              "HEIGHT": 1, "VIEWPOINT": "0 0 0 1 0 0 0", "POINTS": count, "DATA": encoding, **lines}
    text = "".join(f"{key} {value}\n" for key, value in header.items())
    return text.encode() + data


def points(*values):
    return struct.pack(f"<{len(values)}f", *values)


def colored(*values):
    return b"".join(points(*xyz) + struct.pack("<I", rgb) for *xyz, rgb in values)


def compressed(columns):
    """As literals alone."""
    parts = [columns[i:i + 32] for i in range(0, len(columns), 32)]
    packed = b"".join(bytes([len(part) - 1]) + part for part in parts)
    return struct.pack("<II", len(packed), len(columns)) + packed


RGB = {"fields": "x y z rgb"}
FINE = (1.23456, 2, 3, 0.00004, -0.00005, 9)

FILES = [
    b"", b"rubbish", pcd(2, points(*FINE)), pcd(1, points(*FINE)), pcd(0, b""),
    # as many times at one place
    pcd(4, colored((1, 2, 3, 1), (4, 5, 6, 2), (1, 2, 3, 3), (7, 8, 9, 4)), **RGB),
    pcd(3, b"1 2 3\n1 2 3\n1 2 3.00000001\n", "ascii"),
    pcd(3, points(1, 2, 3, 1.00001, 2, 3, 1.00009, 2, 3)),
    pcd(3, points(0, 0, 0, -0.0, 0, 0, 0, -0.0, 0)),
    # cut off
    pcd(3, b""), pcd(3, points(1, 2, 3, 4, 5, 6)), pcd(3, points(1, 2, 3, 4, 5, 6) + b"\0\0\0"),
    pcd(4, points(1, 2, 3, 4)), pcd(4, colored((1, 2, 3, 5)) + points(7), **RGB),
    pcd(4, colored((1, 2, 3, 5)), **RGB), pcd(3, b"1 2 3\n", "ascii"),
    pcd(2, b"1 2\n4 5 6\n", "ascii"), pcd(2, b"1 x 3\n4 5 6\n", "ascii"),
    # encodings
    pcd(1, b"1.23456789 0.00004 3\n", "ascii"), pcd(1, b"1 2 3\r\n", "ascii"),
    pcd(2, b"1 2 3 16711680\n4 5 6 4278190335\n", "ascii", **RGB),
    pcd(2, compressed(points(1.23456, 4, 2, 0.00004, 3, -0.00005)), "binary_compressed"),
    pcd(2, compressed(points(1, 1, 2, 2, 3, 3)), "binary_compressed"),
    pcd(2, b"\0\0\0\0", "binary_compressed"), pcd(1, points(1, 2, 3), "gzip"),
    # headers
    pcd(1, points(1, 2, 3), VERSION="0.7"), pcd(1, points(1, 2, 3), VERSION=".6"),
    pcd(1, points(1, 2, 3, 4), fields="x y z intensity"), pcd(1, points(1, 2, 3), POINTS=5),
    pcd(1, points(1, 2, 3), WIDTH=-1), pcd(1, points(1e30, 2, 3)),
    b"# .PCD v.7\n" + pcd(1, points(1, 2, 3)),
]

REQUESTS = [("robot", "TransformPCD", {
    "pointCloudPcd": base64.b64encode(file).decode(), "source": "world", "destination": "world"})
            for file in FILES]
