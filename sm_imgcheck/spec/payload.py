"""What a spec says of the request: names of stacks and envelopes, and whether they go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_imgcheck.core.endpoints import ENVELOPES, STACKS, Serving
from sm_imgcheck.spec.problems import Notes, at, choice_of, nearest

__all__ = ["check_payload"]


def check_payload(payload: Mapping[str, Any], notes: Notes) -> None:
    """Note names that are not known, and what does not go together."""
    known: Mapping[str, tuple[str, ...]] = {"stack": tuple(STACKS), "envelope": ENVELOPES}
    for key, names in known.items():
        given = payload.get(key)
        if given is not None and given not in names:
            hint = nearest(given, names) or f"; there are {choice_of(names)}"
            notes.add(at("payload", key), f"{given!r} is not known{hint}")
    serving = STACKS.get(payload.get("stack", ""))
    if serving is not None and notes.fine("payload"):
        _check_pair(payload, serving, notes)


def _check_pair(payload: Mapping[str, Any], serving: Serving, notes: Notes) -> None:
    stack, envelope, content_type = (payload.get(key) for key in ("stack", "envelope", "content_type"))
    own = "; with a handler of your own: stack: custom"
    if envelope is not None and envelope not in serving.envelopes:
        takes = choice_of(serving.envelopes)
        notes.add("payload.envelope", f"{envelope!r} is not understood by {stack}, which takes {takes}{own}")
    if content_type is not None and serving.types and not _taken(content_type, stack, serving):
        takes = choice_of(serving.types)
        notes.add("payload.content_type", f"{content_type!r} is refused by {stack}, which takes {takes}{own}")


def _taken(content_type: str, stack: Any, serving: Serving) -> bool:
    """Exactly; MLflow and MLServer read the parameters apart."""
    bare = content_type.partition(";")[0].strip() if stack in ("mlflow", "mlserver") else content_type
    return bare in serving.types
