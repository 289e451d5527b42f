"""What is said of bodies, as text: body by body, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Payload, Report, Result
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests.limits import Bound, bounds
from sm_imgcheck.features.requests.snippets import commands
from sm_imgcheck.report import _records

__all__ = ["Body", "as_json", "as_text", "one_line", "to_whom"]

_WAYS = {"aws": "AWS CLI v2:", "boto3": "Python, boto3:", "curl": "A container on this machine:"}


@frozen
class Body:
    """One body as it is told."""

    results: tuple[Result, ...]
    place: str = ""
    """The file that it was written to, ``-`` for standard output; empty where there is none."""
    payload: Payload | None = None
    refused: str = ""
    tensor: tuple[tuple[int, ...], str] | None = None
    findings: tuple[Finding, ...] = ()
    """On the body itself."""


def to_whom(route: RequestTarget) -> str:
    """Where the request goes, such as ``pytorch behind a realtime endpoint``."""
    article = "an" if route.endpoint == "async" else "a"
    kind = "batch transform job" if route.endpoint == "batch" else f"{route.endpoint} endpoint"
    return f"{route.stack or 'whatever server'} behind {article} {kind}"


def one_line(body: Body) -> str:
    """Size, content type and what a body carries."""
    assert body.payload is not None
    what = f"{body.payload.envelope}"
    if body.tensor is not None:
        shape, dtype = body.tensor
        what += f", {dtype} {list(shape)}"
    return f"{len(body.payload.body):,} bytes, {for_terminal(body.payload.content_type)} ({what})"


class as_text:  # noqa: N801 - called like a function
    """Plain lines."""

    def __init__(self, route: RequestTarget, *, folder: str = "") -> None:
        self.route, self.folder = route, folder
        self.first: tuple[str, str] | None = None
        """Place and content type of the first body."""
        self.largest = self.written = 0

    def row(self, body: Body) -> str:
        """A line for the body, with what is worth knowing below it."""
        names = [for_terminal(result.path) for result in body.results]
        of = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if body.payload is None:
            return "\n".join([f"{of}: no body: {for_terminal(body.refused)}", *_seen(body)]) + "\n"
        size = len(body.payload.body)
        self.largest, self.written = max(self.largest, size), self.written + 1
        self.first = self.first or (body.place, body.payload.content_type)
        place = "standard output" if body.place == "-" else for_terminal(body.place)
        return "\n".join([f"{of} -> {place}: {one_line(body)}", *_seen(body)]) + "\n"

    def close(self, report: Report) -> str:
        """Limits, what was not checked, and the commands for the first body."""
        if self.first is None:
            return ""
        total = phrases.count(report.candidates, "candidate")
        end = [f"Of {report.unwritten:,} of {total} there is no body.", ""] if report.unwritten else []
        place, content_type = self.first
        lines = ["", *end, f"Limits for {self.largest:,} bytes to {to_whom(self.route)}:"]
        lines += [line.rstrip() for line in phrases.columns(_limit(one, self.largest) for one in bounds(self.route))]
        lines += [f"Not checked: {one}." for one in self.route.unchecked]
        if place == "-":
            return "\n".join(lines) + "\n"
        several = self.written > 1 and self.route.endpoint != "batch"
        more = f", for the first of {self.written:,} bodies" if several else ""
        for way, text in commands(self.route, place, content_type, self.largest, self.folder).items():
            lines += ["", _WAYS[way].replace(":", f"{more}:"), ""]
            lines += [f"  {line}".rstrip() for line in text.split("\n")]
        return "\n".join(lines) + "\n"


def _seen(body: Body) -> Iterator[str]:
    """The findings that are not mended, and the codes of those that are."""
    for result in body.results:
        mended = [finding.code for finding in result.findings if finding.fixed_by]
        whose = f"{for_terminal(result.path)}: " if len(body.results) > 1 else ""
        if mended and body.payload is not None and len(body.results) == 1:
            who = "left to the handler" if body.tensor is None else "mended on the way"
            yield f"  {who}: {', '.join(mended)}"
        for finding in result.findings:
            if not finding.fixed_by:
                yield f"  {finding.severity}  {finding.code}  {finding.name}: {whose}{for_terminal(finding.message)}"
    for finding in body.findings:
        yield f"  {finding.severity}  {finding.code}  {finding.name}: {for_terminal(finding.message)}"


def _limit(bound: Bound, size: int) -> tuple[str, str, str]:
    return f"{bound.bytes:>13,}", "fits" if size <= bound.bytes else "over", f"{bound.source}; {bound.remedy}"


class as_json:  # noqa: N801 - called like a function
    """One document; each body is on a line of its own."""

    def __init__(self, route: RequestTarget, *, folder: str = "") -> None:
        self.route, self.folder, self.rows = route, folder, 0

    def row(self, body: Body) -> str:
        """The head before the first body."""
        before = ",\n" if self.rows else self._head()
        self.rows += 1
        return before + _records.encode(self._of(body))

    def close(self, report: Report) -> str:
        """The counts."""
        return (
            ("" if self.rows else self._head())
            + '],\n"summary": '
            + _records.encode(_records.of_report(report))
            + "}\n"
        )

    def _head(self) -> str:
        spec, route = self.route.spec, self.route
        head = {
            "version": _records.VERSION,
            "spec": {"name": for_json(spec.name), "sha256": spec.sha256},
            "envelope": route.envelope,
            "stack": route.stack or None,
            "endpoint": route.endpoint,
            "limits": _records.plain(bounds(route)),
            "unchecked": list(route.unchecked),
        }
        return _records.encode(head)[:-1] + ', "bodies": [\n'

    def _of(self, body: Body) -> dict[str, Any]:
        size = None if body.payload is None else len(body.payload.body)
        shape, dtype = body.tensor or (None, None)
        kind = None if body.payload is None else body.payload.content_type
        ways = (
            {}
            if kind is None or body.place in {"", "-"}
            else commands(self.route, body.place, kind, size or 0, self.folder)
        )
        return {
            "emitted": for_json(body.place) or None,
            "content_type": kind and for_json(kind),
            "bytes": size,
            "shape": shape and list(shape),
            "dtype": dtype,
            "over": [bound.bytes for bound in bounds(self.route) if size is not None and size > bound.bytes],
            "refused": for_json(body.refused),
            "findings": _records.plain(body.findings),
            "request": {way: for_json(text) for way, text in ways.items()},
            "candidates": [_records.of_result(result) for result in body.results],
        }
