"""How large a body would be in every form, and which of them fit; nothing is encoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.requests import Bound, RequestTarget, bounds, forms
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope

__all__ = ["Load", "Size", "cheapest", "sizes"]

_AROUND = 40
"""Bytes of JSON around each picture in base64, at most."""


@frozen
class Load:
    """What a body is to carry."""

    shape: tuple[int, ...]
    """Of the tensor."""
    dtype: str
    images: int = 1
    picture: int = 0
    """Bytes of the image files."""
    changes: str = ""
    """Why the picture would have another size, or that there is none."""


@frozen
class Size:
    """One form of the body."""

    envelope: str
    content_type: str
    bytes: int | None
    """None: nobody knows before it is encoded."""
    exact: bool
    """False: at most so many."""
    tensor: bool
    """Whether it carries the tensor; otherwise the encoded picture, which the handler has to turn into the tensor."""
    taken: bool
    """Whether the spec's stack takes it; with no stack, whether nothing speaks against it."""
    note: str = ""
    over: tuple[Bound, ...] = ()
    """The limits that it breaks; of one that is not exact, may break."""


def sizes(route: RequestTarget, load: Load) -> Iterator[Size]:
    """Every form of one body, by name."""
    found, goes = bounds(route), forms(route.stack)
    for name in ENVELOPES.names():
        form = ENVELOPES[name]
        size, exact, note = _size(name, route, load)
        yield Size(
            envelope=name,
            content_type=form.content_type,
            bytes=size,
            exact=exact,
            tensor=isinstance(form, TensorEnvelope),
            taken=name in goes,
            note=note,
            over=tuple(one for one in found if size is not None and size > one.bytes),
        )


def cheapest(rows: tuple[Size, ...]) -> Size | None:
    """The smallest form of the tensor that the stack takes and every limit lets through."""
    fitting = [row for row in rows if row.taken and row.tensor and row.bytes is not None and not row.note]
    sure = [row for row in fitting if not any(one.severity == "error" for one in row.over)]
    return min(sure, key=lambda row: (bool(row.over), row.bytes), default=None)


def _size(name: str, route: RequestTarget, load: Load) -> tuple[int | None, bool, str]:
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
        return None, False, "takes one image"
    if form.content_type.startswith("image/"):
        return load.picture, True, ""
    return 4 * (load.picture + 2 * load.images) // 3 + _AROUND * load.images, False, ""


def _as(route: RequestTarget, name: str) -> RequestTarget:
    return replace(route, spec=replace(route.spec, payload={**route.spec.payload, "envelope": name}))
