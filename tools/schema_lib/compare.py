# SPDX-License-Identifier: Apache-2.0
"""Compares two sets of file descriptors, down to each option."""

from google.protobuf import descriptor_pb2

from schema_lib import emit, files

Field = descriptor_pb2.FieldDescriptorProto

KINDS = {
    (False, False): "unary",
    (False, True): "server stream",
    (True, False): "client stream",
    (True, True): "both stream",
}


def facts_of(all_files: dict) -> dict[str, str]:
    """Everything a set of files declares, as `what name` -> readable value."""
    facts: dict[str, str] = {}
    for file in all_files.values():
        add_file(facts, file)
        for extension in file.extension:
            name = f"{file.package}.{extension.name}"
            facts[f"extension {name}"] = f"of {extension.extendee[1:]} {field_text(extension, None)}"
            add_options(facts, name, extension.options)
        for service in file.service:
            add_service(facts, service, file.package)
        for full_name, message in files.messages(file):
            add_message(facts, full_name, message, file.name)
        for full_name, enum in files.enums(file):
            add_enum(facts, full_name, enum, file.name)
    return facts


def add_file(facts: dict, file) -> None:
    """A file's package, syntax, imports and options."""
    facts[f"file {file.name}"] = f"package {file.package}, {file.syntax}"
    for index, name in enumerate(file.dependency):
        public = " public" if index in file.public_dependency else ""
        weak = " weak" if index in file.weak_dependency else ""
        facts[f"import {name} in {file.name}"] = f"{public}{weak}".strip()
    add_options(facts, file.name, file.options)


def add_service(facts: dict, service, package: str) -> None:
    """A service, its methods, their messages and kinds."""
    full_name = f"{package}.{service.name}"
    facts[f"service {full_name}"] = ""
    add_options(facts, full_name, service.options)
    for method in service.method:
        name = f"{full_name}.{method.name}"
        kind = KINDS[method.client_streaming, method.server_streaming]
        facts[f"method {name}"] = f"({method.input_type[1:]}) returns ({method.output_type[1:]}), {kind}"
        add_options(facts, name, method.options)


def add_message(facts: dict, full_name: str, message, file_name: str) -> None:
    """A message, its fields and oneofs."""
    facts[f"message {full_name}"] = f"in {file_name}{reserved_text(message)}"
    add_options(facts, full_name, message.options)
    for field in message.field:
        name = f"{full_name}.{field.name}"
        facts[f"field {name}"] = field_text(field, message)
        add_options(facts, name, field.options)
    for oneof in message.oneof_decl:
        facts[f"oneof {full_name}.{oneof.name}"] = ""
        add_options(facts, f"{full_name}.{oneof.name}", oneof.options)


def add_enum(facts: dict, full_name: str, enum, file_name: str) -> None:
    """An enum and its values."""
    facts[f"enum {full_name}"] = f"in {file_name}{reserved_text(enum)}"
    add_options(facts, full_name, enum.options)
    for value in enum.value:
        facts[f"value {full_name}.{value.name}"] = f"= {value.number}"
        add_options(facts, f"{full_name}.{value.name}", value.options)


def add_options(facts: dict, name: str, options) -> None:
    """Each option of a declaration as a fact of its own."""
    for option, value in emit.option_list(options):
        key = f"option {option} of {name}"
        facts[key] = f"{facts[key]}, {value}" if key in facts else f"= {value}"


def field_text(field, message) -> str:
    """Number, label, type, presence and JSON name of a field."""
    label = Field.Label.Name(field.label).removeprefix("LABEL_").lower()
    words = [] if label == "optional" else [label]
    words += ["optional"] if field.proto3_optional else []
    words += [emit.SCALARS.get(field.type) or field.type_name.removeprefix(".")]
    text = f"= {field.number} ({' '.join(words)}"
    if field.HasField("oneof_index") and message is not None and not field.proto3_optional:
        text += f", in oneof {message.oneof_decl[field.oneof_index].name}"
    if field.json_name != files.default_json_name(field.name):
        text += f", JSON name {field.json_name}"
    if field.default_value:
        text += f", default {field.default_value}"
    return text + ")"


def reserved_text(owner) -> str:
    """Reserved ranges and names, as numbers and as written."""
    ranges = [f"{each.start}:{each.end}" for each in owner.reserved_range]
    reserved = [*ranges, *owner.reserved_name]
    return f", reserved {' '.join(reserved)}" if reserved else ""


def differences(before: dict, after: dict) -> list[str]:
    """What `after` adds (+), removes (-) or changes (~) against `before`."""
    old, new = facts_of(before), facts_of(after)
    lines = []
    for key in sorted(old.keys() | new.keys(), key=lambda key: key.split(" ", 1)[::-1]):
        if key not in new:
            lines.append(f"- {key} {old[key]}".rstrip())
        elif key not in old:
            lines.append(f"+ {key} {new[key]}".rstrip())
        elif old[key] != new[key]:
            lines.append(f"~ {key} {old[key]} -> {new[key]}")
    return lines


def exact_differences(before: dict, after: dict) -> list[str]:
    """The same, and any detail that the readable facts do not name (mostly order)."""
    lines = differences(before, after)
    if lines:
        return lines
    return [
        f"~ file {name}: same declarations, other order"
        for name in before
        if exact_bytes(before[name]) != exact_bytes(after[name])
    ]


def exact_bytes(file) -> bytes:
    """A descriptor's bytes, the same for the same content."""
    return file.SerializeToString(deterministic=True)
