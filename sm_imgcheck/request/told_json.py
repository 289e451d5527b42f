"""What is said of bodies, as one JSON document."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.escape import for_json
from sm_imgcheck.model import Report
from sm_imgcheck.report import _record
from sm_imgcheck.request.limits import bounds
from sm_imgcheck.request.paste import commands
from sm_imgcheck.request.route import Route
from sm_imgcheck.request.told import Body

__all__ = ["as_json"]


class as_json:  # noqa: N801 - called like a function
    """One document; each body is on a line of its own."""

    def __init__(self, route: Route, *, folder: str = "") -> None:
        self.route, self.folder, self.rows = route, folder, 0

    def row(self, body: Body) -> str:
        """The head before the first body."""
        before = ",\n" if self.rows else self._head()
        self.rows += 1
        return before + _record.encode(self._of(body))

    def close(self, report: Report) -> str:
        """The counts."""
        return (
            ("" if self.rows else self._head()) + '],\n"summary": ' + _record.encode(_record.of_report(report)) + "}\n"
        )

    def _head(self) -> str:
        spec, route = self.route.spec, self.route
        head = {
            "version": _record.VERSION,
            "spec": {"name": for_json(spec.name), "sha256": spec.sha256},
            "envelope": route.envelope,
            "stack": route.stack or None,
            "endpoint": route.endpoint,
            "limits": _record.plain(bounds(route)),
            "unchecked": list(route.unchecked),
        }
        return _record.encode(head)[:-1] + ', "bodies": [\n'

    def _of(self, body: Body) -> dict[str, Any]:
        size = None if body.payload is None else len(body.payload.body)
        shape, dtype = body.tensor or (None, None)
        kind = None if body.payload is None else body.payload.content_type
        ways = (
            {}
            if kind is None or body.place in {"", "-"}
            else commands(self.route, body.place, kind, size or 0, self.folder)
        )
        return {
            "emitted": for_json(body.place) or None,
            "content_type": kind and for_json(kind),
            "bytes": size,
            "shape": shape and list(shape),
            "dtype": dtype,
            "over": [bound.bytes for bound in bounds(self.route) if size is not None and size > bound.bytes],
            "refused": for_json(body.refused),
            "findings": _record.plain(body.findings),
            "request": {way: for_json(text) for way, text in ways.items()},
            "candidates": [_record.of_result(result) for result in body.results],
        }
