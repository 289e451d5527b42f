"""The report of ``send``: text, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Report
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests.send import MAX_RESPONSE_BYTES, ServerResponse
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report._entries import FileEntry, problem_finding
from sm_imgcheck.report.payload import BodyRow, body_entries, one_line

if TYPE_CHECKING:
    from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["SentRequest", "ServerResponseContent"]


@frozen
class SentRequest:
    """One body and its response."""

    body: BodyRow
    response: ServerResponse | None
    """None: not sent."""
    file: str = ""
    """The file that the response was written to; ``-``: standard output; empty: none."""


class ServerResponseContent(ReportContent[SentRequest]):
    """Each body with its response."""

    key = "answers"

    def __init__(self, route: RequestTarget) -> None:
        self.route = route
        self.document_title, self.fail_on = f"sm-imgcheck send {route.spec.name}", "never"

    def head(self) -> dict[str, object]:
        """Envelope and endpoint of the requests."""
        return {"version": _records.VERSION, "envelope": self.route.envelope, "endpoint": self.route.endpoint}

    def record(self, row: SentRequest) -> dict[str, object]:
        """One body and its response."""
        return _record(row)

    def tail(self, report: Report) -> dict[str, object]:
        """The number of candidates."""
        return {"candidates": report.candidates}

    def entries(self, row: SentRequest) -> Iterator[FileEntry]:
        """The candidates of a body; a response that refuses it is a finding of each."""
        is_error = row.response is not None and row.response.is_error
        problems = (problem_finding("request-refused", _status(row.response)),) if row.response and is_error else ()
        return body_entries(row.body, *problems, not_made="not-sent")

    def failure(self, row: SentRequest) -> str:
        """The reason why a body was not sent, or the status of a rejection."""
        path = for_terminal(row.body.results[0].path)
        if row.response is None:
            return f"{path}: not sent: {for_terminal(row.body.refused)}\n"
        return f"{path}: {_status(row.response)}\n" if row.response.is_error else ""

    def words(self, row: SentRequest) -> str:
        """Status, content type and response of one body."""
        body, response = row.body, row.response
        names = [for_terminal(result.path) for result in body.results]
        label = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if response is None:
            return f"{label}: not sent: {for_terminal(body.refused)}\n"
        lines = [f"{label}: {one_line(body)}", _status(response), *response.notes]
        lines += [f"response written to {for_terminal(row.file)}"] if row.file not in {"", "-"} else []
        content = [] if row.file and not response.is_error else ["", *_response_lines(response)]
        return "\n".join([*lines, *content, *_explanations(response)]) + "\n"


def _status(response: ServerResponse) -> str:
    reason = f" {response.reason}" if response.reason else ""
    prefix = "refused: " if response.is_error else ""
    return f"{prefix}{response.status}{reason}, {response.content_type or 'no content type'}"


def _response_lines(response: ServerResponse) -> Iterator[str]:
    text = response.text()
    if not response.body:
        yield "The response is empty."
    elif text is None:
        yield f"{phrases.count(len(response.body), 'byte')} of binary data."
    else:
        yield text.rstrip("\n")
    if response.cut:
        yield f"The response is longer: only the first {MAX_RESPONSE_BYTES:,} bytes were read."


def _explanations(response: ServerResponse) -> Iterator[str]:
    """Yield the known causes of a rejection."""
    if not response.is_error:
        return
    causes = _causes(response)
    if causes:
        from sm_imgcheck.report.explain import page

        for cause in causes:
            yield from ("", page(cause))
    if not causes:
        yield from ("", "No known cause matches. The container's log may contain the reason.")


def _causes(response: ServerResponse) -> tuple[Explanation, ...]:
    from sm_imgcheck.rules.endpoint_errors import explain_text  # not needed for accepted requests

    if response.message and (causes := explain_text(response.message)):
        return causes
    return explain_text(f"HTTP {response.status} {response.reason}\n{response.text() or ''}")


def _record(row: SentRequest) -> dict[str, object]:
    body, response = row.body, row.response
    request: dict[str, object] = {
        "paths": [for_json(result.path) for result in body.results],
        "bytes": None if body.payload is None else len(body.payload.body),
        "content_type": None if body.payload is None else for_json(body.payload.content_type),
        "refused": for_json(body.refused),
        "answer": None,
    }
    if response is None:
        return request
    fields = {
        "status": response.status,
        "reason": for_json(response.reason),
        "content_type": for_json(response.content_type),
        "text": response.text(),
        "bytes": len(response.body),
        "emitted": for_json(row.file) or None,
        "cut": response.cut,
        "notes": [for_json(note) for note in response.notes],
        "causes": _records.plain(_causes(response)) if response.is_error else [],
    }
    return {**request, "answer": fields}
