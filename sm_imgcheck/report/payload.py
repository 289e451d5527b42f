"""Request bodies in a report: body by body, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import FailOn, Finding, Payload, Report, Result
from sm_imgcheck.features.requests import RequestTarget, SizeLimit, bounds
from sm_imgcheck.features.requests.snippets import commands, placeholders
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report._entries import FileEntry, entry_of, problem_finding

__all__ = ["BodyRow", "PayloadContent", "body_entries", "one_line", "target_description"]

_TITLES = {
    "aws": "AWS CLI v2:",
    "boto3": "Python, boto3:",
    "sdk": "SageMaker Python SDK v3:",
    "curl": "A container on this machine:",
}


@frozen
class BodyRow:
    """One body in a report."""

    results: tuple[Result, ...]
    place: str = ""
    """The file that it was written to, ``-`` for standard output; empty without one."""
    payload: Payload | None = None
    refused: str = ""
    tensor: tuple[tuple[int, ...], str] | None = None
    findings: tuple[Finding, ...] = ()
    """On the body itself."""


def body_entries(row: BodyRow, *problems: Finding, not_made: str = "not-written") -> Iterator[FileEntry]:
    """The candidates of a body; problems: findings of all of them; not_made: what became of a refused body."""
    for number, result in enumerate(row.results):
        findings = (*result.findings, *(() if number else row.findings), *problems)
        entry = entry_of(replace(result, findings=findings, skipped=""))
        if row.refused:
            problem = problem_finding(not_made, row.refused)
            entry = replace(entry, assessment=replace(entry.assessment, status="failed", problem=problem))
        yield entry


def target_description(route: RequestTarget) -> str:
    """The destination of the request, such as ``pytorch behind a realtime endpoint``."""
    if route.endpoint == "direct":
        return route.stack or "any server"
    article = "an" if route.endpoint == "async" else "a"
    kind = "batch transform job" if route.endpoint == "batch" else f"{route.endpoint} endpoint"
    return f"{route.stack or 'any server'} behind {article} {kind}"


def one_line(body: BodyRow) -> str:
    """Size, content type and what a body carries."""
    assert body.payload is not None
    what = f"{body.payload.envelope}"
    if body.tensor is not None:
        shape, dtype = body.tensor
        what += f", {dtype} {list(shape)}"
    return f"{len(body.payload.body):,} bytes, {for_terminal(body.payload.content_type)} ({what})"


class PayloadContent(ReportContent[BodyRow]):
    """Each body with its properties; then the limits, and the commands for the first."""

    key = "bodies"
    folds = True

    def __init__(self, route: RequestTarget, *, folder: str = "", fail_on: FailOn = "error") -> None:
        self.route, self.folder, self.fail_on = route, folder, fail_on
        self.document_title = f"sm-imgcheck payload {route.spec.name}"
        self.first: tuple[str, str] | None = None
        """Place and content type of the first body."""
        self.largest = self.written = 0

    def head(self) -> dict[str, object]:
        """The spec, the destination of the requests and its limits."""
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

    def failure(self, row: BodyRow) -> str:
        """Why a body is not written."""
        return f"{for_terminal(row.results[0].path)}: not written: {for_terminal(row.refused)}\n" if row.refused else ""

    def record(self, row: BodyRow) -> dict[str, object]:
        """One body with its candidates."""
        size = None if row.payload is None else len(row.payload.body)
        shape, dtype = row.tensor or (None, None)
        kind = None if row.payload is None else row.payload.content_type
        snippets = (
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
            "request": {kind: for_json(text) for kind, text in snippets.items()},
            "candidates": [_records.of_result(result) for result in row.results],
        }

    def tail(self, report: Report) -> dict[str, object]:
        """The counts."""
        return {"summary": _records.of_report(report)}

    def gather(self, row: BodyRow) -> None:
        """Note the first body and the largest."""
        if row.payload is not None:
            self.largest, self.written = max(self.largest, len(row.payload.body)), self.written + 1
            self.first = self.first or (row.place, row.payload.content_type)

    def entries(self, row: BodyRow) -> Iterator[FileEntry]:
        """The candidates of a body, each with its findings and those of the body."""
        return body_entries(row)

    def words(self, row: BodyRow) -> str:
        """A line for the body, with its findings below it."""
        names = [for_terminal(result.path) for result in row.results]
        sources = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if row.payload is None:
            return "\n".join([f"{sources}: no body: {for_terminal(row.refused)}", *_finding_lines(row)]) + "\n"
        place = "standard output" if row.place == "-" else for_terminal(row.place)
        return "\n".join([f"{sources} -> {place}: {one_line(row)}", *_finding_lines(row)]) + "\n"

    def summary(self, report: Report) -> str:
        """Limits, what was not checked, and the commands for the first body."""
        if self.first is None:
            return ""
        total = phrases.count(report.candidates, "candidate")
        end = [f"No body for {report.unwritten:,} of {total}.", ""] if report.unwritten else []
        place, content_type = self.first
        limits = bounds(self.route)
        title = f"Limits for {self.largest:,} bytes to {target_description(self.route)}:"
        lines = ["", *end, *([title] if limits else [])]
        lines += [line.rstrip() for line in phrases.columns(_limit(bound, self.largest) for bound in limits)]
        lines += [f"Not checked: {text}." for text in self.route.unchecked]
        if place == "-":
            return "\n".join(lines) + "\n"
        several = self.written > 1 and self.route.endpoint != "batch"
        more = f", for the first of {self.written:,} bodies" if several else ""
        snippets = commands(self.route, place, content_type, self.largest, self.folder)
        lines += ["", placeholders(snippets)] if placeholders(snippets) else []
        for kind, text in snippets.items():
            lines += ["", _TITLES[kind].replace(":", f"{more}:"), ""]
            lines += [f"  {line}".rstrip() for line in text.split("\n")]
        return "\n".join(lines) + "\n"


def _finding_lines(body: BodyRow) -> Iterator[str]:
    """The findings that are not fixed, and the codes of those that are."""
    for result in body.results:
        fixed = [finding.code for finding in result.findings if finding.fixed_by]
        prefix = f"{for_terminal(result.path)}: " if len(body.results) > 1 else ""
        if fixed and body.payload is not None and len(body.results) == 1:
            label = "left to the handler" if body.tensor is None else "fixed by convert"
            yield f"  {label}: {', '.join(fixed)}"
        for finding in result.findings:
            if not finding.fixed_by:
                yield f"  {finding.severity}  {finding.code}  {finding.name}: {prefix}{for_terminal(finding.message)}"
    for finding in body.findings:
        yield f"  {finding.severity}  {finding.code}  {finding.name}: {for_terminal(finding.message)}"


def _limit(bound: SizeLimit, size: int) -> tuple[str, str, str]:
    return f"{bound.bytes:>13,}", "fits" if size <= bound.bytes else "over", f"{bound.source}; {bound.remedy}"
