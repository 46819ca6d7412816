"""Comments that stand in the .proto files: read, so that regeneration keeps them."""

from pathlib import Path

from schema_lib import files

SPDX = "// SPDX-License-Identifier: Apache-2.0"


def header_of(path: Path) -> list[str]:
    """The comment lines at the top of a file, the licence line left out."""
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("//"):
            break
        lines.append(line)
    return [line for line in lines if line != SPDX]


def comments_of(file) -> dict[str, list[str]]:
    """Full name -> comment lines before that declaration, from protoc's source info."""
    names = {}
    scope = file.package
    for index, service in enumerate(file.service):
        names[6, index] = f"{scope}.{service.name}"
        for number, method in enumerate(service.method):
            names[6, index, 2, number] = f"{scope}.{service.name}.{method.name}"
    for index, extension in enumerate(file.extension):
        names[7, index] = f"{scope}.{extension.name}"
    add_messages(names, file.message_type, (4,), scope)
    add_enums(names, file.enum_type, (5,), scope)
    located = ((names.get(tuple(place.path)), place.leading_comments) for place in file.source_code_info.location)
    return {name: text.splitlines() for name, text in located if name and text}


def add_messages(names: dict, messages, path: tuple, scope: str) -> None:
    """Names each message's declarations by their source path."""
    for index, message in enumerate(messages):
        here, full_name = (*path, index), f"{scope}.{message.name}"
        names[here] = full_name
        for number, field in enumerate(message.field):
            names[*here, 2, number] = f"{full_name}.{field.name}"
        for number, oneof in enumerate(message.oneof_decl):
            names[*here, 8, number] = f"{full_name}.{oneof.name}"
        add_messages(names, message.nested_type, (*here, 3), full_name)
        add_enums(names, message.enum_type, (*here, 4), full_name)


def add_enums(names: dict, enums, path: tuple, scope: str) -> None:
    """Names each enum and its values by their source path."""
    for index, enum in enumerate(enums):
        names[*path, index] = f"{scope}.{enum.name}"
        for number, value in enumerate(enum.value):
            names[*path, index, 2, number] = f"{scope}.{enum.name}.{value.name}"


def all_comments(compiled: dict) -> dict[str, list[str]]:
    """The comments of every compiled file, by full name."""
    found = {}
    for name, file in compiled.items():
        if name not in files.WELL_KNOWN:
            found |= comments_of(file)
    return found
