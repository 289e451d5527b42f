"""YAML for specs: plain values with the position of each, in bounded time and memory.

Events come from PyYAML; plain scalars follow YAML 1.2's core schema (``no`` and ``16:9`` are text, ``1e-3`` is a
number, ``0224`` is 224), https://yaml.org/spec/1.2.2/#103-core-schema. PyYAML's resolver implements YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import NoReturn

from sm_imgcheck.core.errors import Position, Problem, SpecError
from sm_imgcheck.core.frozen import frozen, mutable
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.io.lazy_imports import yaml
from sm_imgcheck.spec.problems import at, format_value
from sm_imgcheck.spec.yaml_errors import syntax_problem

__all__ = ["Document", "document", "entry", "flow", "read"]

_MOST_NODES = 10_000
_DEEPEST = 32
_LONGEST_NUMBER = 100

_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {
    word: value for name, value in (("true", True), ("false", False)) for word in (name, name.title(), name.upper())
}
_INTEGERS = ((re.compile(r"[-+]?[0-9]+"), 10), (re.compile(r"0o[0-7]+"), 8), (re.compile(r"0x[0-9a-fA-F]+"), 16))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@frozen
class Document:
    """One YAML document as plain values."""

    value: Json
    positions: dict[str, Position]
    """Positions of keys and entries, by dotted path; "" is the first key."""
    problems: tuple[Problem, ...] = ()
    """Problems of a document that could be read: duplicate keys, tags, keys that are not text."""


def read(body: bytes, source: str, *, most_nodes: int = _MOST_NODES) -> Document:
    """Read one document. Raises SpecError, with positions, for invalid YAML, and for more of it than a spec needs.

    libyaml reads it in a twentieth of the time. What it refuses is read again by PyYAML, whose errors are put in plain
    words. most_nodes: limit of values; beyond the default the errors are those of libyaml.
    """
    text = _decode_text(body, source)
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _read_events(events, source, most_nodes)
    except yaml.YAMLError as error:
        if most_nodes > _MOST_NODES:
            raise SpecError(source, (syntax_problem(error, text),)) from None
    return _read_events(_python_events(text, source), source, most_nodes)


def _read_events(events: Iterator[yaml.Event], source: str, most_nodes: int) -> Document:
    reader = _Reader(events=events, source=source, most_nodes=most_nodes)
    try:
        value = _document(reader)
    except SpecError as error:
        raise SpecError(source, (*reader.problems, *error.problems)) from None
    return Document(value=value, positions=reader.positions, problems=tuple(reader.problems))


def _document(reader: _Reader) -> Json:
    """Return the value of the only document."""
    next(reader.events)  # StreamStart
    start = next(reader.events)
    if isinstance(start, yaml.StreamEndEvent):
        reader.positions[""] = Position(1, 1)
        return None
    root = next(reader.events)
    reader.positions[""] = _position(root)
    value = reader.node(root, "", 0)
    next(reader.events)  # DocumentEnd
    extra = next(reader.events)
    if not isinstance(extra, yaml.StreamEndEvent):
        reader.reject(extra, "", "second document: a spec is one document; remove `---` or the rest of the file")
    return value


def _decode_text(body: bytes, source: str) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SpecError(source, (Problem(place="", message="encoding: got UTF-16, expected UTF-8", line=1, column=1),))
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, start = body.count(b"\n", 0, error.start) + 1, body.rfind(b"\n", 0, error.start) + 1
        column = len(body[start : error.start].decode("utf-8-sig", "replace")) + 1
        message = f"encoding: byte 0x{body[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError(source, (Problem(place="", message=message, line=line, column=column),)) from None


def _python_events(text: str, source: str) -> Iterator[yaml.Event]:
    """Yield the events of PyYAML's own parser. Raises SpecError instead of its errors."""
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SpecError(source, (syntax_problem(error, text),)) from None


@mutable
class _Reader:
    """Reads the events of one document and counts its values."""

    events: Iterator[yaml.Event]
    source: str
    most_nodes: int = _MOST_NODES
    positions: dict[str, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    anchors: dict[str, tuple[Json, int]] = field(default_factory=dict)
    """The value of each anchor, and the number of its nodes."""

    def problem(self, event: yaml.Event, path: str, message: str) -> Problem:
        line, column = _position(event)
        return Problem(place=path, message=message, line=line, column=column)

    def reject(self, event: yaml.Event, path: str, message: str) -> NoReturn:
        raise SpecError(self.source, (self.problem(event, path, message),))

    def count(self, event: yaml.Event, path: str, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > self.most_nodes:
            self.reject(event, path, f"more than {self.most_nodes} values, each use of an alias counted")

    def node(self, event: yaml.Event, path: str, depth: int) -> Json:
        """Return the value that begins with ``event``."""
        if depth > _DEEPEST:
            self.reject(event, path, f"nested more than {_DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        before = self.nodes
        self.count(event, path, 1)
        if event.tag is not None:
            message = f"tag {format_value(event.tag)}: tags are not supported; write the plain value"
            self.problems.append(self.problem(event, path, message))
        value = self.content(event, path, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.nodes - before
        return value

    def alias(self, event: yaml.AliasEvent, path: str) -> Json:
        if event.anchor not in self.anchors:
            self.reject(
                event, path, f"alias *{event.anchor}: no complete value before it has the anchor &{event.anchor}"
            )
        value, nodes = self.anchors[event.anchor]
        self.count(event, path, nodes)
        return value

    def content(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: str, depth: int) -> Json:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def sequence(self, path: str, depth: int) -> list[Json]:
        entries: list[Json] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            inner = at(path, len(entries))
            self.positions[inner] = _position(event)
            entries.append(self.node(event, inner, depth + 1))
        return entries

    def mapping(self, path: str, depth: int) -> dict[str, Json]:
        entries: dict[str, Json] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, path, depth + 1)
            inner = at(path, key if isinstance(key, str) else format_value(key))
            value = self.node(next(self.events), inner, depth + 1)
            if not isinstance(key, str):
                self.problems.append(self.problem(event, path, f"key: got {format_value(key)}, expected text"))
            elif key in entries:
                message = f"duplicate key: lines {self.positions[inner].line} and {_position(event).line}; keep one"
                self.problems.append(self.problem(event, inner, message))
            else:
                self.positions[inner] = _position(event)
                entries[key] = value
        return entries


def _position(event: yaml.Event) -> Position:
    """Return where an event begins."""
    mark = event.start_mark
    return Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)


def _scalar(text: str) -> Json:
    """Return the value of a plain scalar by the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST_NUMBER:
        for pattern, base in _INTEGERS:
            if pattern.fullmatch(text):
                return int(text, base)
        if _FLOAT.fullmatch(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


_BARE = re.compile(r"[A-Za-z_][\w./+-]*(?: [\w./+-]+)*", re.ASCII)
_NOT_TEXT = {"null", "true", "false", "yes", "no", "on", "off"}
"""Words that are not text in some version of YAML."""


def flow(value: object) -> str:
    """Return one line of YAML: ``[N, 224, 224, 3]``, ``{mode: stretch}``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(flow(inner) for inner in value)}]"
    # YAML 1.1 reads 1e-05 as text: it requires a point before the exponent.
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))


def entry(key: str, value: object) -> list[str]:
    """Return the lines of one key of the top level."""
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {_text(name)}: {flow(inner)}" for name, inner in value.items())]
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return [f"{key}:", *(f"  - {flow(inner)}" for inner in value)]
    return [f"{key}: {flow(value)}"]


def document(mapping: Mapping[str, object]) -> str:
    """Return a complete spec, its keys in the order of the mapping."""
    return "".join(f"{line}\n" for key, value in mapping.items() for line in entry(key, value))


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return f'"{"".join(map(_escape_char, text))}"'


def _escape_char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    return {"\n": "\\n", "\t": "\\t"}.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
