# SPDX-License-Identifier: Apache-2.0
"""Sets of file descriptors: ordering, lookup, and a pool that knows their options."""

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

WELL_KNOWN = {
    module.DESCRIPTOR.name: descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    for module in (
        any_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        struct_pb2,
        timestamp_pb2,
        wrappers_pb2,
    )
}


def in_order(files: dict) -> list:
    """The files, each after the ones it imports."""
    ordered: dict[str, object] = {}

    def visit(name: str) -> None:
        if name in ordered:
            return
        for dependency in files[name].dependency:
            visit(dependency)
        ordered[name] = files[name]

    for name in sorted(files):
        visit(name)
    return list(ordered.values())


def with_options(files: dict) -> dict:
    """The same files, parsed by a pool in which their custom options are known.

    Well-known types are added for the pool and left out of the answer. JSON names
    are always filled in, as protoc does.
    """
    files = {name: file for name, file in files.items() if name not in WELL_KNOWN}
    pool = descriptor_pool.DescriptorPool()
    for file in in_order(WELL_KNOWN | files):
        pool.Add(file)
    message_factory.GetMessageClassesForFiles(list(files), pool)
    parser = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorProto"))
    known = {name: parser.FromString(file.SerializeToString()) for name, file in files.items()}
    for file in known.values():
        fill_json_names(file)
    return known


def fill_json_names(file) -> None:
    """Gives each field and extension that has no JSON name its default one."""
    fields = [field for _, message in messages(file) for field in message.field]
    for field in fields + list(file.extension):
        if not field.json_name:
            field.json_name = default_json_name(field.name)


def default_json_name(name: str) -> str:
    """protoc's lowerCamelCase: an underscore goes, the letter after it is raised."""
    head, *tail = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


def messages(file):
    """Yields (full name, message) of a file, each before its nested ones."""

    def walk(siblings, scope):
        for message in siblings:
            full_name = f"{scope}.{message.name}" if scope else message.name
            yield full_name, message
            yield from walk(message.nested_type, full_name)

    return walk(file.message_type, file.package)


def enums(file):
    """Yields (full name, enum) of a file, nested ones included."""
    for enum in file.enum_type:
        yield f"{file.package}.{enum.name}", enum
    for scope, message in messages(file):
        for enum in message.enum_type:
            yield f"{scope}.{enum.name}", enum
