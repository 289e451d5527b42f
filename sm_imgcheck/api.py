"""The verbs of the command line as functions: bytes, paths and arrays in; results, plans and arrays out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from sm_imgcheck.core.errors import CandidateError, ImgcheckError, PayloadError, PlanError
from sm_imgcheck.core.types import Candidate, Options, Payload, Plan, Result, Spec
from sm_imgcheck.pipeline import process as pipeline
from sm_imgcheck.spec.load import loaded

if TYPE_CHECKING:
    import numpy as np

    What = str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray | Candidate
    Sent = str | os.PathLike[str] | bytes
    AnySpec = Spec | str | os.PathLike[str] | Mapping[str, object]

__all__ = [
    "build_payload",
    "convert",
    "draw",
    "identify",
    "plan",
    "process",
    "validate",
    "validate_golden",
    "validate_handler",
]


def process(what: What, spec: AnySpec, options: Options | None = None) -> Result:
    """Check one candidate against a spec; with ``options.want_array`` make the corrected tensor too.

    what: as for ``validate``. Never raises for a bad candidate: that is a finding. Raises TypeError for what is no
    candidate or no spec at all, SpecError for a bad spec, ImgcheckError for a source that is no image, Bug where the
    tool breaks its own promise.
    """
    trace: pipeline.Trace | None = None
    if options is not None and options.source is not None:
        from sm_imgcheck.features.identify.source import trace_origins

        trace = trace_origins
    return pipeline.process(what, spec, options, trace=trace)


def validate(
    what: What,
    spec: AnySpec,
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Mapping[str, str] | None = None,
    headers_only: bool = False,
    content_type: str | None = None,
    source: str | os.PathLike[str] | bytes | None = None,
) -> Result:
    """Check one candidate: its ``findings`` are the mismatches, and its ``plan`` is what mends them.

    what: a path (``file.npz::name`` for one array of several), the bytes of a file, or an array of any shape (what has
    ``__array__``, nested lists). An image of Pillow is neither: pass ``np.asarray(image.convert("RGB"))``, or the bytes
    of its file, which are decoded as the spec says. An image is compared as ``decoded_by`` would naively decode it.
    With a content_type it is a request body under that header (empty: under none), judged as the spec's stack would
    take it. spec: as loaded, or a path, a preset's name or a mapping of the spec language. source: the image that a
    tensor was made of, a path or the bytes of the file; the result's ``origins`` say how, and what they show of the
    tensor is not assumed.
    A bad candidate is a finding; raises SpecError for a bad spec, ImgcheckError for a source that is no image,
    TypeError for arguments of another type.
    """
    if decoded_by not in ("pillow", "opencv"):
        raise ImgcheckError(f"decoded_by={decoded_by!r}: expected pillow or opencv")
    if content_type is not None and not isinstance(content_type, str):
        raise TypeError(f"expected a content type such as application/x-npy, not {type(content_type).__name__}")
    options = Options(
        decoded_by=decoded_by,
        assume=_assumed(assume),
        headers_only=headers_only,
        content_type=content_type,
        as_sent=True,
        source=_source(source),
    )
    return process(what, spec, options)


def identify(
    what: What,
    *,
    source: str | os.PathLike[str] | bytes | None = None,
    spec: AnySpec | None = None,
    assume: Mapping[str, str] | None = None,
) -> Result:
    """Say which recipe made a tensor: ``facts`` by its numbers, ``origins`` by the image that it was made of.

    what: a tensor, as for ``validate``. source: that image, a path or the bytes of the file. ``origins`` are the
    nearest first; several explain it equally well; none: it is not that image, as far as can be seen; None: not asked,
    or it can be no picture. With a spec there are ``findings`` and a ``plan`` too, and ``ideal`` is what the spec makes
    of the source. Raises ImgcheckError for an image in the place of a tensor, and for a source that is none; SpecError.
    """
    from sm_imgcheck.features.identify import identify_tensor

    options = Options(assume=_assumed(assume), source=_source(source))
    return identify_tensor(what, None if spec is None else loaded(spec), options)


def validate_golden(spec: AnySpec, *, allow_remote: bool = False) -> tuple[Result, ...]:
    """Hold a spec against its own golden tensors: a result for each, with findings where the spec makes another one.

    Each result's ``golden`` says how far apart they are, in grey levels, and which stage of the pipeline is the first
    to differ. A probe that cannot be used is a finding; so is one on another machine, unless ``allow_remote``.
    Raises ImgcheckError where the spec lists none.
    """
    from sm_imgcheck.features.golden import check_golden

    found = loaded(spec)
    if not found.golden:
        raise ImgcheckError(f"{found.name}: golden lists no probes: {{image: probe.jpg, tensor: probe.npy}}")
    return tuple(
        check_golden(found, number, Options(), allow_remote=allow_remote) for number in range(len(found.golden))
    )


def validate_handler(
    file: str | os.PathLike[str],
    what: Sent | list[Sent] | tuple[Sent, ...],
    spec: AnySpec,
    *,
    function: str = "",
    python: str = "",
    content_type: str | None = None,
    seconds: float = 60.0,
    most_bytes: int | None = None,
) -> tuple[Result, ...]:
    """Send images to a user's own ``inference.py``, and check the tensors that it makes: a result for each.

    file: the handler, or a folder with ``inference.py`` or ``code/inference.py``; what: paths, or the bytes of files.
    It runs that code, in a child process of the interpreter ``python`` (empty: this one), within limits that are no
    sandbox: seconds for importing the file and for each request, most_bytes of resident memory (None: 8 GiB, or three
    quarters of the machine's). function: of the file; empty: the one that a container calls. content_type: of every
    request; None: what each image is. A handler that fails is a finding; raises ImgcheckError where there is no such
    file, function or interpreter.
    """
    from sm_imgcheck.features.handler import Handler, Runner
    from sm_imgcheck.run.sources import process_with_handler

    how = Handler(
        file=os.fsdecode(file),
        function=function,
        python=python,
        content_type=content_type,
        seconds=seconds,
        most_bytes=most_bytes,
    )
    spec = loaded(spec)
    with Runner(how, spec.payload.get("stack", "")) as run:
        several = what if isinstance(what, list | tuple) else [what]
        return tuple(process_with_handler(one, run, spec, Options()) for one in several)


def draw(
    what: What,
    spec: AnySpec,
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Mapping[str, str] | None = None,
    content_type: str | None = None,
    source: str | bytes | None = None,
) -> bytes:
    """Draw what the model sees of a candidate, beside how it was made, as the bytes of a PNG file.

    Arguments as for ``validate``; source: the image of which a tensor was made, as a path or the bytes of its file.
    Raises ImgcheckError where there is nothing to draw, or where the source is no image.
    """
    from sm_imgcheck.features.pictures import draw_candidate

    options = Options(
        decoded_by=decoded_by,
        assume=_assumed(assume),
        content_type=content_type,
        source=source,
        keep_arrays=True,
    )
    found = loaded(spec)
    return draw_candidate(process(what, found, options), found, options)


def plan(
    what: What,
    spec: AnySpec,
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> Plan:
    """Derive the steps from what is there to what the spec asks for; nothing is decoded.

    Arguments as for ``validate``; allow_guess: take steps that rest on a guess. Raises CandidateError where the
    candidate cannot be used, PlanError where no lawful steps lead to the spec.
    """
    options = Options(assume=_assumed(assume), allow_guess=allow_guess, headers_only=True)
    result = process(what, spec, options)
    if result.plan is None:
        raise _refusal(result)
    return result.plan


def convert(
    what: What,
    spec: AnySpec,
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> np.ndarray:
    """Make the tensor that the model takes: shape, layout, dtype and values of the spec's contract, in C order.

    Arguments and errors as for ``plan``. The tensor has been held against the contract before it is returned; it is
    the caller's to write to, and shares no memory with ``what``.
    """
    options = Options(want_array=True, assume=_assumed(assume), allow_guess=allow_guess)
    result = process(what, spec, options)
    if result.array is None:
        raise _refusal(result)
    # Where nothing needs mending it is the caller's own array, or a file that is mapped to be read.
    lent = result.kind == "tensor" or isinstance(what, Candidate) or not result.array.flags.writeable
    array: np.ndarray = result.array.copy() if lent else result.array
    return array


def build_payload(
    candidates: What | list[What] | tuple[What, ...],
    spec: AnySpec,
    *,
    envelope: str | None = None,
    content_type: str | None = None,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> Payload:
    """Make a request body: of one candidate, or of a list of them where the model's batch and the form allow it.

    Each candidate is checked and mended as by ``convert``. envelope: the form instead of the spec's
    ``payload.envelope``, else the best for its stack, else ``npy``; content_type: instead of the form's own. Errors as
    for ``plan``; besides, raises PayloadError where form and stack do not go together, where one body cannot hold all
    candidates, and for a body that is over a limit of its way.
    """
    from sm_imgcheck.features.requests import batch, route
    from sm_imgcheck.features.requests.batch import part_of

    way = route(loaded(spec), form=envelope or "", content_type=content_type or "")
    several = candidates if isinstance(candidates, list | tuple) else [candidates]
    if len(several) != 1 and not (several and batch.joins(way)):
        raise PayloadError(f"one body as {way.envelope} takes 1 image for this model, and here are {len(several)}")
    single = replace(way, spec=batch.one_by_one(way.spec))
    options = Options(assume=_assumed(assume), allow_guess=allow_guess)
    parts = []
    for what in several:
        result, part = part_of(what, single, options)
        if part is None:
            raise _refusal(result)
        parts.append(part)
    return batch.build(parts, way)


def _assumed(assume: object) -> Mapping[str, str]:
    if assume is not None and not isinstance(assume, Mapping):
        raise TypeError(f'expected facts to assume such as {{"channel_order": "BGR"}}, not {type(assume).__name__}')
    return assume or {}


def _source(source: object) -> str | bytes | None:
    if source is None or isinstance(source, (str, bytes)):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, os.PathLike):
        return os.fsdecode(source)
    raise TypeError(f"expected the path of an image, or the bytes of its file, not {type(source).__name__}")


def _refusal(result: Result) -> CandidateError | PlanError:
    """Why there is no plan or no tensor, as the error to raise."""
    if result.facts is None and result.findings:
        return CandidateError(result.findings[0].code, f"{result.path}: {result.findings[0].message}")
    return PlanError(f"{result.path}: {result.skipped}", result.assumptions)
