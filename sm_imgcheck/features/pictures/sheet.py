"""Pictures of tensors: numbers turned back into gray levels, and sheets of captioned panels as PNG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import islice

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.pictures.panels import Panel, SheetLine

__all__ = ["LARGEST", "sheet"]

LARGEST = 512
"""Longest edge of a panel, in pixels."""
_NARROWEST = 256  # so that a caption has room below a small panel
_MARGIN, _GAP = 24, 20
_TEXT, _HEADING = 15, 19  # sizes of the font, in pixels
_MOST_LINES = 8  # of one caption or note, once it is broken into lines
_PAPER, _INK, _FRAME = (255, 255, 255), (24, 24, 28), (150, 150, 155)
_TONES = {"": _INK, "error": (176, 0, 24), "warning": (150, 84, 0), "notice": (84, 84, 92)}


@frozen
class _Block:
    """Text that is broken into lines, and where it goes."""

    lines: tuple[str, ...]
    left: int
    top: int
    tone: str = ""
    heading: bool = False

    @property
    def bottom(self) -> int:
        return self.top + len(self.lines) * _spacing(heading=self.heading)


def sheet(panels: Sequence[Panel], *, title: Sequence[str] = (), notes: Sequence[SheetLine] = ()) -> bytes:
    """Draw the panels in a row, ``title`` above them and ``notes`` below, as the bytes of a PNG.

    A large picture is shrunk until its longer edge is 512 pixels; a small one is enlarged by a whole factor, each of
    its pixels a square. Text is drawn in ASCII, everything else escaped.
    """
    pictures = [_fitted(panel.pixels) for panel in panels]
    widths = [max(picture.width, _NARROWEST) for picture in pictures]
    lefts = [_MARGIN + sum(widths[:number]) + number * _GAP for number in range(len(widths))]
    width = lefts[-1] + widths[-1] + _MARGIN
    blocks = list(_stacked(((text, "", not number) for number, text in enumerate(title)), _MARGIN, _MARGIN, width))
    top = _below(blocks, _MARGIN)
    captions: list[_Block] = []
    for panel, picture, left, room in zip(panels, pictures, lefts, widths, strict=True):
        texts = [(panel.heading, "", True), *((line, "", False) for line in panel.lines)]
        captions += _stacked(texts, left, top + picture.height + 8, left + room + _MARGIN)
    blocks += captions
    below = max(block.bottom for block in captions) + _GAP
    blocks += _stacked(((note.text, note.tone, False) for note in notes), _MARGIN, below, width)
    canvas = Image.new("RGB", (width, max(block.bottom for block in blocks) + _MARGIN), _PAPER)
    _place(canvas, pictures, lefts, top)
    _write(canvas, blocks)
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def _below(blocks: list[_Block], top: int) -> int:
    return max((block.bottom for block in blocks), default=top - 12) + 12


def _fitted(pixels: np.ndarray) -> Image.Image:
    """A picture whose longer edge is at most ``LARGEST``: shrunk by averaging, or enlarged by a whole factor."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    longest = max(image.size)
    if longest > LARGEST:
        size = tuple(max(1, round(edge * LARGEST / longest)) for edge in image.size)
        return image.resize((size[0], size[1]), Image.Resampling.BOX)
    factor = LARGEST // longest
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def _place(canvas: Image.Image, pictures: list[Image.Image], lefts: list[int], top: int) -> None:
    draw = ImageDraw.Draw(canvas)
    for picture, left in zip(pictures, lefts, strict=True):
        canvas.paste(picture, (left, top))
        draw.rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=_FRAME)


def _write(canvas: Image.Image, blocks: list[_Block]) -> None:
    draw = ImageDraw.Draw(canvas)
    for block in blocks:
        for number, line in enumerate(block.lines):
            at = (block.left, block.top + number * _spacing(heading=block.heading))
            draw.text(at, line, fill=_TONES.get(block.tone, _INK), font=_font(heading=block.heading))


def _stacked(texts: Iterable[tuple[str, str, bool]], left: int, top: int, right: int) -> Iterator[_Block]:
    """Texts, each with its tone and whether it is a heading, under one another between ``left`` and the margin."""
    for text, tone, heading in texts:
        lines = _clipped(list(islice(_broken(_plain(text), right - _MARGIN - left, heading=heading), _MOST_LINES + 1)))
        block = _Block(lines=lines, left=left, top=top, tone=tone, heading=heading)
        yield block
        top = block.bottom + 2


def _clipped(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][:-4]} ...")


def _broken(text: str, room: int, *, heading: bool) -> Iterator[str]:
    """A text in lines of at most ``room`` pixels: broken at its spaces, and within a word that is too long."""
    font, line = _font(heading=heading), ""
    for word in text.split(" "):
        rest = f"{line} {word}" if line else word
        while font.getlength(rest) > room:
            if line:
                yield line
                line, rest = "", word
            else:
                cut = _fits(rest, room, heading=heading)
                yield rest[:cut]
                rest = rest[cut:]
        line = rest
    yield line


def _fits(word: str, room: int, *, heading: bool) -> int:
    """How many characters of a word fit: at least one."""
    font, fitting = _font(heading=heading), 1
    while fitting < len(word) and font.getlength(word[: fitting + 1]) <= room:
        fitting += 1
    return fitting


def _plain(text: str) -> str:
    """Text in the characters that the font has; nothing that is longer than any caption."""
    return for_terminal(text[:2000]).encode("ascii", "backslashreplace").decode("ascii")


def _spacing(*, heading: bool) -> int:
    return (_HEADING if heading else _TEXT) + 5


@cache
def _font(*, heading: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font; a Pillow without FreeType has a smaller one."""
    try:
        return ImageFont.load_default(_HEADING if heading else _TEXT)
    except ImportError:
        return ImageFont.load_default()
