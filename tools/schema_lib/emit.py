"""Writes a file descriptor as readable .proto text."""

from google.protobuf import descriptor_pb2, text_encoding, text_format

from schema_lib import comments, files

Field = descriptor_pb2.FieldDescriptorProto

SCALARS = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in Field.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")
}
LAST_FIELD = 536870912  # exclusive end of a message range that reaches "max"
LAST_ENUM_VALUE = 2147483647  # inclusive end of such an enum range


class Names:
    """Finds the shortest way to write a type's name from inside a scope."""

    def __init__(self, all_files):
        self.symbols: set[str] = set()
        self.types: set[str] = set()
        for file in all_files:
            parts = file.package.split(".")
            self.symbols |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
            self.types |= {name for name, _ in files.messages(file)}
            self.types |= {name for name, _ in files.enums(file)}
        self.symbols |= self.types

    def shorten(self, full_name: str, scope: str, package: str) -> str:
        """A name that protoc resolves to full_name; only this package's are cut."""
        full_name = full_name.removeprefix(".")
        candidates = [full_name, "." + full_name]
        if full_name.startswith(package + "."):
            inner = full_name.removeprefix(package + ".").split(".")
            candidates = [".".join(inner[start:]) for start in reversed(range(len(inner)))] + candidates
        return next(name for name in candidates if self._resolve(name, scope) == full_name)

    def _resolve(self, name: str, scope: str) -> str | None:
        """protoc's look-up: the innermost scope that knows the first part decides."""
        if name.startswith("."):
            return name[1:]
        first = name.partition(".")[0]
        scopes = scope.split(".")
        for count in range(len(scopes), -1, -1):
            prefix = "".join(part + "." for part in scopes[:count])
            if prefix + first in self.symbols:
                return prefix + name if prefix + name in self.types else None
        return None


class Writer:
    """Collects the lines of one file."""

    def __init__(self, file, names: Names, notes: dict[str, list[str]]):
        self.file = file
        self.names = names
        self.notes = notes
        self.lines: list[str] = []
        self.depth = 0

    def line(self, text: str = "") -> None:
        """Adds a line at the current depth."""
        self.lines.append("  " * self.depth + text if text else "")

    def note(self, full_name: str) -> None:
        """Adds the comment kept for a declaration."""
        for text in self.notes.get(full_name, ()):
            self.line(("//" + text).rstrip())

    def block(self, head: str, write_body) -> None:
        """Adds `head { body }`, on one line when the body is empty."""
        self.line(head + " {")
        before = len(self.lines)
        self.depth += 1
        write_body()
        self.depth -= 1
        if len(self.lines) == before:
            self.lines[-1] += "}"
        else:
            self.line("}")

    def write(self, header: list[str]) -> str:
        """The whole file as text."""
        file = self.file
        if file.syntax != "proto3":
            raise ValueError(f"{file.name}: only proto3 is written, this is {file.syntax or 'proto2'}")
        self.lines += [comments.SPDX, *header, "", 'syntax = "proto3";', "", f"package {file.package};"]
        self._imports()
        self._option_lines(file.options, blank_first=True)
        for extendee in dict.fromkeys(extension.extendee for extension in file.extension):
            self.line()
            self._extend(extendee)
        for service in file.service:
            self.line()
            self._service(service)
        for message in file.message_type:
            self.line()
            self._message(message, file.package)
        for enum in file.enum_type:
            self.line()
            self._enum(enum, file.package)
        return "\n".join(self.lines) + "\n"

    def _imports(self) -> None:
        if self.file.dependency:
            self.line()
        for index, name in enumerate(self.file.dependency):
            kind = "public " if index in self.file.public_dependency else ""
            kind = "weak " if index in self.file.weak_dependency else kind
            self.line(f'import {kind}"{name}";')

    def _extend(self, extendee: str) -> None:
        def body():
            for extension in self.file.extension:
                if extension.extendee == extendee:
                    self._field(extension, self.file.package)

        self.block(f"extend {self._type(extendee, self.file.package)}", body)

    def _service(self, service) -> None:
        full_name = f"{self.file.package}.{service.name}"

        def body():
            self._option_lines(service.options)
            for method in service.method:
                self._method(method, full_name)

        self.note(full_name)
        self.block(f"service {service.name}", body)

    def _method(self, method, service: str) -> None:
        scope = f"{service}.{method.name}"
        request = ("stream " if method.client_streaming else "") + self._type(method.input_type, scope)
        response = ("stream " if method.server_streaming else "") + self._type(method.output_type, scope)
        head = f"rpc {method.name}({request}) returns ({response})"
        self.note(scope)
        if method.HasField("options"):
            self.block(head, lambda: self._option_lines(method.options))
        else:
            self.line(head + ";")

    def _message(self, message, scope: str) -> None:
        full_name = f"{scope}.{message.name}"
        self.note(full_name)
        self.block(f"message {message.name}", lambda: self._message_body(message, full_name))

    def _message_body(self, message, full_name: str) -> None:
        self._option_lines(message.options)
        self._reserved(message, LAST_FIELD, exclusive=1)
        for enum in message.enum_type:
            self._enum(enum, full_name)
            self.line()
        nested = list(message.nested_type)
        self._nested_until_map(nested, full_name)
        written_oneofs = set()
        for field in message.field:
            if not in_oneof(field):
                self._message_field(field, message, full_name)
                if is_map(field, message):
                    nested.pop(0)
                    self._nested_until_map(nested, full_name)
            elif field.oneof_index not in written_oneofs:
                written_oneofs.add(field.oneof_index)
                self._oneof(field.oneof_index, message, full_name)

    def _nested_until_map(self, nested: list, full_name: str) -> None:
        """Writes nested messages up to the next map entry, so that their order stays."""
        while nested and not nested[0].options.map_entry:
            self._message(nested.pop(0), full_name)
            self.line()

    def _message_field(self, field, message, full_name: str) -> None:
        if is_map(field, message):
            entry = map_entry(field, message)
            key, value = (self._field_type(part, full_name) for part in entry.field)
            self.note(f"{full_name}.{field.name}")
            self.line(f"map<{key}, {value}> {field.name} = {field.number}{self._inline_options(field)};")
        else:
            self._field(field, full_name)

    def _oneof(self, index: int, message, full_name: str) -> None:
        oneof = message.oneof_decl[index]

        def body():
            self._option_lines(oneof.options)
            for field in message.field:
                if in_oneof(field) and field.oneof_index == index:
                    self._field(field, full_name)

        self.note(f"{full_name}.{oneof.name}")
        self.block(f"oneof {oneof.name}", body)

    def _field(self, field, scope: str) -> None:
        label = "repeated " if field.label == Field.LABEL_REPEATED else ""
        label = "optional " if field.proto3_optional else label
        self.note(f"{scope}.{field.name}")
        type_name = self._field_type(field, scope)
        self.line(f"{label}{type_name} {field.name} = {field.number}{self._inline_options(field)};")

    def _enum(self, enum, scope: str) -> None:
        full_name = f"{scope}.{enum.name}"

        def body():
            self._option_lines(enum.options)
            self._reserved(enum, LAST_ENUM_VALUE, exclusive=0)
            for value in enum.value:
                self.note(f"{full_name}.{value.name}")
                self.line(f"{value.name} = {value.number}{inline(option_list(value.options))};")

        self.note(full_name)
        self.block(f"enum {enum.name}", body)

    def _reserved(self, owner, last: int, exclusive: int) -> None:
        """Reserved ranges and names; message ranges end exclusively, enum ranges do not."""
        if owner.reserved_range:
            spans = (span(each.start, each.end, last, exclusive) for each in owner.reserved_range)
            self.line(f"reserved {', '.join(spans)};")
        if owner.reserved_name:
            self.line(f"reserved {', '.join(quoted(name) for name in owner.reserved_name)};")

    def _field_type(self, field, scope: str) -> str:
        return SCALARS.get(field.type) or self._type(field.type_name, scope)

    def _type(self, full_name: str, scope: str) -> str:
        if full_name.startswith(".google.protobuf."):
            return full_name[1:]
        return self.names.shorten(full_name, scope, self.file.package)

    def _inline_options(self, field) -> str:
        options = option_list(field.options)
        if field.json_name != files.default_json_name(field.name):
            options.insert(0, ("json_name", quoted(field.json_name)))
        return inline(options)

    def _option_lines(self, options, blank_first: bool = False) -> None:
        options = option_list(options)
        if options and blank_first:
            self.line()
        for name, value in options:
            first, *rest = value.splitlines()
            self.line(f"option {name} = {first}{'' if rest else ';'}")
            for index, text in enumerate(rest, 1):
                self.line(text + (";" if index == len(rest) else ""))


def in_oneof(field) -> bool:
    """Whether a field stands in a oneof that someone wrote."""
    return field.HasField("oneof_index") and not field.proto3_optional


def map_entry(field, message):
    """The entry message of a map field, or None."""
    name = field.type_name.rpartition(".")[2]
    entries = (entry for entry in message.nested_type if entry.options.map_entry and entry.name == name)
    return next(entries, None) if field.label == Field.LABEL_REPEATED else None


def is_map(field, message) -> bool:
    """Whether a field is written as map<key, value>."""
    return map_entry(field, message) is not None


def span(start: int, end: int, last: int, exclusive: int) -> str:
    """One reserved range."""
    final = end - exclusive
    if final == start:
        return str(start)
    return f"{start} to {'max' if end == last else final}"


def quoted(text: str) -> str:
    """A string literal, in single quotes where that spares escapes."""
    escaped = text_encoding.CEscape(text, as_utf8=True)
    return f"'{text}'" if escaped == text.replace('"', '\\"') != text else f'"{escaped}"'


def inline(options: list[tuple[str, str]]) -> str:
    """Options in the brackets behind a field or value."""
    return f" [{', '.join(f'{name} = {value}' for name, value in options)}]" if options else ""


def option_list(options) -> list[tuple[str, str]]:
    """(name, value text) of each option that is set."""
    found = []
    for field, value in options.ListFields():
        name = f"({field.full_name})" if field.is_extension else field.name
        repeated = isinstance(value, (list, tuple)) or hasattr(value, "append")
        found += [(name, option_value(field, each)) for each in (value if repeated else [value])]
    return found


def option_value(field, value) -> str:
    """The value of one option as protoc reads it."""
    if field.message_type:
        text = text_format.MessageToString(value, as_utf8=True)
        if text.count("\n") == 1:
            return f"{{ {text.strip()} }}"
        return "{\n" + "".join(f"  {line}\n" for line in text.splitlines()) + "}"
    if field.enum_type:
        return field.enum_type.values_by_number[value].name
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


def default_header(file) -> list[str]:
    """What a new file says of itself until someone says it better."""
    services = ", ".join(service.name for service in file.service)
    return [f"// Package {file.package}{': ' + services if services else ''}."]
