"""The size of a body in every envelope, and the limits that it exceeds; without encoding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.requests import RequestTarget, SizeLimit, bounds, forms
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope

__all__ = ["BodyContent", "EnvelopeSize", "cheapest", "sizes"]

_AROUND = 40
"""Maximum number of bytes of JSON around each image in base64."""


@frozen
class BodyContent:
    """The content of a body."""

    shape: tuple[int, ...]
    """Shape of the tensor."""
    dtype: str
    images: int = 1
    file_bytes: int = 0
    """Bytes of the image files."""
    changes: str = ""
    """Why the image file would have another size, or is missing."""


@frozen
class EnvelopeSize:
    """One form of the body."""

    envelope: str
    content_type: str
    bytes: int | None
    """None: unknown before it is encoded."""
    exact: bool
    """False: an upper bound."""
    tensor: bool
    """Whether it carries the tensor; otherwise the image file, which the handler converts."""
    accepted: bool
    """Whether the spec's stack accepts it; without a stack: True."""
    note: str = ""
    over: tuple[SizeLimit, ...] = ()
    """The limits that it breaks; of one that is not exact, may break."""


def sizes(route: RequestTarget, load: BodyContent) -> Iterator[EnvelopeSize]:
    """Every form of one body, by name."""
    limits, envelopes = bounds(route), forms(route.stack)
    for name in ENVELOPES.names():
        form = ENVELOPES[name]
        size, exact, note = _size(name, route, load)
        yield EnvelopeSize(
            envelope=name,
            content_type=form.content_type,
            bytes=size,
            exact=exact,
            tensor=isinstance(form, TensorEnvelope),
            accepted=name in envelopes,
            note=note,
            over=tuple(limit for limit in limits if size is not None and size > limit.bytes),
        )


def cheapest(rows: tuple[EnvelopeSize, ...]) -> EnvelopeSize | None:
    """The smallest form of the tensor that the stack accepts within all limits."""
    fitting = [row for row in rows if row.accepted and row.tensor and row.bytes is not None and not row.note]
    within = [row for row in fitting if not any(limit.severity == "error" for limit in row.over)]
    return min(within, key=lambda row: (bool(row.over), row.bytes), default=None)


def _size(name: str, route: RequestTarget, load: BodyContent) -> tuple[int | None, bool, str]:
    form = ENVELOPES[name]
    if isinstance(form, TensorEnvelope):
        try:
            size, exact = form.size(load.shape, load.dtype, _as(route, name).spec)
        except PayloadError as error:
            return None, True, str(error)
        return size, exact, ""
    if load.changes:
        return None, False, load.changes
    if not form.batches and load.images > 1:
        return None, False, "holds one image"
    if form.content_type.startswith("image/"):
        return load.file_bytes, True, ""
    return 4 * (load.file_bytes + 2 * load.images) // 3 + _AROUND * load.images, False, ""


def _as(route: RequestTarget, name: str) -> RequestTarget:
    return replace(route, spec=replace(route.spec, payload={**route.spec.payload, "envelope": name}))
