"""What a spec says of the request: names of stacks and envelopes, and whether they go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_imgcheck.core.plugins import Registry
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS, Stack
from sm_imgcheck.spec.problems import Notes, at, choice_of, nearest

__all__ = ["check_payload"]


def check_payload(payload: Mapping[str, Any], notes: Notes) -> None:
    """Note names that are not known, and what does not go together."""
    registries: Mapping[str, Registry[Any]] = {"stack": STACKS, "envelope": ENVELOPES}
    for key, registry in registries.items():
        given = payload.get(key)
        if given is not None and given not in registry.names():
            names = registry.ranked()
            hint = nearest(given, names) or f"; there are {choice_of(names)}"
            notes.add(at("payload", key), f"{given!r} is not known{hint}")
    if payload.get("stack") is not None and notes.fine("payload"):
        _check_pair(payload, STACKS[payload["stack"]], notes)


def _check_pair(payload: Mapping[str, Any], stack: Stack, notes: Notes) -> None:
    name, envelope, content_type = (payload.get(key) for key in ("stack", "envelope", "content_type"))
    own = "; with a handler of your own: stack: custom"
    if envelope is not None and stack.envelopes and envelope not in stack.envelopes:
        takes = choice_of(stack.envelopes)
        notes.add("payload.envelope", f"{envelope!r} is not understood by {name}, which takes {takes}{own}")
    if content_type is not None and not stack.decodes(content_type):
        takes = choice_of(stack.content_types)
        notes.add("payload.content_type", f"{content_type!r} is refused by {name}, which takes {takes}{own}")
