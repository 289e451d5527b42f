"""What was found, planned and done: of one candidate, and of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from math import isfinite
from typing import Any, Literal

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types.facts import Candidate, Facts, Golden, Header, Origin, Plan, SourceComparison
from sm_imgcheck.core.types.finding import FailOn, Finding, Suppression
from sm_imgcheck.core.types.request import HandlerRun, Request

__all__ = [
    "SHARED",
    "Depth",
    "Options",
    "Report",
    "Result",
    "Status",
]

Status = Literal["ok", "failed", "not checked", "suppressed"]
Depth = Literal["header", "damage", "pixels"]
"""How far an image is read: its header; all of its data, to find damage; or its pixels too."""
SHARED: frozenset[type] = frozenset({Facts, Finding, Header, Plan})
"""Types whose values many results of a run share: written to a journal, or sent to another process, once."""


@frozen
class Options:
    """The options of ``process``: one value for the caller, the workers and the cluster."""

    want_array: bool = False
    """Make the corrected tensor."""
    content_type: str | None = None
    """Take each candidate for a request body under this header; None: for an image or a tensor."""
    as_sent: bool = False
    """Where the spec's envelope is ``image``, check an image as a request body."""
    as_request: bool = False
    """Check an image as a request, or as the source of a sent tensor: without findings that ``convert`` fixes."""
    headers_only: bool = False
    """Read only the header; decode no pixels."""
    decoded_by: Literal["pillow", "opencv"] = "pillow"
    """The library whose default decode a raw image is compared with: RGB with EXIF ignored, or BGR with EXIF applied.
    """
    assume: Mapping[str, str] = field(default_factory=dict)
    """Facts of a tensor that the caller asserts: ``channel_order``, ``value_range``, ``layout``."""
    allow_guess: bool = False
    """Apply steps whose loss is ``guess``."""
    source: str | bytes | None = field(default=None, repr=False)
    """The source image of a tensor: a path, or the bytes of the file; None: unknown."""
    select: tuple[str, ...] = ()
    """Codes or their beginnings to report; empty: all."""
    ignore: tuple[str, ...] = ()
    """Codes or their prefixes to ignore."""
    keep_arrays: bool = field(default=False, compare=False)
    """Keep the bytes and the arrays that were made in the result's candidate; findings do not depend on it. Without
    ``want_array``, of a JPEG these are the preview instead of the pixels."""

    @property
    def depth(self) -> Depth:
        """How far an image has to be read."""
        if self.headers_only:
            return "header"
        return "pixels" if self.want_array else "damage"


@frozen
class Result:
    """The result of ``process`` for one candidate."""

    candidate: Candidate
    """As read and measured; without its bytes, arrays and pixels unless ``Options.keep_arrays``."""
    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    skipped: str = ""
    """Reason for a missing plan or tensor; empty where both exist."""
    assumptions: tuple[str, ...] = ()
    """``KEY=VALUE`` of ``--assume`` with which a plan is probable, for a candidate without one."""
    array: Any = field(default=None, repr=False, compare=False)
    """The corrected tensor, where it was expected."""
    emitted: str | None = None
    """Where the corrected tensor was written."""
    spec: str = ""
    """Name of its spec, in a run with several."""
    suppressed: tuple[Suppression, ...] = ()
    """Findings of a baseline and ignored ones; they are not among ``findings``."""
    bug: str = ""
    """An internal error of sm-imgcheck, because of which the candidate was not checked; empty without one."""

    @property
    def path(self) -> str:
        """The candidate's, as the user named it."""
        return self.candidate.path

    @property
    def kind(self) -> str:
        """The candidate's: image, tensor, request, probe or unknown."""
        return self.candidate.kind

    @property
    def facts(self) -> Facts | None:
        """What is known of the candidate's array."""
        return self.candidate.facts

    @property
    def header(self) -> Header | None:
        """Image header metadata; images only."""
        return self.candidate.header

    @property
    def request(self) -> Request | None:
        """Request bodies only."""
        return self.candidate.request

    @property
    def handled(self) -> HandlerRun | None:
        """What a user's own handler returned; handler runs only."""
        return self.candidate.handled

    @property
    def golden(self) -> Golden | None:
        """How a golden tensor compares; probes only."""
        return self.candidate.golden

    @property
    def origins(self) -> tuple[Origin, ...] | None:
        """The pipeline from a tensor's source image to the tensor; None without a source image."""
        return self.candidate.origins

    @property
    def ideal(self) -> SourceComparison | None:
        """The spec's result for a tensor's source image; None without a source image."""
        return self.candidate.ideal

    @property
    def ok(self) -> bool:
        """Whether the candidate was examined and has no error."""
        return self.status == "ok"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of severity error."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def group_of(self, finding: Finding) -> tuple[object, ...]:
        """The group of findings of several candidates that reports show as one: equal except for the actual value."""
        own_message = finding.message if self.kind == "probe" else ""  # a golden tensor has its own expected values
        is_unread = self.facts is None and self.request is None
        return (
            self.kind,
            finding.code,
            finding.severity,
            finding.certainty,
            finding.expected,
            is_unread,
            own_message,
        )

    def to_dict(self) -> dict[str, object]:
        """The result as JSON values: path, kind, status, findings, plan, facts, header, origins and reasons."""
        parts = (
            "path",
            "kind",
            "status",
            "findings",
            "plan",
            "facts",
            "header",
            "origins",
            "ideal",
            "golden",
            "handled",
        )
        return {name: _builtin(getattr(self, name)) for name in (*parts, "skipped", "assumptions", "emitted", "bug")}

    def __repr__(self) -> str:
        codes = ", ".join(dict.fromkeys(finding.code for finding in self.errors or self.findings))
        return f"<Result {self.path!r}: {self.status}{f' ({codes})' if codes else ''}>"

    def with_path(self, path: str) -> Result:
        """The same result under the path by which the candidate was listed."""
        return self if path == self.path else replace_fields(self, candidate=replace_fields(self.candidate, path=path))

    def without_arrays(self) -> Result:
        """The same result without tensor, bytes, arrays and pixels: what is kept of many candidates."""
        return replace_fields(self, array=None, candidate=self.candidate.without_arrays())

    @property
    def examined(self) -> bool:
        """Whether an image or a tensor was read; for a request body, the image or tensor in it."""
        image = self.request is not None and self.header is not None
        return not self.bug and (self.facts is not None or image)

    @property
    def status(self) -> Status:
        """``failed``: there is an error; ``not checked``: no error, and no image or tensor was examined; else ``ok``.

        ``suppressed``: each error, or the reason why it was not checked, is known or ignored. A rule that could not be
        applied is a notice and changes no status.
        """
        if any(finding.severity == "error" for finding in self.findings):
            return "failed"
        if any(suppression.finding.severity == "error" for suppression in self.suppressed):
            return "suppressed"
        return "ok" if self.examined else "not checked"


def _builtin(value: object) -> object:
    """Return a value of dictionaries, lists, texts and numbers; a number that JSON cannot contain is None."""
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _builtin(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_builtin(item) for item in value]
    if is_dataclass(value):
        return {field.name: _builtin(getattr(value, field.name)) for field in fields(value) if field.repr}
    return value if value is None or isinstance(value, str | int) else str(value)


@frozen
class Report:
    """The counts of a run: bounded for any number of candidates."""

    candidates: int = 0
    clean: int = 0
    """Candidates that were examined, without warnings and errors."""
    with_findings: int = 0
    """Candidates with something worse than a notice, whether they were examined or not."""
    failed: int = 0
    """Candidates with an error."""
    suppressed: int = 0
    """Candidates whose errors are all known or ignored."""
    not_checked: int = 0
    """Candidates without an error whose image or tensor could not be examined: ``Result.status``."""
    suppressions: Mapping[str, int] = field(default_factory=dict)
    """Findings of the baseline and ignored findings, by reason."""
    vanished: tuple[str, ...] = ()
    """Findings of the baseline that are no longer there, as ``PATH CODE``."""
    findings: int = 0
    fixable: int = 0
    """Errors and warnings that ``convert`` fixes."""
    unwritten: int = 0
    """Candidates whose tensor was expected and could not be produced."""
    severities: Mapping[str, int] = field(default_factory=dict)
    unfixable: Mapping[str, int] = field(default_factory=dict)
    """Findings that ``convert`` does not fix, by severity."""
    by_code: Mapping[str, int] = field(default_factory=dict)
    skipped_inputs: Mapping[str, int] = field(default_factory=dict)
    """Files of a folder that were passed over, by reason."""
    skipped_suffixes: Mapping[str, int] = field(default_factory=dict)
    """Those of them that have another suffix than candidates have, by suffix."""

    def plus(self, result: Result, *, tensor_expected: bool = False) -> Report:
        """Return the report with one more result. ``tensor_expected``: a corrected tensor should have been produced."""
        severities, unfixable, by_code = dict(self.severities), dict(self.unfixable), dict(self.by_code)
        fixable, is_worse = 0, False
        for finding in result.findings:
            severity, code = finding.severity, finding.code
            severities[severity] = severities.get(severity, 0) + 1
            by_code[code] = by_code.get(code, 0) + 1
            is_worse = is_worse or severity != "notice"
            if finding.fixed_by is None:
                unfixable[severity] = unfixable.get(severity, 0) + 1
            else:
                fixable += severity != "notice"
        status = result.status
        is_written = not tensor_expected or result.emitted is not None or result.array is not None
        suppressions = dict(self.suppressions)
        for suppression in result.suppressed:
            suppressions[suppression.reason] = suppressions.get(suppression.reason, 0) + 1
        return replace_fields(
            self,
            suppressions=suppressions,
            suppressed=self.suppressed + (status == "suppressed"),
            candidates=self.candidates + 1,
            clean=self.clean + (status == "ok" and not is_worse),
            with_findings=self.with_findings + is_worse,
            failed=self.failed + (status == "failed"),
            not_checked=self.not_checked + (status == "not checked"),
            findings=self.findings + len(result.findings),
            fixable=self.fixable + (fixable if is_written else 0),
            unwritten=self.unwritten + (not is_written),
            severities=severities,
            unfixable=unfixable,
            by_code=by_code if len(by_code) == len(self.by_code) else dict(sorted(by_code.items())),
        )

    @property
    def ok(self) -> int:
        """Candidates that were examined and have no error."""
        return self.candidates - self.failed - self.not_checked - self.suppressed

    def exit_code(self, fail_on: FailOn = "error") -> int:
        """Return 0 without a finding at or above ``fail_on``; 1 with one, or for a candidate that was not checked.

        With ``never``, 0 for both. Exit code 2 is an ``ImgcheckError``.
        """
        failing = {
            "never": 0,
            "unfixable": self.unfixable.get("error", 0),
            "error": self.severities.get("error", 0),
            "warning": self.severities.get("error", 0) + self.severities.get("warning", 0),
        }
        not_checked = self.not_checked if fail_on != "never" else 0
        return int(failing[fail_on] + not_checked + self.unwritten > 0)
