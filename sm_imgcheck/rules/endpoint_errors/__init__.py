"""What an endpoint's error means: the cause behind the words of a server, a library or AWS.

``errors.json`` holds what is known: causes with their advice, and patterns that lead to them. A pattern is first
looked for by a few plain words, so that hardly any is ever compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from sm_imgcheck.core.escape import argument
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.rules.endpoint_errors.search import LIMIT, ErrorCause, Hit, Plain, causes, hits, plain

__all__ = ["LIMIT", "Explanation", "explain_text"]

_MOST = 8
"""Causes that one text is explained by; a log that shows more is not one trouble."""


_NEAR = 200
"""Characters between two hits that are taken for parts of one message."""


@frozen
class Explanation:
    """One cause that was recognised in a text."""

    cause: str
    """Its id, such as ``no-batch``."""
    kind: Literal["request", "elsewhere", "wrapper"]
    """request: the image, the tensor or the body; elsewhere: credentials, network and such; wrapper: the words around
    an error that is not in the text."""
    title: str
    why: str
    code: str
    """What to do in the model's code or the client's."""
    tool: tuple[str, ...]
    """What to do with this tool: command lines (they begin with ``sm-imgcheck``) and sentences."""
    checks: tuple[str, ...]
    """Codes of the checks that would have found it before the request was sent."""
    line: int
    """Of the text, counted from 1."""
    evidence: str
    """The words that were recognised, printable, on one line."""
    source: str
    """Where such an error was met."""


def explain_text(text: str, first: int = 1) -> tuple[Explanation, ...]:
    """Name the causes that an error message or a log shows, the most specific first, each once.

    Empty: nothing was recognised. ``first`` is the number of the text's first line. Never raises for any text; of a
    long one the last 4 MiB are read.
    """
    said = plain(text, first)
    best: dict[str, Hit] = {}
    for hit in sorted(hits(said), key=lambda hit: (hit.rank, hit.start)):
        if hit.cause not in best and not any(_hides(one, hit) for one in best.values()):
            best[hit.cause] = hit
    known = causes()
    named = [hit for hit in best.values() if known[hit.cause]["kind"] != "wrapper"]
    return tuple(_explained(hit, known[hit.cause], said) for hit in (named or [*best.values()])[:_MOST])


def _hides(one: Hit, other: Hit) -> bool:
    """Whether ``one`` says more than ``other`` of what is most likely the same error."""
    return one.rank < other.rank and one.start - _NEAR < other.end and other.start < one.end + _NEAR


def _explained(hit: Hit, cause: ErrorCause, said: Plain) -> Explanation:
    return Explanation(
        cause=hit.cause,
        kind=cause["kind"],
        title=next(_filled([*cause["title"]], hit.values)),
        why=" ".join(_filled(cause["why"], hit.values)),
        code=" ".join(_filled(cause["code"], hit.values)),
        tool=tuple(_filled(cause["tool"], hit.values)),
        checks=tuple(cause["checks"]),
        line=said.line(hit.start),
        evidence=said.text[hit.start : hit.end],
        source=hit.source,
    )


def _filled(sentences: list[str], values: Mapping[str, str]) -> Iterator[str]:
    """The sentences with their ``{names}`` filled in; one whose name is not known is left out."""
    for sentence in sentences:
        known = _Pasted(values) if sentence.startswith("sm-imgcheck ") else values
        try:
            yield sentence.format_map(known) if "{" in sentence else sentence
        except KeyError:
            continue


class _Pasted(dict[str, str]):
    """Values that go into a command line: what an error says is quoted, so that pasting it runs nothing else."""

    def __getitem__(self, name: str) -> str:
        return argument(super().__getitem__(name))
