"""Protobuf text format, the subset that configurations use: nested messages, repeated fields, lists, comments.

https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["Message", "PbtxtError", "parse_pbtxt"]

Message = dict[str, list["Value"]]
"""Every field as the list of its values."""
Value = str | Message

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [{}\[\]<>:;,] | [^\s{}\[\]<>:;,"'\#]+""",
    re.VERBOSE,
)
_MOST_TOKENS = 100_000
_DEEPEST = 50


class PbtxtError(ValueError):
    """Invalid protobuf text."""


def parse_pbtxt(text: str) -> Message:
    """The message that a text contains. Raises PbtxtError, with the line."""
    tokens = list(_tokens(text))
    parser = _Parser(tokens)
    return parser.message(None, 0)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Tokens with their lines, without space and comments."""
    at, line, count = 0, 1, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PbtxtError(f"line {line}: got {text[at]!a}, expected a field")
        token = match[0]
        if not token.isspace() and not token.startswith("#"):
            count += 1
            if count > _MOST_TOKENS:
                raise PbtxtError("too many tokens")
            yield token, line
        line += token.count("\n")
        at = match.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, int]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        word = self.peek()
        if not word:
            raise PbtxtError("ends early")
        self.at += 1
        return word

    def fail(self, expected: str) -> PbtxtError:
        word, line = self.tokens[max(0, self.at - 1)] if self.tokens else ("", 1)
        return PbtxtError(f"line {line}: got {word[:40]!a}, expected {expected}")

    def message(self, closing: str | None, depth: int) -> Message:
        if depth > _DEEPEST:
            raise PbtxtError(f"nested more than {_DEEPEST} deep")
        fields: Message = {}
        while True:
            word = self.peek()
            if not word and closing is None:
                return fields
            if word == closing:
                self.at += 1
                return fields
            if word in ("", ";", ","):
                self.next()
                continue
            name = self.next()
            if name in "{}[]<>:":
                raise self.fail("the name of a field")
            fields.setdefault(name, []).extend(self.values(depth))

    def values(self, depth: int) -> list[Value]:
        """What follows a name: one value, or a list of them."""
        colon = self.peek() == ":"
        if colon:
            self.at += 1
        word = self.next()
        if word in ("{", "<"):
            return [self.message("}" if word == "{" else ">", depth + 1)]
        if word == "[":
            return self.parse_list(depth)
        if not colon:
            raise self.fail("a colon or a message")
        if word in "}]>:,;":
            raise self.fail("a value")
        return [self.join_strings(word)]

    def parse_list(self, depth: int) -> list[Value]:
        entries: list[Value] = []
        while (word := self.next()) != "]":
            if word == ",":
                continue
            if word in ("{", "<"):
                entries.append(self.message("}" if word == "{" else ">", depth + 1))
            elif word in "}>:;[":
                raise self.fail("a value")
            else:
                entries.append(self.join_strings(word))
        return entries

    def join_strings(self, word: str) -> str:
        """A text in several quoted parts is one."""
        if word[0] not in "\"'":
            return word
        parts = [word[1:-1]]
        while self.peek()[:1] in ('"', "'") and self.peek():
            parts.append(self.next()[1:-1])
        return "".join(parts)
