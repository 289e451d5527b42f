"""Results as JSON values: keys that never depend on what was found, text that is valid Unicode, no NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Any

from sm_imgcheck.core.escape import for_json
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import DecodedRequest, Report, Request, Result
from sm_imgcheck.core.types.result import SHARED
from sm_imgcheck.report.settings import Run

__all__ = ["encode", "name_of", "of_report", "of_request", "of_result", "of_spec"]

VERSION = 4
"""Version of the JSON document: changed by a key that is removed or has another meaning, not by a new key."""


class _SharedRecord(dict[str, Any]):
    """A value that many results share, as a mapping; its text is made once: 25 us instead of 75 for an image's row."""

    text = ""


def encode(value: object, indent: int | None = None) -> str:
    """Return JSON in ASCII, which every terminal, pipe and parser accepts."""
    return _encoder(indent)(value) if indent else _text(value)


def _text(value: object) -> str:
    if isinstance(value, _SharedRecord):
        value.text = value.text or _encoder(None)(value)
        return value.text
    if isinstance(value, dict):
        pairs = [f"{_encoder(None)(key)}: {_text(entry)}" for key, entry in value.items()]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"[{', '.join(map(_text, value))}]"
    return "null" if value is None else _encoder(None)(value)


@cache
def _encoder(indent: int | None) -> Callable[[object], str]:
    from json import JSONEncoder  # here: other formats do not need it

    return JSONEncoder(allow_nan=False, indent=indent).encode


def of_spec(run: Run) -> dict[str, object]:
    """The head of the document."""
    return {
        "version": VERSION,
        "spec": {"name": for_json(run.title or run.spec.name), "sha256": run.spec.sha256},
        "specs": [{"name": for_json(name), "sha256": spec.sha256} for name, spec in run.specs.items()],
    }


def of_result(result: Result) -> dict[str, object]:
    """One candidate. A name that is not UTF-8 comes with ``path_bytes``, its bytes in hexadecimal."""
    from sm_imgcheck.report import _origins

    record = {
        "path": for_json(result.path),
        "kind": result.kind,
        "status": result.status,
        "spec": for_json(result.spec) or None,
        "findings": plain(result.findings),
        "suppressed": plain(result.suppressed),
        "emitted": plain(result.emitted),
        "skipped": for_json(result.skipped),
        "assumptions": plain(result.assumptions),
        "bug": for_json(result.bug),
        "header": plain(result.header),
        "request": None if result.request is None else of_request(result.request),
        "golden": plain(result.golden),
        "handled": plain(result.handled),
        "facts": plain(result.facts),
        "source": plain(_origins.of_source(result)),
        "plan": plain(result.plan),
    }
    return record | name_of("path", result.path)


def name_of(key: str, name: str) -> dict[str, str]:
    """A name; of one that is not UTF-8 also the bytes, in hexadecimal, under ``KEY_bytes``."""
    text = for_json(name)
    return {key: text} if text == name else {key: text, f"{key}_bytes": name.encode("utf-8", "surrogateescape").hex()}


def of_request(request: Request) -> dict[str, object]:
    """A request body: its outcome is under ``received`` or ``refused``; under neither where it was not examined.

    Its problems are among the findings.
    """
    outcome = request.outcome
    content, rejection = (outcome, None) if isinstance(outcome, DecodedRequest) else (None, outcome)
    return {
        "content_type": for_json(request.content_type),
        "size": request.size,
        "stack": for_json(request.stack),
        "received": content and {"form": content.form, "what": for_json(content.what)},
        "refused": rejection
        and {
            "status": rejection.status,
            "text": for_json(rejection.text),
            "cause": rejection.finding.code,
            "measured": rejection.measured,
        },
    }


def of_report(report: Report) -> dict[str, object]:
    """The counts of the run."""
    return {
        "candidates": report.candidates,
        "ok": report.ok,
        "failed": report.failed,
        "not_checked": report.not_checked,
        "suppressed": report.suppressed,
        "suppressions": {for_json(reason): number for reason, number in report.suppressions.items()},
        "vanished": [for_json(text) for text in report.vanished],
        "clean": report.clean,
        "with_findings": report.with_findings,
        "by_code": dict(report.by_code),
        "by_severity": dict(report.severities),
        "findings": report.findings,
        "fixable": report.fixable,
        "unfixable": dict(report.unfixable),
        "unwritten": report.unwritten,
        "skipped_inputs": dict(report.skipped_inputs),
        "skipped_suffixes": {for_json(suffix): number for suffix, number in report.skipped_suffixes.items()},
    }


_CACHE_SIZE = 1024
_json_values: IdentityCache[_SharedRecord] = IdentityCache(_CACHE_SIZE)


def plain(value: Any) -> Any:
    """Convert dataclasses, tuples and mappings to JSON values. A number that JSON cannot represent becomes null.

    Values that many results share are converted once: never change the returned mappings.
    """
    if isinstance(value, str):
        return for_json(value)
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, Mapping):
        return {for_json(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if is_dataclass(value):
        return _fields(value)
    return value


def _fields(value: Any) -> dict[str, Any]:
    shared = type(value) in SHARED
    if shared and (record := _json_values.get((value,))) is not None:
        return record
    values = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return _json_values.put((value,), _SharedRecord(values)) if shared else values
