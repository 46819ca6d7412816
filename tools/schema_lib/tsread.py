# SPDX-License-Identifier: Apache-2.0
"""Reads file descriptors out of the declaration files (.d.ts) of protobuf-es v1.

The TypeScript package carries no serialized descriptors, and its bundle drops the
files that its own code does not use. The declarations keep everything a schema
needs in `@generated from ...` lines: messages, fields, oneofs, enums; the Connect
declarations add services, methods and their kinds.
"""

import re
from pathlib import Path

from google.protobuf import descriptor_pb2

from schema_lib import files

Field = descriptor_pb2.FieldDescriptorProto

GENERATED = re.compile(r"@generated from (file|message|enum value|enum|oneof|field|extension|service):? (.*)$")
FILE = re.compile(r"(\S+) \(package (\S+), syntax (\w+)\)")
FIELD = re.compile(r"(?:(optional|repeated) )?(map<(\w+), ([\w.]+)>|[\w.]+) (\w+) = (\d+)(?: \[(.*)\])?;")
ENUM_VALUE = re.compile(r"(\w+) = (-?\d+)(?: \[(.*)\])?;")
METHOD = re.compile(
    r'name: "(\w+)",\s+readonly I: typeof (\w+),\s+readonly O: typeof (\w+),\s+readonly kind: MethodKind\.(\w+)'
)
SERVICE = re.compile(r"@generated from service (\S+)(.*?)\n};", re.DOTALL)
IMPORT = re.compile(r'import (?:type )?\{([^}]*)\} from "([^"]*)"')
ALIAS = re.compile(r"(\w+) as (\w+)")

SCALARS = {name.removeprefix("TYPE_").lower(): number for name, number in Field.Type.items()}
KINDS = {
    "Unary": (False, False),
    "ServerStreaming": (False, True),
    "ClientStreaming": (True, False),
    "BiDiStreaming": (True, True),
}


class Declarations:
    """One .proto file read from its pair of declaration files."""

    def __init__(self, path: Path):
        self.path = path
        self.text = path.read_text()
        self.file = descriptor_pb2.FileDescriptorProto()
        self.scopes: dict[str, object] = {}
        self._read_messages()
        connect = path.with_name(path.name.replace("_pb.d.ts", "_connect.d.ts"))
        if connect.exists():
            self._read_services(connect.read_text())

    def _read_messages(self) -> None:
        message = enum = oneof = None
        for line in self.text.splitlines():
            if line.startswith("  } | { case: undefined"):
                oneof = None
            found = GENERATED.search(line)
            if not found:
                continue
            kind, rest = found.groups()
            if kind == "file":
                self.file.name, self.file.package, self.file.syntax = FILE.match(rest).groups()
            elif kind == "message":
                message, oneof = self._declare(rest, "nested_type", "message_type"), None
            elif kind == "enum":
                enum = self._declare(rest, "enum_type", "enum_type")
            elif kind == "enum value":
                add_enum_value(enum, rest)
            elif kind == "oneof":
                message.oneof_decl.add(name=rest.rpartition(".")[2])
                oneof = len(message.oneof_decl) - 1
            elif kind == "field":
                add_field(message, rest, oneof)
        for each in self.scopes.values():
            if isinstance(each, descriptor_pb2.DescriptorProto):
                add_synthetic_oneofs(each)

    def _declare(self, full_name: str, nested: str, top: str):
        """Adds a message or enum to its parent and remembers it by full name."""
        scope, _, name = full_name.rpartition(".")
        owner = self.scopes.get(scope)
        siblings = getattr(owner, nested) if owner is not None else getattr(self.file, top)
        self.scopes[full_name] = siblings.add(name=name)
        return self.scopes[full_name]

    def _read_services(self, text: str) -> None:
        imported = self._imported_types(text)
        for full_name, body in SERVICE.findall(text):
            service = self.file.service.add(name=full_name.rpartition(".")[2])
            for name, request, response, kind in METHOD.findall(body):
                client, server = KINDS[kind]
                method = service.method.add(name=name)
                method.input_type = imported[request]
                method.output_type = imported[response]
                if client:
                    method.client_streaming = True
                if server:
                    method.server_streaming = True

    def _imported_types(self, text: str) -> dict[str, str]:
        """Local TypeScript name -> full proto name, for each imported message."""
        types = {}
        for names, module in IMPORT.findall(text):
            declarations = module.removesuffix(".js") + ".d.ts"
            known = module.startswith("@")
            package = "google.protobuf" if known else package_of(self.path.parent / declarations)
            for name in (part.strip() for part in names.split(",")):
                alias = ALIAS.match(name)
                original, local = alias.groups() if alias else (name, name)
                types[local] = f".{package}.{original.replace('_', '.')}"
        return types


def package_of(path: Path) -> str:
    """The proto package that a declaration file belongs to."""
    return FILE.search(path.read_text()).group(2)


def set_type(field: Field, name: str) -> None:
    """Sets a scalar type, or a type name whose kind `resolve` finds out later."""
    if name in SCALARS:
        field.type = SCALARS[name]
    else:
        field.type_name = "." + name


def set_options(options, text: str | None) -> None:
    """Applies the options that protobuf-es writes behind a field or value."""
    for option in (text or "").split(","):
        key, _, value = (part.strip() for part in option.partition("="))
        if key in ("deprecated", "packed"):
            setattr(options, key, value == "true")


def add_enum_value(enum, text: str) -> None:
    """Adds one enum value from its `NAME = 1;` text."""
    name, number, options = ENUM_VALUE.match(text).groups()
    value = enum.value.add(name=name, number=int(number))
    set_options(value.options, options) if options else None


def add_field(message, text: str, oneof: int | None) -> None:
    """Adds one field from its `repeated string names = 1;` text."""
    label, type_name, map_key, map_value, name, number, options = FIELD.match(text).groups()
    field = message.field.add(name=name, number=int(number), label=Field.LABEL_OPTIONAL)
    if map_key:
        field.label = Field.LABEL_REPEATED
        add_map_entry(message, field, map_key, map_value)
    else:
        set_type(field, type_name)
    if label == "repeated":
        field.label = Field.LABEL_REPEATED
    if label == "optional":
        field.proto3_optional = True
    if oneof is not None:
        field.oneof_index = oneof
    if options:
        set_options(field.options, options)


def add_map_entry(message, field: Field, key: str, value: str) -> None:
    """Declares the entry message that a map field stands for."""
    entry_name = "".join(word[:1].upper() + word[1:] for word in field.name.split("_")) + "Entry"
    entry = message.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    for number, (name, type_name) in enumerate((("key", key), ("value", value)), 1):
        set_type(entry.field.add(name=name, number=number, label=Field.LABEL_OPTIONAL), type_name)
    field.type_name = entry_name


def add_synthetic_oneofs(message) -> None:
    """Gives each proto3 optional field the one-field oneof that protoc adds, last."""
    for field in message.field:
        if field.proto3_optional:
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name="_" + field.name)


def resolve(file, origin: dict[str, tuple[str, int]]) -> None:
    """Fills in type kinds and imports; origin maps a type to (file, kind)."""
    imports = {origin[m.input_type][0] for s in file.service for m in s.method}
    imports |= {origin[m.output_type][0] for s in file.service for m in s.method}
    for full_name, message in files.messages(file):
        for field in message.field:
            if not field.type_name:
                continue
            if not field.type_name.startswith("."):
                field.type_name = f".{full_name}.{field.type_name}"
            where, field.type = origin[field.type_name]
            imports.add(where)
    file.dependency.extend(sorted(imports - {file.name}))


def type_origins(all_files) -> dict[str, tuple[str, int]]:
    """Full type name -> (defining file, field type) over a set of files."""
    origin = {}
    for file in all_files:
        origin |= {f".{name}": (file.name, Field.TYPE_MESSAGE) for name, _ in files.messages(file)}
        origin |= {f".{name}": (file.name, Field.TYPE_ENUM) for name, _ in files.enums(file)}
    return origin


def read_folder(folder: Path, names: list[str]) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The named .proto files, types not yet resolved, by file name."""
    paths = (folder / (name.removesuffix(".proto") + "_pb.d.ts") for name in names)
    return {name: Declarations(path).file for name, path in zip(names, paths, strict=True)}
