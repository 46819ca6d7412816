# SPDX-License-Identifier: Apache-2.0
"""Compiles a tree of .proto files with protoc."""

import subprocess
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2


class CompileError(Exception):
    """protoc refused the tree; the text is what it said."""


def proto_names(root: Path) -> list[str]:
    """The import names of all .proto files under a folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.proto"))


def compile_tree(root: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """All files of a tree as protoc understands them, with source info."""
    names = proto_names(root)
    if not names:
        return {}
    with tempfile.NamedTemporaryFile() as out:
        command = ["protoc", f"-I{root}", f"--descriptor_set_out={out.name}", "--include_source_info", *names]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise CompileError("protoc is not installed (Debian: protobuf-compiler)") from None
        if done.returncode != 0:
            raise CompileError(done.stderr.strip())
        compiled = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    return {file.name: file for file in compiled.file}
