# SPDX-License-Identifier: Apache-2.0
"""proto/ says what the pinned packages say: names, numbers, types, options, order."""

import pytest
from conftest import NODE_MODULES
from schema_lib import __main__ as tool
from schema_lib import compare, files, protoc, sources

# The pinned TypeScript SDK follows an older API than the pinned Python SDK. These are
# the calls it still knows and nobody serves any more, and the two fields whose meaning
# upstream has changed. Anything beyond them is a mistake of ours or a change to look at.
DROPPED_METHODS = {
    "viam.component.camera.v1.CameraService.GetImage",
    "viam.component.camera.v1.CameraService.RenderFrame",
}
OLDER_FIELDS = {
    "viam.service.navigation.v1.GetLocationResponse.location",
    "viam.service.navigation.v1.Waypoint.location",
}

# Files of other projects that the TypeScript package bundles and Viam's API never names.
FOREIGN = ("google/", "opentelemetry/")


def typescript_names() -> list[str]:
    """Every .proto file that the TypeScript package has declarations of."""
    folder = NODE_MODULES / "@viamrobotics/sdk/dist/gen"
    paths = (str(path.relative_to(folder)) for path in folder.rglob("*_pb.d.ts"))
    return sorted(path.replace("_pb.d.ts", ".proto") for path in paths)


@pytest.mark.parametrize("name", protoc.proto_names(tool.PROTO))
def test_file_equals_its_package(name, tree, packages):
    """Every declaration, option and position in a file is the package's."""
    assert name in packages, "no package carries this file"
    assert compare.exact_differences({name: packages[name]}, {name: tree[name]}) == []


def test_no_file_is_missing(tree, packages):
    """Each file that a package carries is in the tree."""
    assert packages.keys() - tree.keys() == set()


def test_typescript_carries_nothing_else():
    """The files that TypeScript alone carries are the ones the tool reads from it."""
    python = sources.python_files(tool.SITE_PACKAGES)
    alone = {name for name in typescript_names() if name not in python and not name.startswith(FOREIGN)}
    assert alone == sources.TYPESCRIPT.keys()


def test_typescript_agrees(tree):
    """What both packages carry, TypeScript sees as we do, save what upstream changed."""
    theirs = sources.typescript_declarations(NODE_MODULES, typescript_names(), {})
    for file in theirs.values():
        files.fill_json_names(file)
    theirs = compare.facts_of({name: file for name, file in theirs.items() if name in tree})
    ours = compare.facts_of(tree)
    compared = [key for key in theirs if key.split()[0] in ("field", "value", "method", "oneof") and key in ours]
    unequal = {key for key in compared if theirs[key] != ours[key]}
    methods = {key for key in unequal if key.startswith("method")}
    assert unequal - methods == {f"field {name}" for name in OLDER_FIELDS}
    assert {key.rpartition(".")[2] for key in methods} == sources.OLDER_PATHS.keys()
    assert len(compared) > 2500, "too little was compared"
    only_theirs = {key for key in theirs.keys() - ours.keys() if key.startswith("method")}
    assert only_theirs == {f"method {name}" for name in DROPPED_METHODS}


@pytest.mark.parametrize("name, older_name", sources.OLDER.items())
def test_an_older_form_is_typescripts(name, older_name, tree):
    """In its other package it says all that the TypeScript package says."""
    python = sources.python_files(tool.SITE_PACKAGES)
    file = sources.typescript_declarations(NODE_MODULES, [name], python)[name]
    files.fill_json_names(file)

    def moved(text):
        return text.replace(file.package, tree[older_name].package).replace(name, older_name)

    theirs = compare.facts_of({name: file})
    methods = {key for key in theirs if key.startswith(("method", "service"))}
    assert compare.facts_of({older_name: tree[older_name]}) == {
        moved(key): moved(value) for key, value in theirs.items() if key not in methods
    }
    ours = compare.facts_of({name: tree[name]})
    assert {key for key in methods if ours[key] not in (theirs[key], moved(theirs[key]))} == set()


def test_the_numbers_that_clients_hard_code(tree):
    """Custom options keep their numbers; other servers and SDKs look for those."""
    numbers = {f"{file.package}.{each.name}": each.number for file in tree.values() for each in file.extension}
    assert numbers == {
        "viam.common.v1.safety_heartbeat_monitored": 84260,
        "google.api.http": 72295728,
        "tagger.v1.tags": 847939,
        "tagger.v1.oneof_tags": 847939,
    }
