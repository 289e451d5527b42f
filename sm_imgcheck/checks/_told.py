"""What was found out about a request, for the checks of the family PAY."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.checks._registry import Mismatch
from sm_imgcheck.model import Candidate, Refused, Request, Spec
from sm_imgcheck.serving import STACKS

__all__ = ["told"]

_LONGEST = 80
"""Of a server's answer inside a message, in characters."""


def told(candidate: Candidate, spec: Spec, code: str, *, payload_helps: bool = True) -> Iterator[Mismatch]:
    """Whatever was found out under this code: in the bytes, by the stack in silence, or by its refusal."""
    request = candidate.request
    if request is None:
        return
    outcome = request.outcome
    offer = _offer(request, spec) if payload_helps else ""
    for flaw in (*request.flaws, *(() if outcome is None or isinstance(outcome, Refused) else outcome.flaws)):
        if flaw[0] == code:
            yield Mismatch(message=flaw[1] + offer, expected=flaw[2], actual=flaw[3])
    if isinstance(outcome, Refused) and outcome.cause == code:
        message = f"{outcome.why}{offer}; {_answer(request, outcome)}"
        yield Mismatch(message=message, expected=outcome.expected, actual=outcome.actual)


def _answer(request: Request, outcome: Refused) -> str:
    """What comes back, in the server's words."""
    text = outcome.text.split("\n", 1)[0]
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
    return f"{request.stack or 'the server'} answers {outcome.status}{f' {text}' if text else ''}"


def _offer(request: Request, spec: Spec) -> str:
    """What ``payload`` would write instead."""
    if request.stack not in STACKS or request.stack == "custom":
        return ""
    return f"; sm-imgcheck payload writes {spec.payload.get('envelope') or STACKS[request.stack].envelopes[0]}"
