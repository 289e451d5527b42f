"""The function that ``runpod.serverless.start({"handler": ...})`` registers; it gets a job with ``input``.

Source: https://docs.runpod.io/serverless/workers/handler-functions
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

from ..asynchronous import collect
from ..calls import CallRecord, HandlerCall, NotChecked, run_attempts
from ..forms import json_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 15, "-"
_START = re.compile(r"""serverless\.start\(\s*\{[^}]*?["']handler["']\s*:\s*(\w+)""")


def find(user: UserFile) -> HandlerCall | None:
    """The registered function, where the file itself defines it."""
    match = _START.search(user.source)
    if match is None or not user.has(match[1]):
        return None
    return HandlerCall(match[1], partial(_run, user, match[1]))


def _run(user: UserFile, name: str, request: ClientRequest, record: CallRecord) -> HandlerTensor:
    def call(job: object) -> Callable[[CallRecord], HandlerTensor]:
        return lambda _: user.observe_server(lambda: collect(user.names[name](job)))

    return run_attempts(user, ((label, call(job)) for label, job in _jobs(user, request)), record)


def _jobs(user: UserFile, request: ClientRequest) -> Iterator[tuple[str, dict[str, object]]]:
    """Jobs that may carry the request, each once. Raises NotChecked for a request that is not JSON."""
    if not request.image:
        if "json" not in request.content_type:
            raise NotChecked(f"needs a job: got {request.content_type}, expected JSON")
        yield "job", _job(json.loads(request.body))
        return
    jobs = {}
    for label, document in json_documents(user, request.body):
        if isinstance(document, dict):
            jobs[f"job {label}" if "input" in document else f'job {{"input": {label}}}'] = _job(document)
    yield from jobs.items()


def _job(document: object) -> dict[str, object]:
    """A job with the document as its input, unless the document is a job."""
    has_input = isinstance(document, dict) and "input" in document
    return {"id": "test", **(document if has_input else {"input": document})}  # type: ignore[dict-item]
