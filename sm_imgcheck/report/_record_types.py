"""Types of the JSON objects that are built key by key, for their schema: the others are the types of ``core.types``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from sm_imgcheck.core.types import (
    Facts,
    Finding,
    Form,
    Golden,
    HandlerRun,
    Header,
    Kind,
    Plan,
    Status,
    Step,
    Suppression,
)

__all__ = ["LastLine", "ReportDocument", "ResultRecord"]


class SpecRecord(TypedDict):
    """Identity of a spec."""

    name: str
    """What the user calls the spec: a preset's name or a path."""
    sha256: str
    """SHA-256 of the resolved spec, in hexadecimal: equal for two spellings of one spec."""


class OriginRecord(TypedDict):
    """A pipeline that explains a tensor from its source image, or the nearest one."""

    description: str
    """The pipeline in words."""
    exact: bool
    """Whether the pipeline explains every value; false: it is the nearest known one."""
    mean_difference: float
    """Mean difference between the result of the pipeline and the tensor, in gray levels."""
    max_difference: float
    """Largest difference between the result of the pipeline and the tensor, in gray levels."""
    image: int
    """Image of the batch that shows the source, counted from 0."""
    steps: tuple[Step, ...]
    """Operations of the pipeline, from the file's bytes to the tensor."""


class SpecPipelineRecord(TypedDict):
    """The spec's pipeline for a source image."""

    source: str
    """Path of the source image."""
    description: str
    """The pipeline in words; empty where the spec rejects the image, or without a spec."""
    refused: str
    """Why the spec rejects the image; empty: it does not."""
    steps: tuple[Step, ...]
    """Operations from the image to the model's tensor; empty where the spec rejects the image, or without a spec."""
    mean_difference: float | None
    """Mean difference between the spec's pixels and those of the nearest origin, before values are mapped, in gray
    levels; null: they were not compared."""
    max_difference: float | None
    """Largest of these differences, in gray levels; null: they were not compared."""


class SourceRecord(TypedDict):
    """The pipeline from a source image to a tensor."""

    exact: bool
    """Whether a known pipeline explains every value of the tensor."""
    description: str
    """The pipeline in words; empty: no known pipeline is near."""
    traits: Mapping[str, tuple[str, ...]]
    """By trait of the pipeline, such as decoder or framing, its value; several where the tensor does not distinguish
    them."""
    origins: tuple[OriginRecord, ...]
    """The pipelines that explain the tensor equally well, or the nearest ones, the nearest first."""
    spec: SpecPipelineRecord | None
    """The spec's pipeline for the same image; null without one."""
    comparison: str
    """The pipeline of the tensor compared with that of the spec, in words; empty without a pipeline."""
    fixed_by: tuple[Step, ...]
    """Steps of the spec's pipeline that differ from what was done."""


class ReceivedRecord(TypedDict):
    """What a stack hands to the model's predict function."""

    form: Form
    """array: a tensor; image: a decoded image; object: anything else, such as a mapping or text."""
    what: str
    """Description, such as ``224 instances of (224, 3)``."""


class RefusedRecord(TypedDict):
    """How a stack refuses a request."""

    status: int
    """HTTP status of the response."""
    text: str
    """The beginning of the response, as the server writes it."""
    cause: str
    """Code of the finding that states the cause."""
    measured: bool
    """Whether the response was observed on a running server; false: read in its source."""


class RequestRecord(TypedDict):
    """A request body, as a stack decodes it."""

    content_type: str
    """Content type of the request."""
    size: int
    """Size of the body, in bytes."""
    stack: str
    """The stack that decoded the request; empty: unknown, and only the content type was checked."""
    received: ReceivedRecord | None
    """What the model receives; null: the request is refused, or was not decoded."""
    refused: RefusedRecord | None
    """The refusal; null: the request is accepted, or was not decoded."""


class ResultRecord(TypedDict):
    """The result for one candidate; in JSON Lines each line except the last."""

    path: str
    r"""The candidate as the user named it; a byte that is not UTF-8 is shown as ``\xff``."""
    path_bytes: NotRequired[str]
    """Bytes of the path, in hexadecimal; only for a path that is not UTF-8."""
    kind: Kind
    """What the candidate is; probe: a golden tensor; unknown: it could not be read."""
    status: Status
    """ok: examined, without errors; failed: with an error; suppressed: each error is suppressed; not checked: not
    examined."""
    spec: str | None
    """Name of the candidate's spec, in a run with several; else null."""
    findings: tuple[Finding, ...]
    """Mismatches with the spec, and problems of the file."""
    suppressed: tuple[Suppression, ...]
    """Findings of the baseline and ignored ones, which are not among ``findings``."""
    emitted: str | None
    """Where the corrected tensor was written; null: it was not."""
    skipped: str
    """Reason for a missing plan or tensor; empty where both exist."""
    assumptions: tuple[str, ...]
    """``KEY=VALUE`` of ``--assume`` with which a plan is probable, for a candidate without one."""
    bug: str
    """An internal error, because of which the candidate was not checked; empty without one."""
    header: Header | None
    """Header of an image file; null for other candidates."""
    request: RequestRecord | None
    """The request body; null for other candidates."""
    golden: Golden | None
    """Comparison of a golden tensor; null for other candidates."""
    handled: HandlerRun | None
    """The call of a handler; null for other candidates."""
    facts: Facts | None
    """Properties of the array; null: it could not be examined."""
    source: SourceRecord | None
    """The pipeline from the source image; null: no source image was given, or none was compared."""
    plan: Plan | None
    """The steps from the candidate to the spec's tensor; null: ``skipped`` states why."""


class SlowFileRecord(TypedDict):
    """One of the slowest files."""

    path: str
    """The candidate as the user named it."""
    seconds: float
    """Time of its check, in seconds."""


class LargeFileRecord(TypedDict):
    """One of the largest files."""

    path: str
    """The candidate as the user named it."""
    bytes: int
    """Size of the file, in bytes."""


class StatisticsRecord(TypedDict):
    """Statistics of the files."""

    format: Mapping[str, int]
    """Images by format."""
    mode: Mapping[str, int]
    """Images by mode of the decoded pixels, with the bits per sample where these are not 8."""
    orientation: Mapping[str, int]
    """Images by orientation, 1..8, as Pillow applies it."""
    subsampling: Mapping[str, int]
    """Images by chroma subsampling; JPEG only."""
    size: Mapping[str, int]
    """Images by HEIGHTxWIDTH in pixels, and tensors by shape."""
    dtype: Mapping[str, int]
    """Tensors by dtype."""
    distributions: Mapping[str, Mapping[str, int]]
    """By quantity, such as file size in bytes, the counts by interval."""
    slowest: tuple[SlowFileRecord, ...]
    """The slowest files, the slowest first."""
    largest: tuple[LargeFileRecord, ...]
    """The largest files, the largest first."""


class SummaryRecord(TypedDict):
    """Counts of the run."""

    candidates: int
    """Candidates of the run."""
    ok: int
    """Candidates that were examined and have no error."""
    failed: int
    """Candidates with an error."""
    not_checked: int
    """Candidates without an error that could not be examined."""
    suppressed: int
    """Candidates whose errors are all suppressed."""
    suppressions: Mapping[str, int]
    """Suppressed findings by reason."""
    vanished: tuple[str, ...]
    """Findings of the baseline that are no longer there, as ``PATH CODE``."""
    clean: int
    """Candidates that were examined, without warnings and errors."""
    with_findings: int
    """Candidates with a warning or an error."""
    by_code: Mapping[str, int]
    """Findings by code."""
    by_severity: Mapping[str, int]
    """Findings by severity."""
    findings: int
    """Findings of the run."""
    fixable: int
    """Errors and warnings that ``convert`` fixes."""
    unfixable: Mapping[str, int]
    """Findings that ``convert`` does not fix, by severity."""
    unwritten: int
    """Candidates whose tensor was expected and could not be produced."""
    skipped_inputs: Mapping[str, int]
    """Files of folders that were skipped, by reason."""
    skipped_suffixes: Mapping[str, int]
    """Files that were skipped for their suffix, by suffix."""
    statistics: NotRequired[StatisticsRecord]
    """Statistics of the files; only with ``--statistics``."""


class LastLine(TypedDict):
    """The last line in JSON Lines; the document without its results."""

    version: int
    """Version of the format: changed by a key that is removed or has another meaning, not by a new key."""
    spec: SpecRecord
    """The spec; of a run with several, their names and digests together."""
    specs: tuple[SpecRecord, ...]
    """The specs of a run with several; empty for one."""
    summary: SummaryRecord
    """Counts of the run."""


class ReportDocument(LastLine):
    """The report of a run."""

    results: tuple[ResultRecord, ...]
    """The result for each candidate, in the order of the listing."""
