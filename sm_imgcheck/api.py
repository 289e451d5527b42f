"""The commands as functions: paths, bytes, arrays and Pillow images in; results, plans and arrays out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from sm_imgcheck.core.arguments import assumption_texts, check_arguments, check_jobs, check_limits
from sm_imgcheck.core.errors import CandidateError, ImgcheckError, PayloadError, PlanError
from sm_imgcheck.core.types import Candidate, Options, Payload, Plan, Result, Spec
from sm_imgcheck.io.images.from_pillow import encode_losslessly, is_pillow_image
from sm_imgcheck.pipeline import process as pipeline
from sm_imgcheck.pipeline.read import FileContent
from sm_imgcheck.rules import make_finding
from sm_imgcheck.spec.load import resolve_spec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    ImageFile = str | os.PathLike[str] | bytes
    Readable = ImageFile | bytearray | memoryview | npt.NDArray[np.generic] | Sequence[object] | Image.Image | Candidate
    AnySpec = Spec | str | os.PathLike[str] | Mapping[str, object]
    Assumptions = Mapping[str, str | tuple[float, float]]

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
    "validate_paths",
]


def process(candidate: Readable, spec: AnySpec, options: Options | None = None) -> Result:
    """Check one candidate against a spec; with ``options.want_array`` also make the corrected tensor.

    candidate: as for ``validate``. An invalid candidate is a finding, never an exception. Raises TypeError for an
    object of another type, SpecError for an invalid spec, ImgcheckError for a source that is not an image,
    InternalError for a bug in sm-imgcheck.
    """
    if not isinstance(options, Options | None):
        raise TypeError(f"options: got {type(options).__name__}, expected Options")
    trace: pipeline.Trace | None = None
    if options is not None and options.source is not None:
        from sm_imgcheck.features.identify.source import trace_origins

        trace = trace_origins
    return pipeline.process(_readable(candidate), spec, options, trace=trace)


def validate(
    image_or_tensor: Readable,
    spec: AnySpec,
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Assumptions | None = None,
    headers_only: bool = False,
    content_type: str | None = None,
    source: ImageFile | Image.Image | None = None,
) -> Result:
    """Check one candidate. ``Result.findings`` are the mismatches, ``Result.plan`` fixes them.

    image_or_tensor: a path (``file.npz::name`` for one array of several), the bytes of a file, an array of any shape
    (any object with ``__array__``, nested lists), or a Pillow image, whose EXIF orientation and ICC profile count.
    spec: loaded, a path, a preset's name, or a mapping of the spec language. decoded_by: the decoder whose default
    output an image is checked as: Pillow (RGB, EXIF ignored) or OpenCV (BGR, EXIF applied). assume: properties of a
    tensor to take as given, such as ``{"channel_order": "BGR", "value_range": (0, 1)}``. headers_only: read only image
    headers. content_type: check a request body with this content type as the spec's stack decodes it. source: the image
    that a tensor was made from; ``Result.origins`` contains the pipelines.

    An invalid candidate is a finding. Raises SpecError for an invalid spec, ImgcheckError for a source that is not an
    image, TypeError for arguments of another type.
    """
    check_arguments(decoded_by, content_type=content_type, headers_only=headers_only)
    options = Options(
        decoded_by=decoded_by,
        assume=assumption_texts(assume),
        headers_only=headers_only,
        content_type=content_type,
        as_sent=True,
        source=_source(source),
    )
    return process(image_or_tensor, spec, options)


def validate_paths(
    paths: ImageFile | Sequence[str | os.PathLike[str]],
    spec: AnySpec,
    *,
    jobs: int = 1,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Assumptions | None = None,
    headers_only: bool = False,
) -> Iterator[Result]:
    """Check files and folders, and yield a result for each candidate in the order of the listing, one by one.

    paths: a path or several; folders are searched recursively for images and tensors. jobs: worker processes; 1: none.
    Other arguments and errors as for ``validate``. A decoder that crashes ends only its worker process.
    """
    from collections import Counter

    from sm_imgcheck.run.engine import run
    from sm_imgcheck.run.inputs.item import Listing
    from sm_imgcheck.run.inputs.listing import list_candidates
    from sm_imgcheck.run.work import RunJob

    check_arguments(decoded_by, headers_only=headers_only)
    workers = check_jobs(jobs)
    several = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else paths
    options = Options(decoded_by=decoded_by, assume=assumption_texts(assume), headers_only=headers_only, as_sent=True)
    items = list_candidates([os.fsdecode(path) for path in several], Listing(passed_over=Counter()))
    outcomes = run(items, RunJob(spec=resolve_spec(spec), options=options), jobs=workers)
    try:
        for outcome in outcomes:
            yield outcome.result
    finally:
        outcomes.close()


def identify(
    tensor: Readable,
    *,
    source: ImageFile | Image.Image | None = None,
    spec: AnySpec | None = None,
    assume: Assumptions | None = None,
) -> Result:
    """Identify the preprocessing that produced a tensor: ``facts`` from its values, ``origins`` from its source image.

    tensor, assume: as for ``validate``. source: the image that it was made from. ``origins`` lists the pipelines that
    explain the tensor, nearest first; empty: no known pipeline does; None: no source, or the tensor is not an image.
    With a spec, the result has ``findings`` and ``plan`` too, and ``ideal`` compares the tensor with the spec's result
    for the source. Raises ImgcheckError for an image as the tensor, and for a source that is not an image; SpecError.
    """
    from sm_imgcheck.features.identify.tensor import identify_tensor

    options = Options(assume=assumption_texts(assume), source=_source(source))
    return identify_tensor(_readable(tensor), None if spec is None else resolve_spec(spec), options)


def validate_golden(spec: AnySpec, *, allow_remote: bool = False) -> tuple[Result, ...]:
    """Check a spec against its golden tensors: one result for each, with a finding where the spec makes another tensor.

    ``Result.golden`` is the difference in gray levels, and the first stage of the pipeline that differs. A probe that
    cannot be read is a finding; so is a remote one, unless ``allow_remote``. Raises ImgcheckError where the spec lists
    no probes.
    """
    from sm_imgcheck.features.golden import check_golden

    check_arguments(allow_remote=allow_remote)
    loaded_spec = resolve_spec(spec)
    if not loaded_spec.golden:
        raise ImgcheckError(f"{loaded_spec.name}: golden: got no entry, expected {{image: x.jpg, tensor: x.npy}}")
    return tuple(
        check_golden(loaded_spec, number, Options(), allow_remote=allow_remote)
        for number in range(len(loaded_spec.golden))
    )


def validate_handler(
    file: str | os.PathLike[str],
    images: ImageFile | Sequence[ImageFile],
    spec: AnySpec,
    *,
    function: str = "",
    python: str = "",
    content_type: str | None = None,
    model_dir: str | os.PathLike[str] = "",
    timeout: float = 60.0,
    max_bytes: int | None = None,
) -> tuple[Result, ...]:
    """Send images to a user's own ``inference.py`` and check its tensors: one result for each image.

    file: the handler, a folder with ``inference.py`` or ``code/inference.py``, or ``model.tar.gz``. images: paths, or
    the bytes of files. model_dir: the folder that ``model_fn`` gets; empty: that of the archive, or of the file.
    function: the function to call; empty: the function that a container calls. python: the interpreter; empty: this
    one.
    content_type: of each request; None: that of the image. timeout: seconds for importing the file and for each
    request. max_bytes: resident memory; None: 8 GiB, or three quarters of the machine's memory where that is less.

    The file runs in a child process; its limits do not isolate it. A handler that fails is a finding. Raises
    ImgcheckError for a file, function or interpreter that does not exist.
    """
    from sm_imgcheck.features.handler import Handler, HandlerRunner
    from sm_imgcheck.run.sources import process_with_handler

    check_arguments(function=function, python=python, content_type=content_type)
    check_limits(timeout=timeout, **({} if max_bytes is None else {"max_bytes": max_bytes}))
    handler = Handler(
        file=os.fsdecode(file),
        function=function or "",
        python=python or "",
        content_type=content_type,
        model_dir=os.fsdecode(model_dir),
        seconds=timeout,
        most_bytes=max_bytes,
    )
    loaded_spec = resolve_spec(spec)
    with HandlerRunner(handler, loaded_spec) as run:
        several = [images] if isinstance(images, (str, bytes, os.PathLike)) else images
        return tuple(process_with_handler(image, run, loaded_spec, Options()) for image in several)


def draw(
    candidate: Readable,
    spec: AnySpec,
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Assumptions | None = None,
    content_type: str | None = None,
    source: ImageFile | Image.Image | None = None,
) -> bytes:
    """Draw the model's view of a candidate, and its preprocessing, as the bytes of a PNG file.

    Arguments as for ``validate``. Raises ImgcheckError for a candidate that cannot be drawn, or a source that is not an
    image.
    """
    from sm_imgcheck.features.pictures.candidate import draw_candidate

    check_arguments(decoded_by, content_type=content_type)
    options = Options(
        decoded_by=decoded_by,
        assume=assumption_texts(assume),
        content_type=content_type,
        source=_source(source),
        keep_arrays=True,
    )
    loaded_spec = resolve_spec(spec)
    return draw_candidate(process(candidate, loaded_spec, options), loaded_spec, options)


def plan(
    image_or_tensor: Readable,
    spec: AnySpec,
    *,
    assume: Assumptions | None = None,
    allow_guess: bool = False,
) -> Plan:
    """Return the steps from a candidate to the tensor that the spec expects, without decoding.

    Arguments as for ``validate``. allow_guess: include steps that rely on inferred properties. Raises CandidateError
    for a candidate that cannot be used, PlanError where no valid steps exist.
    """
    check_arguments(allow_guess=allow_guess)
    options = Options(assume=assumption_texts(assume), allow_guess=allow_guess, headers_only=True)
    result = process(image_or_tensor, spec, options)
    if result.plan is None:
        raise _error(result)
    return result.plan


def convert(
    image_or_tensor: Readable,
    spec: AnySpec,
    *,
    assume: Assumptions | None = None,
    allow_guess: bool = False,
) -> npt.NDArray[Any]:
    """Return the tensor that the model expects: shape, layout, dtype and values of the spec, in C order.

    Arguments and errors as for ``plan``. The tensor is checked against the spec before it is returned. It is writable
    and shares no memory with the argument.
    """
    check_arguments(allow_guess=allow_guess)
    options = Options(want_array=True, assume=assumption_texts(assume), allow_guess=allow_guess)
    result = process(image_or_tensor, spec, options)
    if result.array is None:
        raise _error(result)
    # Without a fix it is the caller's own array, or a file that is mapped for reading.
    is_shared = result.kind == "tensor" or isinstance(image_or_tensor, Candidate) or not result.array.flags.writeable
    array: npt.NDArray[Any] = result.array.copy() if is_shared else result.array
    return array


def build_payload(
    images_or_tensors: Readable | list[Readable] | tuple[Readable, ...],
    spec: AnySpec,
    *,
    envelope: str | None = None,
    content_type: str | None = None,
    assume: Assumptions | None = None,
    allow_guess: bool = False,
) -> Payload:
    """Return a request body for one candidate, or for several where the model's batch and the envelope allow it.

    Each candidate is checked and fixed as by ``convert``. envelope: instead of the spec's ``payload.envelope``, which
    defaults to the best for its stack, else ``npy``. content_type: instead of the envelope's. Errors as for ``plan``;
    also PayloadError where envelope and stack do not match, one body cannot contain all candidates, or the body exceeds
    a size limit.
    """
    from sm_imgcheck.features.requests import batch, resolve_target
    from sm_imgcheck.features.requests.batch import part_of

    check_arguments(content_type=content_type, envelope=envelope, allow_guess=allow_guess)
    target = resolve_target(resolve_spec(spec), form=envelope or "", content_type=content_type or "")
    several = images_or_tensors if isinstance(images_or_tensors, list | tuple) else [images_or_tensors]
    if len(several) != 1 and not (several and batch.joins(target)):
        raise PayloadError(f"candidates: got {len(several)}, expected 1 for a body as {target.envelope} of this model")
    single = replace(target, spec=batch.one_by_one(target.spec))
    options = Options(assume=assumption_texts(assume), allow_guess=allow_guess)
    parts = []
    for candidate in several:
        result, part = part_of(_readable(candidate), single, options)
        if part is None:
            raise _error(result)
        parts.append(part)
    return batch.build(parts, target)


def _readable(candidate: Any) -> Any:
    """The candidate; a Pillow image as a file with the same pixels, EXIF and ICC profile, or with its problem."""
    if not is_pillow_image(candidate):
        return candidate
    path = os.fsdecode(getattr(candidate, "filename", "") or "Pillow image")
    try:
        return FileContent(path=path, body=encode_losslessly(candidate), from_memory=True)
    except CandidateError as error:
        return Candidate(path=path, kind="image", problem=make_finding(error))


def _source(source: object) -> str | bytes | None:
    if is_pillow_image(source):
        return encode_losslessly(source)
    if source is None or isinstance(source, (str, bytes)):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, os.PathLike):
        return os.fsdecode(source)
    raise TypeError(f"source: got {type(source).__name__}, expected the path of an image or the bytes of its file")


def _error(result: Result) -> CandidateError | PlanError:
    """Return the error for a missing plan or tensor."""
    if result.facts is None and result.findings:
        return CandidateError(result.findings[0].code, f"{result.path}: {result.findings[0].message}")
    return PlanError(f"{result.path}: {result.skipped}", result.assumptions)
