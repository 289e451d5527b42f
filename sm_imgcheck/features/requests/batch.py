"""What part candidate brings into a request body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Dim, Finding, Header, Options, Payload, Result, Spec
from sm_imgcheck.features.requests import RequestTarget, bounds, narrowest
from sm_imgcheck.features.requests.prediction import with_prediction
from sm_imgcheck.pipeline.process import CandidateLike, process
from sm_imgcheck.serving.envelopes import ImageEnvelope, TensorEnvelope

__all__ = [
    "MAX_JOINED_BYTES",
    "BodyPart",
    "BodyTooLarge",
    "Predictions",
    "build",
    "has_room",
    "joins",
    "one_by_one",
    "part_of",
    "shape_of",
]

MAX_JOINED_BYTES = 100_000_000
"""Maximum size of several images in part body, which is in memory: the maximum of batch transform."""


@frozen
class BodyPart:
    """The part of a candidate in a body: its tensor, or the bytes of its image file with their header."""

    array: np.ndarray | None = None
    image: tuple[bytes, Header] | None = None


class BodyTooLarge(PayloadError):
    """A body that is over a limit. size: its bytes."""

    def __init__(self, message: str, size: int) -> None:
        self.size = size
        super().__init__(message)


def joins(route: RequestTarget) -> bool:
    """Whether part body may hold several images."""
    batch = route.spec.contract.dim("N")
    return batch is not None and batch.high != 1 and route.form.batches


def one_by_one(spec: Spec) -> Spec:
    """The spec of single images for a model that accepts only batches of several."""
    contract, batch = spec.contract, spec.contract.dim("N")
    if batch is None or batch.low == 1:
        return spec
    at = contract.layout.index("N")
    shape = (*contract.shape[:at], Dim(low=1, high=batch.high, name=batch.name), *contract.shape[at + 1 :])
    return replace(spec, contract=replace(contract, shape=shape))


def has_room(parts: Sequence[BodyPart], more: BodyPart, route: RequestTarget) -> bool:
    """Whether part body can hold these parts and part more."""
    batch, every = route.spec.contract.dim("N"), (*parts, more)
    if batch is None or not _match(parts[0], more, route):
        return False
    if batch.high is not None and _rows(every, route) > batch.high:
        return False
    return _size(every, route)[0] <= min(MAX_JOINED_BYTES, narrowest(bounds(route)))


Predictions = dict[tuple[tuple[int, ...], str], tuple[Finding, ...]]
"""Findings of the stack for bodies of part target, by the shape and dtype of their tensor."""


def build(parts: Sequence[BodyPart], route: RequestTarget, predictions: Predictions | None = None) -> Payload:
    """The body of these parts. Raises PayloadError; for part that is too large, before it is encoded where possible.

    predictions: of earlier bodies of this target; a tensor of the same shape and dtype is predicted once.
    """
    batch = route.spec.contract.dim("N")
    if batch is not None and not batch.allows(rows := _rows(parts, route)):
        raise PayloadError(f"images per request: got {rows}, expected {_images(batch)}")
    size, exact = _size(parts, route)
    if exact:
        _refuse(size, route)
    array = _tensor(parts, route)
    payload = _built(parts, array, route)
    _refuse(len(payload.body), route)
    if predictions is None or array is None:
        return with_prediction(payload, route, array)
    tensor = array.shape, array.dtype.name
    if tensor not in predictions:
        predictions[tensor] = with_prediction(payload, route, array).findings
    return replace(payload, findings=predictions[tensor])


def shape_of(parts: Sequence[BodyPart], route: RequestTarget) -> tuple[tuple[int, ...], str] | None:
    """Shape and dtype of all tensors together; None for image files."""
    first = parts[0].array
    if first is None:
        return None
    if len(parts) == 1:
        return first.shape, first.dtype.name
    at = _axis(route)
    return (*first.shape[:at], _rows(parts, route), *first.shape[at + 1 :]), first.dtype.name


def _tensor(parts: Sequence[BodyPart], route: RequestTarget) -> np.ndarray | None:
    """All tensors as one; None for image files."""
    arrays = [part.array for part in parts if part.array is not None]
    if len(arrays) < 2:
        return next(iter(arrays), None)
    return np.concatenate(arrays, axis=_axis(route))


def _built(parts: Sequence[BodyPart], array: np.ndarray | None, route: RequestTarget) -> Payload:
    form = route.form
    if isinstance(form, TensorEnvelope):
        assert array is not None
        return form.build(array, route.spec)
    images = [part.image for part in parts if part.image is not None]
    if len(images) == 1 or form.build_images is None:
        return form.build_image(*images[0], route.spec)
    return form.build_images(images, route.spec)


def _size(parts: Sequence[BodyPart], route: RequestTarget) -> tuple[int, bool]:
    """Bytes of the body, and whether the number is exact. Image files: as base64, not encoded again."""
    tensor, form = shape_of(parts, route), route.form
    if tensor is None or not isinstance(form, TensorEnvelope):
        return sum(4 * len(part.image[0]) // 3 + 20 for part in parts if part.image is not None), False
    return form.size(*tensor, route.spec)


def _match(part: BodyPart, other: BodyPart, route: RequestTarget) -> bool:
    """Whether two tensors differ in the number of their images only."""
    if part.array is None or other.array is None:
        return True
    at, shapes = _axis(route), (part.array.shape, other.array.shape)
    rest = [(*shape[:at], *shape[at + 1 :]) for shape in shapes]
    return part.array.dtype == other.array.dtype and rest[0] == rest[1]


def _rows(parts: Sequence[BodyPart], route: RequestTarget) -> int:
    return sum(1 if part.array is None else part.array.shape[_axis(route)] for part in parts)


def _axis(route: RequestTarget) -> int:
    return route.spec.contract.layout.index("N")


def _images(batch: Dim) -> str:
    return f"{batch} images" if batch.fixed is None else f"exactly {batch} image{'s' if batch.fixed > 1 else ''}"


def _refuse(size: int, route: RequestTarget) -> None:
    if size > (most := narrowest(bounds(route), "error")):
        raise BodyTooLarge(
            f"body size: got {size:,} bytes as {route.envelope}, expected at most {most:,}; payload --sizes "
            "shows the sizes of the other envelopes",
            size,
        )


def part_of(what: CandidateLike, route: RequestTarget, options: Options) -> tuple[Result, BodyPart | None]:
    """The candidate's result and its part of a body; None: the result has the reason.

    what: as for ``process``. Never raises for a damaged candidate.
    """
    if isinstance(route.form, ImageEnvelope):
        return _image(what, route, options)
    result = process(what, route.spec, replace(options, want_array=True))
    part = None if result.array is None else BodyPart(array=result.array)
    return replace(result, array=None), part


def _image(what: CandidateLike, route: RequestTarget, options: Options) -> tuple[Result, BodyPart | None]:
    """The image file. One that the policy of the spec refuses is encoded again."""
    result = process(what, route.spec, replace(options, keep_arrays=True))
    candidate, result = result.candidate, result.without_arrays()
    if candidate.problem is not None:
        return result, None
    if candidate.header is None:
        reason = f"envelope {route.envelope}: got a {candidate.kind}, expected an encoded image"
        return replace(result, skipped=reason), None
    return result, BodyPart(image=(candidate.data, candidate.header))
