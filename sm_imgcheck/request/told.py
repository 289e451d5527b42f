"""What is said of bodies, as text: body by body, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Finding, Payload, Report, Result
from sm_imgcheck.report import _words
from sm_imgcheck.request.limits import Bound, bounds
from sm_imgcheck.request.paste import commands
from sm_imgcheck.request.route import Route
from sm_imgcheck.value import Value

__all__ = ["Body", "as_text", "one_line", "to_whom"]

_WAYS = {"aws": "AWS CLI v2:", "boto3": "Python, boto3:", "curl": "A container on this machine:"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Body(Value):
    """One body as it is told."""

    results: tuple[Result, ...]
    place: str = ""
    """The file that it was written to, ``-`` for standard output; empty where there is none."""
    payload: Payload | None = None
    refused: str = ""
    tensor: tuple[tuple[int, ...], str] | None = None
    findings: tuple[Finding, ...] = ()
    """On the body itself."""


def to_whom(route: Route) -> str:
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

    def __init__(self, route: Route, *, folder: str = "") -> None:
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
        total = _words.count(report.candidates, "candidate")
        end = [f"Of {report.unwritten:,} of {total} there is no body.", ""] if report.unwritten else []
        place, content_type = self.first
        lines = ["", *end, f"Limits for {self.largest:,} bytes to {to_whom(self.route)}:"]
        lines += [line.rstrip() for line in _words.columns(_limit(one, self.largest) for one in bounds(self.route))]
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
