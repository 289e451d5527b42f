"""YAML as specs use it: plain values with the line of each, in bounded time and memory.

Events come from PyYAML; what plain scalars mean is YAML 1.2's core schema (``no`` and ``16:9`` are text, ``1e-3`` is
a number, ``0224`` is 224), https://yaml.org/spec/1.2.2/#103-core-schema. PyYAML's own resolver is that of YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from sm_imgcheck.core.errors import Problem, SpecError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.problems import at, shown

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
    lines: dict[str, int]
    """Line of each key and entry, by dotted place, counted from 1."""
    line: int = 1
    """Where the document begins."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it though it could be read: keys that stand twice."""


def read(body: bytes, source: str, *, most_nodes: int = _MOST_NODES) -> Document:
    """Read one document. Raises SpecError, with the line, for what is no YAML, or more of it than a spec needs.

    most_nodes: limit of values; beyond the default libyaml reads: ten times as fast, with messages of its own.
    """
    text = _decoded(body, source)
    reader = _Reader(events=_events(text, source, fast=most_nodes > _MOST_NODES), source=source, most_nodes=most_nodes)
    next(reader.events)  # StreamStart
    first = next(reader.events)
    if isinstance(first, yaml.StreamEndEvent):
        return Document(value=None, lines={})
    root = next(reader.events)
    line = _line(root)
    value = reader.node(root, "", 0)
    next(reader.events)  # DocumentEnd
    extra = next(reader.events)
    if not isinstance(extra, yaml.StreamEndEvent):
        reader.refuse(extra, "", "a second document begins; a spec is one document")
    return Document(value=value, lines=reader.lines, line=line, problems=tuple(reader.problems))


def _decoded(body: bytes, source: str) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SpecError(source, (Problem(place="", message="is UTF-16 text; save it as UTF-8"),))
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{body[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError(source, (Problem(place="", message=message, line=line),)) from None


def _events(text: str, source: str, *, fast: bool) -> Iterator[yaml.Event]:
    """PyYAML's events, its errors said in our words."""
    try:
        yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader) if fast else yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"character {chr(error.character)!a} cannot stand in YAML"
        raise SpecError(source, (Problem(place="", message=message, line=line),)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(source, (_syntax(error, None if mark is None else mark.line + 1),)) from None


def _syntax(error: yaml.MarkedYAMLError, line: int | None) -> Problem:
    problem = error.problem or "cannot be read"
    if "'\\t'" in problem:
        problem = "a tab; YAML indents with spaces"
    context = f" ({error.context})" if error.context else ""
    return Problem(
        place="",
        message=f"not YAML: {ascii(problem)[1:-1] if not problem.isprintable() else problem}{context}",
        line=line,
    )


@dataclass(slots=True)
class _Reader:
    """Walks the events of one document and counts what it has taken in."""

    events: Iterator[yaml.Event]
    source: str
    most_nodes: int = _MOST_NODES
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    anchors: dict[str, tuple[Json, int]] = field(default_factory=dict)
    """The value that an anchor names, and of how many nodes it is made."""

    def refuse(self, event: yaml.Event, place: str, message: str) -> NoReturn:
        raise SpecError(self.source, (Problem(place=place, message=message, line=_line(event)),))

    def count(self, event: yaml.Event, place: str, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > self.most_nodes:
            self.refuse(event, place, f"more than {self.most_nodes} values, aliases counted as often as they are used")

    def node(self, event: yaml.Event, place: str, depth: int) -> Json:
        """The value that begins with ``event``."""
        if depth > _DEEPEST:
            self.refuse(event, place, f"nested more than {_DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, place)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        before = self.nodes
        self.count(event, place, 1)
        if event.tag is not None:
            self.refuse(event, place, f"tag {shown(event.tag)}: specs have no tags; write the plain value")
        value = self.content(event, place, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.nodes - before
        return value

    def alias(self, event: yaml.AliasEvent, place: str) -> Json:
        if event.anchor not in self.anchors:
            self.refuse(event, place, f"alias *{shown(event.anchor)} names nothing that is complete before it")
        value, nodes = self.anchors[event.anchor]
        self.count(event, place, nodes)
        return value

    def content(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: str, depth: int) -> Json:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth)
        return self.mapping(place, depth)

    def sequence(self, place: str, depth: int) -> list[Json]:
        entries: list[Json] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            where = at(place, len(entries))
            self.lines[where] = _line(event)
            entries.append(self.node(event, where, depth + 1))
        return entries

    def mapping(self, place: str, depth: int) -> dict[str, Json]:
        entries: dict[str, Json] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            key = self.key(event, place, depth)
            where = at(place, key)
            value = self.node(next(self.events), where, depth + 1)
            if key in entries:
                message = f"stands twice, in line {self.lines[where]} and in line {line}; keep one of them"
                self.problems.append(Problem(place=where, message=message, line=line))
                continue
            self.lines[where] = line
            entries[key] = value
        return entries

    def key(self, event: yaml.Event, place: str, depth: int) -> str:
        key = self.node(event, place, depth + 1)
        if not isinstance(key, str):
            self.refuse(event, place, f"{shown(key)} as a key; keys are words")
        return key


def _line(event: yaml.Event) -> int:
    """Where it begins, counted from 1."""
    return 1 if event.start_mark is None else event.start_mark.line + 1


def _scalar(text: str) -> Json:
    """A plain scalar by the core schema."""
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
"""Words that some version of YAML takes for something else."""


def flow(value: object) -> str:
    """One line of YAML: ``[N, 224, 224, 3]``, ``{mode: stretch}``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(flow(inner) for inner in value)}]"
    # YAML 1.1 takes 1e-05 for text: it wants a point before the exponent.
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))


def entry(key: str, value: object) -> list[str]:
    """The lines of one key of the top level."""
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {_text(name)}: {flow(inner)}" for name, inner in value.items())]
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return [f"{key}:", *(f"  - {flow(inner)}" for inner in value)]
    return [f"{key}: {flow(value)}"]


def document(mapping: Mapping[str, object]) -> str:
    """A whole spec, its keys in the order in which they come."""
    return "".join(f"{line}\n" for key, value in mapping.items() for line in entry(key, value))


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    return {"\n": "\\n", "\t": "\\t"}.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
