"""A JPEG decoded at 1/2, 1/4 or 1/8 of its size: Pillow's ``draft`` and ``thumbnail``, OpenCV's IMREAD_REDUCED."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.placement import SourceImage
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_REDUCTIONS = (2, 4, 8)
_LEAST = 16
"""Pixels of the shorter side of what a reduced decode gives."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    header = evidence.source.header
    if header.format != "JPEG":
        return
    for reduction in _REDUCTIONS:
        if min(header.height, header.width) >= _LEAST * reduction:
            source = _reduce_source(evidence.source, reduction)
            framings = {
                (guess.place.framing.kind, guess.part): guess.place.framing for guess in reversed(evidence.guesses)
            }
            search = replace(evidence.again(evidence.guesses[0], choice=only(*framings.values())), source=source)
            yield search
            whole = [
                framing for framing in framings.values() if framing.spec_steps and "resize" in framing.spec_steps[0]
            ]
            if whole and (header.height % reduction or header.width % reduction):
                yield replace(search, choice=only(*whole), families=tuple(_thumbnails(evidence, reduction)))


def _thumbnails(evidence: Evidence, reduction: int) -> Iterator[KernelFamily]:
    """``Image.thumbnail`` samples the exact part of the file's size, which ends between pixels."""
    header, orientation = evidence.source.header, evidence.guesses[0].place.view.orientation
    box = header.height / reduction, header.width / reduction
    for family in FAMILIES:
        pillow = next(
            (member for member in family.members if member.library == "pillow" and member.dtype == "uint8"), None
        )
        if pillow is not None and pillow.interpolation != "nearest":
            part = box if orientation < _QUARTER else box[::-1]
            yield KernelFamily(members=(replace(pillow, reducing_gap=_GAP, box=part),))


_GAP = 2.0
"""The default of ``Image.thumbnail``."""
_QUARTER = 5
"""EXIF orientations from this one on swap height and width."""


def _reduce_source(source: SourceImage, reduction: int) -> SourceImage:
    header = source.header
    smaller = replace(header, height=-(-header.height // reduction), width=-(-header.width // reduction))
    return replace(source, header=smaller, preparation=replace(source.preparation, reduction=reduction))


MISTAKE = Mistake(title="a decode at a reduced size", rank=10, distance=(0.1, 12.0), searches=_searches)
