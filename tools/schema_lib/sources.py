# SPDX-License-Identifier: Apache-2.0
"""Which file of the schema is read from which package."""

from pathlib import Path

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

from schema_lib import files, pyread, tsread

# The folder of generated modules inside site-packages. Everything below it is part of
# the schema; of other packages' modules only what that imports.
VIAM = "viam/gen"

# Server reflection: grpclib ships it under its own folder, the wire knows it by the
# name that the gRPC project gives it.
GRPCLIB = {
    "grpclib/reflection/v1/reflection.proto": "grpc/reflection/v1/reflection.proto",
    "grpclib/reflection/v1alpha/reflection.proto": "grpc/reflection/v1alpha/reflection.proto",
}

# What only the TypeScript package carries, with the file options its declarations
# leave out.
TYPESCRIPT = {
    "app/build/v1/build.proto": {"go_package": "go.viam.com/api/app/build/v1"},
}

# An API that the TypeScript package speaks in an older form than Python's. Some names mean
# other things there, and no two files of a package may declare one name; so its messages are
# in a file and a package of their own, and the service has the methods of both.
OLDER = {
    "service/navigation/v1/navigation.proto": "service/navigation/older/v1/navigation.proto",
}

# Where those methods are over REST, which the declarations leave out. Source: reflection of
# the reference server.
NAVIGATION = "/viam/api/v1/service/navigation/{name}"
OLDER_PATHS = {
    "GetMode": ("get", f"{NAVIGATION}/mode"),
    "SetMode": ("put", f"{NAVIGATION}/mode"),
    "GetWaypoints": ("get", f"{NAVIGATION}/waypoints"),
    "AddWaypoint": ("post", f"{NAVIGATION}/waypoints"),
    "RemoveWaypoint": ("delete", NAVIGATION + "/waypoints/{id}"),
    "GetObstacles": ("get", f"{NAVIGATION}/get_obstacles"),
    "GetPaths": ("get", f"{NAVIGATION}/get_paths"),
}


def viam_files(folder: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """What the Python SDK installed or unpacked in a folder carries itself."""
    return pyread.read_folder(folder / VIAM)


def python_files(site_packages: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """What the Python packages in a folder carry, imports included."""
    return with_imports(viam_files(site_packages) | grpclib_files(site_packages), site_packages)


def with_imports(found: dict, site_packages: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """Adds the files imported from other packages, well-known types apart."""
    while missing := imports_of(found):
        found = found | {name: pyread.read_module(site_packages / pyread.module_of(name)) for name in missing}
    return found


def imports_of(found: dict) -> set[str]:
    """What a set of files imports and does not hold, well-known types apart."""
    wanted = {name for file in found.values() for name in file.dependency}
    return wanted - found.keys() - files.WELL_KNOWN.keys()


def grpclib_files(site_packages: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The reflection services, under the names that clients ask for."""
    found = {}
    for name, wire_name in GRPCLIB.items():
        found[wire_name] = pyread.read_module(site_packages / pyread.module_of(name))
        found[wire_name].name = wire_name
    return found


def typescript_files(node_modules: Path, python: dict) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """What the TypeScript package alone carries; its imports are Python's."""
    found = typescript_declarations(node_modules, list(TYPESCRIPT), python)
    for name, options in TYPESCRIPT.items():
        for key, value in options.items():
            setattr(found[name].options, key, value)
    return found


def older_files(node_modules: Path, python: dict) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The files of OLDER, and Python's with the methods that they have besides."""
    found = {}
    theirs = typescript_declarations(node_modules, list(OLDER), python)
    for name, older_name in OLDER.items():
        newer, older = python[name], theirs[name]
        rename_package(older, older_name)
        for service in newer.service:
            add_methods(service, next(each for each in older.service if each.name == service.name))
        newer.dependency.append(older_name)
        del older.service[:]
        found |= {name: newer, older_name: older}
    return found


def rename_package(file, name: str) -> None:
    """Gives a file another name, and the package that goes with it."""
    package = "viam." + name.rpartition("/")[0].replace("/", ".")
    before, after = f".{file.package}.", f".{package}."
    for field in (field for _, message in files.messages(file) for field in message.field):
        if field.type_name:
            field.type_name = field.type_name.replace(before, after)
    for method in (method for service in file.service for method in service.method):
        method.input_type = method.input_type.replace(before, after)
        method.output_type = method.output_type.replace(before, after)
    file.name, file.package = name, package


def add_methods(service, older) -> None:
    """Adds the methods that a service lacks and its older form has."""
    known = {method.name for method in service.method}
    for method in older.method:
        if method.name not in known:
            added = service.method.add()
            added.CopyFrom(method)
            verb, path = OLDER_PATHS[method.name]
            setattr(added.options.Extensions[annotations_pb2.http], verb, path)


def typescript_declarations(node_modules: Path, names: list[str], python: dict) -> dict:
    """The named files as the TypeScript declarations give them, without file options."""
    found = tsread.read_folder(node_modules / "@viamrobotics/sdk/dist/gen", names)
    origins = tsread.type_origins([*files.WELL_KNOWN.values(), *(python | found).values()])
    for file in found.values():
        tsread.resolve(file, origins)
    return found


def all_files(site_packages: Path, node_modules: Path) -> dict:
    """The whole schema as the packages carry it, custom options parsed."""
    python = python_files(site_packages)
    typescript = typescript_files(node_modules, python) | older_files(node_modules, python)
    return files.with_options(python | typescript)
