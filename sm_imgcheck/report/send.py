"""What is said of answers: text for people, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests.send import MAX_ANSWER_BYTES, ServerResponse
from sm_imgcheck.report import _records
from sm_imgcheck.report.payload import Body, one_line

if TYPE_CHECKING:
    from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["as_json", "as_text"]


class as_text:  # noqa: N801 - called like a function
    """Status, content type and answer of each body, one after the other."""

    def __init__(self, route: RequestTarget) -> None:
        self.route = route

    def row(self, body: Body, answer: ServerResponse | None) -> str:
        """One body and its answer; None: nothing was sent."""
        names = [for_terminal(result.path) for result in body.results]
        of = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if answer is None:
            return f"{of}: nothing is sent: {for_terminal(body.refused)}\n"
        lines = [f"{of}: {one_line(body)}", _status(answer), *answer.notes]
        return "\n".join([*lines, "", *_said(answer), *_explained(answer)]) + "\n"

    def close(self, report: Report) -> str:
        """Nothing: each answer stands for itself."""
        del report
        return ""


def _status(answer: ServerResponse) -> str:
    reason = f" {answer.reason}" if answer.reason else ""
    return f"{'refused: ' if answer.refused else ''}{answer.status}{reason}, {answer.content_type or 'no content type'}"


def _said(answer: ServerResponse) -> Iterator[str]:
    text = answer.text()
    if not answer.body:
        yield "The answer is empty."
    elif text is None:
        yield f"{phrases.count(len(answer.body), 'byte')} that are no text."
    else:
        yield text.rstrip("\n")
    if answer.cut:
        yield f"The answer goes on: no more than {MAX_ANSWER_BYTES:,} bytes are read."


def _explained(answer: ServerResponse) -> Iterator[str]:
    """What a refusal means, where it is known."""
    if not answer.refused:
        return
    causes = _causes(answer)
    if causes:
        from sm_imgcheck.report.explain import page

        for cause in causes:
            yield from ("", page(cause))
    if not causes:
        yield from ("", "None of the known causes fits. The container's own log says more.")


def _causes(answer: ServerResponse) -> tuple[Explanation, ...]:
    from sm_imgcheck.rules.endpoint_errors import explain_text  # a served request needs none of it

    return explain_text(f"HTTP {answer.status} {answer.reason}\n{answer.text() or ''}")


class as_json:  # noqa: N801 - called like a function
    """One document; each answer is on a line of its own."""

    def __init__(self, route: RequestTarget) -> None:
        self.route, self.rows = route, 0

    def row(self, body: Body, answer: ServerResponse | None) -> str:
        """One body and its answer."""
        before = ",\n" if self.rows else self._head()
        self.rows += 1
        return before + _records.encode(_of(body, answer))

    def close(self, report: Report) -> str:
        """The end."""
        return ("" if self.rows else self._head()) + f'],\n"candidates": {report.candidates}}}\n'

    def _head(self) -> str:
        head = {"version": _records.VERSION, "envelope": self.route.envelope, "endpoint": self.route.endpoint}
        return _records.encode(head)[:-1] + ', "answers": [\n'


def _of(body: Body, answer: ServerResponse | None) -> dict[str, Any]:
    sent = {
        "paths": [for_json(result.path) for result in body.results],
        "bytes": None if body.payload is None else len(body.payload.body),
        "content_type": None if body.payload is None else for_json(body.payload.content_type),
        "refused": for_json(body.refused),
        "answer": None,
    }
    if answer is None:
        return sent
    said = {
        "status": answer.status,
        "reason": for_json(answer.reason),
        "content_type": for_json(answer.content_type),
        "text": answer.text(),
        "bytes": len(answer.body),
        "cut": answer.cut,
        "notes": [for_json(note) for note in answer.notes],
        "causes": _records.plain(_causes(answer)) if answer.refused else [],
    }
    return {**sent, "answer": said}
