# SPDX-License-Identifier: Apache-2.0
"""Reads file descriptors out of generated *_pb2.py modules without importing them.

Each such module hands its serialized FileDescriptorProto to AddSerializedFile as
one bytes literal. Parsing the source keeps two versions of a package readable in
one process, and needs none of the package's own dependencies.
"""

import ast
from pathlib import Path

from google.protobuf import descriptor_pb2


def read_module(path: Path) -> descriptor_pb2.FileDescriptorProto:
    """The file descriptor embedded in one generated module."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return descriptor_pb2.FileDescriptorProto.FromString(ast.literal_eval(node.args[0]))
    raise ValueError(f"{path}: no embedded file descriptor")


def read_folder(folder: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """All descriptors of the generated modules under a folder, by file name."""
    files = (read_module(path) for path in sorted(folder.rglob("*_pb2.py")))
    return {file.name: file for file in files}


def module_of(proto_name: str) -> str:
    """The module path that protoc's Python generator gives a .proto file."""
    return proto_name.removesuffix(".proto").replace("-", "_") + "_pb2.py"
