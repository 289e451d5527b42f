"""The framings worth trying: how photographs get a model's size in practice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.sizes import resized_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    FramingStep = Mapping[str, Mapping[str, object]]
    """A step in the spec language: its name with its parameters."""

__all__ = [
    "KINDS",
    "SHARES",
    "Framing",
    "FramingChoice",
    "Size",
    "Zoom",
    "framings",
    "kind_of",
    "nearby",
    "probed_edges",
    "probes",
    "variants",
]

Size = tuple[int, int]


@frozen
class Zoom:
    """The edge in pixels of a framing that has neighbors, and how the framing looks with another one."""

    edge: int
    near: Callable[[int, Size], Iterable[Framing]]
    """The framings of another edge for a tensor of this size."""
    every: Callable[[int, Size], Iterable[Framing]]
    """Those of one edge in every rounding that libraries have."""


@frozen
class Framing:
    """One framing from an image's size to the tensor's, in the spec language, without the library of its resizes."""

    kind: str
    """One of ``KINDS``; framings of one kind that show the same part of the image are one."""
    spec_steps: tuple[FramingStep, ...]
    libraries: tuple[str, ...] = ()
    """Only with the arithmetic of these; empty: with any."""
    zoom: Zoom | None = None
    """Its neighbors, where it has some."""

    def rank(self, size: Size) -> tuple[int, int]:
        """How usual it is for a tensor of this size: less is more."""
        first = "edge" if size[0] != size[1] else ""
        if self.known:
            return -2, 0
        return -1 if self.kind == first else list(KINDS).index(self.kind), len(self.spec_steps)

    known: bool = False
    """The spec's own: reported first among equals."""

    @property
    def resizes(self) -> bool:
        """Whether any arithmetic is at work."""
        return any("resize" in step for step in self.spec_steps)


class FramingChoice(Protocol):
    """Which framings are tried."""

    def __call__(self, source: Size, size: Size, *, inner: Size | None) -> Iterable[Framing]:
        """For an image of ``source`` and a tensor of ``size`` (height, width); inner: see ``framings``."""
        ...


KINDS = {
    "none": "unchanged",
    "stretch": "without regard to the aspect ratio",
    "edge": "at a size that a rule derives from one edge",
    "crop": "so that the shorter edge fits or is cut, then the middle is cut out",
    "frame": "complete, with a border around it",
    "cut": "the middle is cut out, then resized",
    "fit": "the part of the tensor's aspect ratio, resized",
    "squash": "stretched to more than the tensor's size, then cut",
    "window": "cut or framed at its own size",
    "blob": "by OpenCV's factor for covering, then cut",
}
"""The usual ones first."""
SHARES = (0.875, 0.9, 0.95, 0.96, 0.965, 1.0, 0.94, 0.93, 0.92, 0.85, 0.8, 0.75, 0.7)
"""Usual shares of an image that survive a crop, called crop_pct by timm; 0.875 is 224 of 256."""
_VIDEO = ((128, 171), (256, 341))
"""Sizes that torchvision's presets for video stretch every frame to before they cut its middle out."""
_POSITIONS = ("center", "top_left", "bottom_right", "top_right", "bottom_left")
_ROUNDINGS = ("floor", "round", "half_up")
_MOST_ZOOM = 2.0
_PROBE = 1.025
"""Edges are probed in steps of 2.5 %: at half a step, the border of the image is off by 0.6 % of its length."""


def framings(source: Size, size: Size, *, inner: Size | None) -> Iterator[Framing]:
    """For an image of ``source`` (height, width) and a tensor of ``size``.

    inner: height and width of what is inside the border of one color that the tensor has; None: it has none.
    """
    yield _full_image(source, size)
    yield from _edges(source, size)
    yield from (_crop_edge(edge, size) for edge in probed_edges(min(size)))
    yield from (item for edge in probed_edges(min(size)) for item in _nearly_squashed(edge, size))
    for full in _VIDEO:
        if full[0] > size[0] and full[1] > size[1]:
            yield Framing(kind="squash", spec_steps=(_resize(size=list(full)), _crop(size)))
    yield from _fits(source, size)
    yield from _covers(size)
    if source != size:
        yield from _windows(size)
    if inner is not None:
        yield from _squares(source, size)
        yield from _frames(size)
        yield from _stretched_frames(size, inner)
        for length in set(inner):  # a crop larger than the image
            for edge in range(max(length - 2, 1), length + 3):
                yield from _either_side(edge, size)


def _full_image(source: Size, size: Size) -> Framing:
    """The whole image, stretched where its size is another."""
    if source == size:
        return Framing(kind="none", spec_steps=())
    return Framing(kind="stretch", spec_steps=(_resize(size=list(size)),))


def nearby(framing: Framing, size: Size) -> Iterator[Framing]:
    """The framings that a probe represents: the edges near its edge."""
    if framing.zoom is None:
        yield framing
        return
    edge = framing.zoom.edge
    reach = max(round(edge * (_PROBE - 1) / 2) + 1, 2)
    for near in range(max(edge - reach, 1), edge + reach + 1):
        yield from framing.zoom.near(near, size)


def variants(framing: Framing, size: Size) -> Iterator[Framing]:
    """The framing with every rounding that libraries have, its own first."""
    yield framing
    if framing.zoom is not None:
        yield from framing.zoom.every(framing.zoom.edge, size)


def kind_of(spec_steps: Sequence[FramingStep]) -> str:
    """The kind of steps in the spec language, one of ``KINDS``."""
    names = [name for step in spec_steps for name in step]
    mode = next((step["resize"]["mode"] for step in spec_steps if "resize" in step), "")
    if "pad" in names or mode == "letterbox":
        return "frame"
    if not mode:
        return "window" if names else "none"
    if names[0] == "crop":
        return "fit" if "aspect" in spec_steps[0]["crop"] else "cut"
    if len(names) == 1:
        return "stretch" if mode == "stretch" else "edge"
    return "squash" if mode == "stretch" else "crop"


def _resize(mode: str = "stretch", **params: object) -> FramingStep:
    return {"resize": {"mode": mode, **params}}


def _crop(size: Size, rounding: str = "round", **more: object) -> FramingStep:
    return {"crop": {"size": list(size), "rounding": rounding, **more}}


def probed_edges(least: int) -> Iterator[int]:
    """Edges from ``least`` up: the usual ones and enough between."""
    usual = {int(least / share) for share in SHARES}
    edge = float(least)
    while edge <= least * _MOST_ZOOM:
        usual.add(round(edge))
        edge *= _PROBE
    yield from sorted(usual)


def _crop_edge(edge: int, size: Size, rounding: str = "floor", cut: str = "round", **more: object) -> Framing:
    resize = _resize("shortest_edge", size=edge, rounding=rounding)
    zoom = Zoom(edge=edge, near=_either_side, every=_cropped_in_every_rounding)
    return Framing(kind="crop", spec_steps=(resize, _crop(size, cut, **more)), zoom=zoom)


def _cropped_in_every_rounding(edge: int, size: Size) -> Iterator[Framing]:
    for rounding in _ROUNDINGS:
        yield from (_crop_edge(edge, size, rounding, cut) for cut in ("round", "floor"))
        if edge < max(size):  # what is missing is added on one side or the other
            yield from (_crop_edge(edge, size, rounding, "floor", pad_side=side) for side in ("after", "before"))


def _either_side(edge: int, size: Size) -> Iterator[Framing]:
    """Cropped, an odd missing pixel being added behind the image, or before it."""
    yield _crop_edge(edge, size)
    if edge < max(size):
        yield _crop_edge(edge, size, "floor", "floor", pad_side="before")


def _squash(edge: int, size: Size, rounding: str = "round") -> Framing:
    """Stretched to more than the tensor's size, then cut: timm's ``squash``, DeiT's processor."""
    full = [int(side * edge / min(size)) for side in size]
    zoom = Zoom(edge=edge, near=_nearly_squashed, every=_squashed_in_every_rounding)
    return Framing(kind="squash", spec_steps=(_resize(size=full), _crop(size, rounding)), zoom=zoom)


def _nearly_squashed(edge: int, size: Size) -> Iterator[Framing]:
    if edge > min(size):
        yield _squash(edge, size)


def _squashed_in_every_rounding(edge: int, size: Size) -> Iterator[Framing]:
    yield _squash(edge, size, "floor")


def _edges(source: Size, size: Size) -> Iterator[Framing]:
    """The whole image, its aspect ratio kept: the tensor has the size that a rule derives."""
    height, width = source
    tries: Iterable[tuple[str, int, dict[str, int]]] = (
        ("shortest_edge", min(size), {}),
        ("longest_edge", max(size), {}),
        ("shortest_edge", 800, {"max_size": 1333}),
    )
    for mode, edge, limit in tries:
        for rounding in (*_ROUNDINGS, *(("detr",) if limit else ())):
            new = resized_size(
                mode=mode, size=edge, max_size=limit.get("max_size"), rounding=rounding, height=height, width=width
            )
            if new == size != source:
                yield Framing(kind="edge", spec_steps=(_resize(mode, size=edge, **limit, rounding=rounding),))


def _fits(source: Size, size: Size) -> Iterator[Framing]:
    """Cut first, then resized."""
    last = _resize(size=list(size))
    for rounding in ("none", "floor", "round"):
        libraries = ("pillow", "pillow-12") if rounding == "none" else ()
        cut = {"crop": {"aspect": list(size), "rounding": rounding}}
        yield Framing(kind="fit", spec_steps=(cut, last), libraries=libraries)
    for rounding in ("floor", "ceil", "round"):
        for share in (1.0, *SHARES):
            if source[0] != source[1] or share < 1:
                yield Framing(kind="cut", spec_steps=({"crop": {"square": share, "rounding": rounding}}, last))
        for share in SHARES:
            if share < 1:
                yield Framing(kind="cut", spec_steps=({"crop": {"fraction": share, "rounding": rounding}}, last))


def _covers(size: Size) -> Iterator[Framing]:
    """Over the whole of the tensor and beyond: blobFromImage, timm's ResizeKeepRatio."""
    for cut in ("floor", "round"):
        blob = (_resize("cover", size=list(size), rounding="round"), _crop(size, cut))
        yield Framing(kind="blob", spec_steps=blob, libraries=("opencv",))
    others = ("pillow", "pillow-12", "torch", "tensorflow")
    for share in SHARES if size[0] != size[1] else ():  # a square is covered by its shorter edge
        full = [int(side / share) for side in size]
        for rounding in ("round", "floor"):
            for cut in ("round", "floor"):
                spec_steps = (_resize("cover", size=full, rounding=rounding), _crop(size, cut))
                yield Framing(kind="crop", spec_steps=spec_steps, libraries=others)


def _windows(size: Size) -> Iterator[Framing]:
    """Cut or framed at its own size."""
    for rounding in ("round", "floor"):
        for side in ("after", "before"):
            yield Framing(kind="window", spec_steps=(_crop(size, rounding, pad_side=side),))


def _squares(source: Size, size: Size) -> Iterator[Framing]:
    """Padded to a square, then resized: LLaVA's expand2square, copyMakeBorder before a resize."""
    if source[0] != source[1]:
        for position in ("center", "top_left", "bottom_right"):
            square = {"pad": {"square": True, "position": position}}
            yield Framing(kind="frame", spec_steps=(square, _resize(size=list(size))))


def _frames(size: Size) -> Iterator[Framing]:
    """The whole image with a border of one color, which is read from the tensor."""
    for library in ("opencv", "pillow", "pillow-12", "tensorflow", "torch"):
        yield Framing(kind="frame", spec_steps=(_resize("letterbox", size=list(size)),), libraries=(library,))
        for multiple in (32, 64, 128):
            box = _resize("letterbox", size=[max(size)] * 2, multiple_of=multiple)
            yield Framing(kind="frame", spec_steps=(box,), libraries=(library,))
    for rounding in _ROUNDINGS:
        yield from _pad_framings(size, rounding)
    for share in SHARES:
        if share < 1:  # timm's crop_mode border
            edge = _resize("longest_edge", size=int(max(size) / share), rounding="round")
            pad = {"pad": {"size": list(size), "position": "center"}}
            yield Framing(kind="frame", spec_steps=(edge, pad, _crop(size)))


def _pad_framings(size: Size, rounding: str) -> Iterator[Framing]:
    """The image in its own size or the largest that fits into the tensor, in the middle or in a corner."""
    for position in _POSITIONS:
        pad = {"pad": {"size": list(size), "position": position}}
        edge = _resize("longest_edge", size=list(size), rounding=rounding)
        yield Framing(kind="frame", spec_steps=(edge, pad))
        yield Framing(kind="frame", spec_steps=(pad,))


def _stretched_frames(size: Size, inner: Size) -> Iterator[Framing]:
    """The image stretched to what is inside the border, a size that no rule derives."""
    for position in _POSITIONS:
        pad = {"pad": {"size": list(size), "position": position}}
        yield Framing(kind="frame", spec_steps=(_resize(size=list(inner)), pad))


def probes(source: Size, size: Size, *, inner: Size | None) -> Iterator[Framing]:
    """A few of ``framings``, which together resemble all of them: enough to distinguish orientations."""
    yield _full_image(source, size)
    for zoom in (1.0, 1.07, 1.143, 1.3, 1.6):
        yield _crop_edge(round(min(size) * zoom), size)
    yield Framing(
        kind="fit", spec_steps=({"crop": {"aspect": list(size), "rounding": "floor"}}, _resize(size=list(size)))
    )
    if source != size:
        yield from _windows(size)
    if inner is not None:
        yield from _squares(source, size)
        yield from _pad_framings(size, "round")
        yield from _stretched_frames(size, inner)
        for library in ("pillow", "opencv", "tensorflow"):  # in the middle, but each rounds it in its own way
            yield Framing(kind="frame", spec_steps=(_resize("letterbox", size=list(size)),), libraries=(library,))
        for length in sorted(set(inner)):
            yield from _either_side(length, size)
