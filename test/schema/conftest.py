# SPDX-License-Identifier: Apache-2.0
"""What the schema tests share: the packages' descriptors and the compiled tree."""

import os
from pathlib import Path

import pytest
from schema_lib import __main__ as tool
from schema_lib import files, protoc, sources

NODE_MODULES = Path(os.environ["SINEW_NODE_MODULES"])


@pytest.fixture(scope="session")
def packages():
    """The schema as the pinned packages carry it."""
    return sources.all_files(tool.SITE_PACKAGES, NODE_MODULES)


@pytest.fixture(scope="session")
def tree():
    """Our proto/ as protoc understands it."""
    return compile_plain(tool.PROTO)


def compile_plain(folder: Path) -> dict:
    """A compiled folder, its comments left out."""
    compiled = protoc.compile_tree(folder)
    for file in compiled.values():
        file.ClearField("source_code_info")
    return files.with_options(compiled)
