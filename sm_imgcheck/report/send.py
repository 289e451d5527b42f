"""What is said of answers: text for people, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Report
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests.send import MAX_ANSWER_BYTES, ServerResponse
from sm_imgcheck.report import Content, _records
from sm_imgcheck.report.payload import Body, one_line

if TYPE_CHECKING:
    from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["AnswerContent", "Exchange"]


@frozen
class Exchange:
    """One body, and what the server said to it."""

    body: Body
    answer: ServerResponse | None
    """None: nothing was sent."""


class AnswerContent(Content[Exchange]):
    """Each body with its answer, one after the other."""

    key = "answers"

    def __init__(self, route: RequestTarget) -> None:
        self.route = route

    def head(self) -> dict[str, object]:
        """The way of the requests."""
        return {"version": _records.VERSION, "envelope": self.route.envelope, "endpoint": self.route.endpoint}

    def record(self, row: Exchange) -> dict[str, object]:
        """One body and its answer."""
        return _record(row.body, row.answer)

    def tail(self, report: Report) -> dict[str, object]:
        """How many candidates there were."""
        return {"candidates": report.candidates}

    def failure(self, row: Exchange) -> str:
        """Why a body was not sent, or the status of the response that refuses it."""
        path = for_terminal(row.body.results[0].path)
        if row.answer is None:
            return f"{path}: not sent: {for_terminal(row.body.refused)}\n"
        return f"{path}: {_status(row.answer)}\n" if row.answer.refused else ""

    def words(self, row: Exchange) -> str:
        """Status, content type and answer of one body."""
        body, answer = row.body, row.answer
        names = [for_terminal(result.path) for result in body.results]
        shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
        if answer is None:
            return f"{shown}: nothing is sent: {for_terminal(body.refused)}\n"
        lines = [f"{shown}: {one_line(body)}", _status(answer), *answer.notes]
        return "\n".join([*lines, "", *_said(answer), *_explained(answer)]) + "\n"


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


def _record(body: Body, answer: ServerResponse | None) -> dict[str, object]:
    sent: dict[str, object] = {
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
