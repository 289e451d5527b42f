"""Request bodies in a report: body by body, in bounded memory; and the table of envelopes, sizes and limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Payload, Report, Result
from sm_imgcheck.features.requests import Bound, RequestTarget, bounds
from sm_imgcheck.features.requests.sizes import Load, Size, cheapest
from sm_imgcheck.features.requests.snippets import commands
from sm_imgcheck.report import Run, _records

__all__ = ["Body", "PayloadContent", "one_line", "run_of", "sizes_as_json", "sizes_as_text", "to_whom"]

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


def run_of(route: RequestTarget) -> Run:
    """The run whose requests take this route."""
    return Run(spec_name=route.spec.name, spec_sha256=route.spec.sha256, contract=route.spec.contract)


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


class PayloadContent:
    """Each body with what is worth knowing of it; then the limits and the commands for the first."""

    key = "bodies"

    def __init__(self, route: RequestTarget, *, folder: str = "") -> None:
        self.route, self.folder, self.run = route, folder, run_of(route)
        self.first: tuple[str, str] | None = None
        """Place and content type of the first body."""
        self.largest = self.written = 0

    def head(self) -> dict[str, Any]:
        """The spec, the way of the requests and its limits."""
        spec, route = self.route.spec, self.route
        return {
            "version": _records.VERSION,
            "spec": {"name": for_json(spec.name), "sha256": spec.sha256},
            "envelope": route.envelope,
            "stack": route.stack or None,
            "endpoint": route.endpoint,
            "limits": _records.plain(bounds(route)),
            "unchecked": list(route.unchecked),
        }

    def record(self, row: Body) -> dict[str, Any]:
        """One body with its candidates."""
        size = None if row.payload is None else len(row.payload.body)
        shape, dtype = row.tensor or (None, None)
        kind = None if row.payload is None else row.payload.content_type
        ways = (
            {}
            if kind is None or row.place in {"", "-"}
            else commands(self.route, row.place, kind, size or 0, self.folder)
        )
        return {
            "emitted": for_json(row.place) or None,
            "content_type": kind and for_json(kind),
            "bytes": size,
            "shape": shape and list(shape),
            "dtype": dtype,
            "over": [bound.bytes for bound in bounds(self.route) if size is not None and size > bound.bytes],
            "refused": for_json(row.refused),
            "findings": _records.plain(row.findings),
            "request": {way: for_json(text) for way, text in ways.items()},
            "candidates": [_records.of_result(result) for result in row.results],
        }

    def tail(self, report: Report) -> dict[str, Any]:
        """The counts."""
        return {"summary": _records.of_report(report)}

    def words(self, row: Body) -> str:
        """A line for the body, with what is worth knowing below it."""
        names = [for_terminal(result.path) for result in row.results]
        of = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if row.payload is None:
            return "\n".join([f"{of}: no body: {for_terminal(row.refused)}", *_seen(row)]) + "\n"
        size = len(row.payload.body)
        self.largest, self.written = max(self.largest, size), self.written + 1
        self.first = self.first or (row.place, row.payload.content_type)
        place = "standard output" if row.place == "-" else for_terminal(row.place)
        return "\n".join([f"{of} -> {place}: {one_line(row)}", *_seen(row)]) + "\n"

    def summary(self, report: Report) -> str:
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


def sizes_as_text(route: RequestTarget, load: Load, rows: Sequence[Size], *, shapes: int = 1) -> str:
    """A line for each form, those first that the stack takes, then the limits, then the cheapest that fits."""
    largest = f" (the largest of {shapes:,} shapes)" if shapes > 1 else ""
    images = "1 image" if load.images == 1 else f"{load.images:,} images in one body"
    lines = [f"{images}, {load.dtype} {list(load.shape)}{largest}, to {to_whom(route)}:"]
    ordered = sorted(rows, key=lambda row: (not row.taken, row.bytes is None, row.bytes))
    lines += phrases.columns((row.envelope, _bytes(row), row.content_type, _verdict(row, route)) for row in ordered)
    lines += ["Limits, in bytes:"]
    lines += phrases.columns(
        (f"{one.bytes:>13,}", one.severity, f"{one.source}; {one.remedy}") for one in bounds(route)
    )
    lines += [f"Not checked: {one}." for one in route.unchecked]
    return "\n".join(line.rstrip() for line in [*lines, _best(tuple(rows), route)]) + "\n"


def _bytes(row: Size) -> str:
    if row.bytes is None:
        return "unknown".rjust(20)
    return f"{'' if row.exact else 'at most '}{row.bytes:,}".rjust(20)


def _verdict(row: Size, route: RequestTarget) -> str:
    if not row.taken:
        return f"not taken by {route.stack}"
    if row.note:
        return row.note
    picture = "" if row.tensor else ", for a handler that makes the tensor"
    if not row.over:
        return f"fits{picture}"
    return f"{_broken(row.over[-1], row)}{picture}"


def _broken(bound: Bound, row: Size) -> str:
    errors = [one for one in row.over if one.severity == "error"]
    may = "" if row.exact else "may be "
    return f"{may}TOO LARGE: over {errors[0].bytes:,}" if errors else f"{may}over {bound.bytes:,}, a warning"


def _best(rows: tuple[Size, ...], route: RequestTarget) -> str:
    best = cheapest(rows)
    if best is None:
        return f"No form of the tensor fits on the way to {to_whom(route)}."
    return f"The cheapest that fits: {best.envelope}, {'' if best.exact else 'at most '}{best.bytes:,} bytes."


def sizes_as_json(route: RequestTarget, load: Load, rows: Sequence[Size], *, shapes: int = 1) -> str:
    """One document."""
    best = cheapest(tuple(rows))
    document = {
        "version": _records.VERSION,
        "images": load.images,
        "shape": list(load.shape),
        "dtype": load.dtype,
        "shapes": shapes,
        "stack": route.stack or None,
        "endpoint": route.endpoint,
        "sizes": _records.plain([*rows]),
        "limits": _records.plain(bounds(route)),
        "unchecked": list(route.unchecked),
        "cheapest": best and best.envelope,
    }
    return _records.encode(document, indent=1) + "\n"
