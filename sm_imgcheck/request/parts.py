"""What one candidate brings into a request body."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sm_imgcheck.model import Candidate, Options, Result
from sm_imgcheck.processing import look_at, process
from sm_imgcheck.request.joining import Part
from sm_imgcheck.request.route import Route

__all__ = ["part_of"]


def part_of(what: str | Path | bytes | Any | Candidate, route: Route, options: Options) -> tuple[Result, Part | None]:
    """The candidate's result and its part of a body; None where the result says why it has none.

    what: as for ``process``. Never raises for a bad candidate.
    """
    if hasattr(route.form, "build_image"):
        return _picture(look_at(what, route.spec, options), route, options)
    result = process(what, route.spec, replace(options, want_array=True))
    part = None if result.array is None else Part(array=result.array)
    return replace(result, array=None), part


def _picture(candidate: Candidate, route: Route, options: Options) -> tuple[Result, Part | None]:
    """The encoded picture. What the spec's policy refuses is no obstacle: the picture is encoded anew."""
    result = process(candidate, route.spec, options)
    if candidate.problem is not None:
        return result, None
    if candidate.header is None:
        takes = f"the envelope {route.envelope} takes an encoded image, and it is a {candidate.kind}"
        return replace(result, skipped=takes), None
    return result, Part(picture=(candidate.data, candidate.header))
