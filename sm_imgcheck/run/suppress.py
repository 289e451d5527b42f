"""Findings that do not change the exit code: those of a baseline, and those that the configuration ignores by path."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress

from sm_imgcheck.core.errors import ImgcheckError, OutputError
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Finding, Result, Suppression
from sm_imgcheck.io.stores import local
from sm_imgcheck.report._entries import not_checked_finding
from sm_imgcheck.run.inputs.exclude import PathPatterns, below

__all__ = ["Baseline", "BaselineRecorder", "PathIgnore", "Suppressor", "write_baseline"]

_VERSION = 1
_LARGEST = 256 << 20
"""Bytes of a baseline."""


@frozen
class PathIgnore:
    """Codes, or their beginnings, that are ignored in some files, and why."""

    patterns: PathPatterns
    codes: tuple[str, ...]
    reason: str


class Baseline:
    """The known findings: codes by path, relative to the folder of the file, with ``/`` between names."""

    def __init__(self, file: str) -> None:
        """Read a baseline. Raises ImgcheckError where it cannot be read, or is not one."""
        self.file = file
        self.folder = os.path.dirname(os.path.abspath(file))
        self.known = {path: set(codes) for path, codes in _read(file).items()}
        self._remaining = {path: set(codes) for path, codes in self.known.items()}
        self._checked: set[str] = set()

    def take(self, result: Result, code: str) -> bool:
        """Whether a finding of a candidate is known; it counts as found again."""
        path = self._path(result)
        if code not in self.known.get(path, ()):
            return False
        self._remaining[path].discard(code)
        return True

    def note(self, result: Result) -> None:
        """Note that a candidate was checked."""
        path = self._path(result)
        if path in self.known:
            self._checked.add(path)

    def fixed_findings(self) -> tuple[str, ...]:
        """Known findings that a checked file, or a deleted one, no longer has, as ``PATH CODE``."""
        return tuple(
            f"{path} {code}"
            for path, codes in sorted(self._remaining.items())
            if codes and (path in self._checked or not os.path.lexists(os.path.join(self.folder, path)))
            for code in sorted(codes)
        )

    def _path(self, result: Result) -> str:
        return for_json(below(self.folder, result.path))


class Suppressor:
    """Moves findings of the baseline and ignored findings from ``findings`` to ``suppressed``."""

    def __init__(self, baseline: Baseline | None = None, ignores: Sequence[PathIgnore] = ()) -> None:
        self.baseline, self.ignores = baseline, ignores

    def apply(self, result: Result) -> Result:
        """Return the result with its known and ignored findings suppressed."""
        if self.baseline is not None:
            self.baseline.note(result)
        ignores = [ignore for ignore in self.ignores if ignore.patterns.match(result.path)]
        findings, suppressions = [], []
        extra = (not_checked_finding(result),) if result.status == "not checked" else ()
        for finding in (*result.findings, *extra):
            reason = self._reason(result, finding, ignores)
            if reason:
                suppressions.append(Suppression(finding=finding, reason=reason))
            elif finding not in extra:
                findings.append(finding)
        if not suppressions:
            return result
        return replace_fields(result, findings=tuple(findings), suppressed=tuple(suppressions))

    def _reason(self, result: Result, finding: Finding, ignores: Sequence[PathIgnore]) -> str:
        for ignore in ignores:
            if finding.code.startswith(ignore.codes):
                return ignore.reason
        if self.baseline is None or finding.severity == "notice":
            return ""
        return "baseline" if self.baseline.take(result, finding.code) else ""


class BaselineRecorder:
    """Collects the findings of a run for a new baseline: codes by path, about 100 bytes for each file with findings."""

    def __init__(self, file: str) -> None:
        """file: the new baseline. Raises OutputError where it is a file that is not a baseline."""
        self.file = file
        self.folder = os.path.dirname(os.path.abspath(file))
        self.known: dict[str, list[str]] = {}
        if os.path.lexists(file):
            try:
                _read(file)
            except ImgcheckError as error:
                raise OutputError(f"{for_terminal(file)} exists and is not a baseline: name another file") from error

    def add(self, result: Result) -> None:
        """Note the errors and warnings of a candidate, and that it was not checked."""
        codes = {finding.code for finding in result.findings if finding.severity != "notice"}
        codes |= {"not-checked"} if result.status == "not checked" else set()
        if codes:
            self.known[for_json(below(self.folder, result.path))] = sorted(codes)


def write_baseline(recorder: BaselineRecorder) -> None:
    """Write a baseline: sorted, one file on each line. Raises OutputError."""
    lines = [f" {json.dumps(path)}: {json.dumps(codes)}" for path, codes in sorted(recorder.known.items())]
    text = ",\n".join(lines)
    body = f'{{"version": {_VERSION}, "findings": {{\n{text}\n}}}}\n' if lines else '{"version": 1, "findings": {}}\n'
    with suppress(OSError):  # the next line reports why
        os.makedirs(recorder.folder, exist_ok=True)
    local.write(recorder.file, [body.encode()], force=True)


def _read(file: str) -> dict[str, list[str]]:
    name = for_terminal(file)
    try:
        with open(file, "rb") as stream:
            body = stream.read(_LARGEST + 1)
        value: object = json.loads(body) if len(body) <= _LARGEST else None
    except OSError as error:
        hint = "; --write-baseline creates it" if isinstance(error, FileNotFoundError) else ""
        raise ImgcheckError(f"{name} cannot be read: {error.strerror}{hint}") from None
    except (ValueError, RecursionError):
        value = None
    findings = value.get("findings") if isinstance(value, dict) and value.get("version") == _VERSION else None
    if not isinstance(findings, dict) or not all(
        isinstance(codes, list) and all(isinstance(code, str) for code in codes) for codes in findings.values()
    ):
        raise ImgcheckError(f"{name} is not a baseline of version {_VERSION}; --write-baseline creates one")
    return findings
