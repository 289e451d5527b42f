"""Layout of a drawing: panels with captions, a title and notes, as a PNG."""

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
_MOST_LINES = 8  # of one caption or note, after wrapping
_BACKGROUND, _FOREGROUND, _FRAME = (255, 255, 255), (24, 24, 28), (150, 150, 155)
_TONES = {"": _FOREGROUND, "error": (176, 0, 24), "warning": (150, 84, 0), "notice": (84, 84, 92)}


@frozen
class _Block:
    """Wrapped lines of text, and their position on the canvas."""

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

    A large picture is reduced to 512 pixels on its longer edge; a small picture is enlarged by an integer factor
    without interpolation. Text is drawn in ASCII; other characters are escaped.
    """
    pictures = [_resize(panel.pixels) for panel in panels]
    widths = [max(picture.width, _NARROWEST) for picture in pictures]
    lefts = [_MARGIN + sum(widths[:number]) + number * _GAP for number in range(len(widths))]
    width = lefts[-1] + widths[-1] + _MARGIN
    blocks = list(_stack(((text, "", not number) for number, text in enumerate(title)), _MARGIN, _MARGIN, width))
    top = _below(blocks, _MARGIN)
    captions: list[_Block] = []
    for panel, picture, left, room in zip(panels, pictures, lefts, widths, strict=True):
        texts = [(panel.heading, "", True), *((line, "", False) for line in panel.lines)]
        captions += _stack(texts, left, top + picture.height + 8, left + room + _MARGIN)
    blocks += captions
    below = max(block.bottom for block in captions) + _GAP
    blocks += _stack(((note.text, note.tone, False) for note in notes), _MARGIN, below, width)
    canvas = Image.new("RGB", (width, max(block.bottom for block in blocks) + _MARGIN), _BACKGROUND)
    _paste(canvas, pictures, lefts, top)
    _write(canvas, blocks)
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def _below(blocks: list[_Block], top: int) -> int:
    return max((block.bottom for block in blocks), default=top - 12) + 12


def _resize(pixels: np.ndarray) -> Image.Image:
    """Resize a picture so that its longer edge is at most ``LARGEST``: averaged, or enlarged by an integer factor."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    longest = max(image.size)
    if longest > LARGEST:
        size = tuple(max(1, round(edge * LARGEST / longest)) for edge in image.size)
        return image.resize((size[0], size[1]), Image.Resampling.BOX)
    factor = LARGEST // longest
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def _paste(canvas: Image.Image, pictures: list[Image.Image], lefts: list[int], top: int) -> None:
    draw = ImageDraw.Draw(canvas)
    for picture, left in zip(pictures, lefts, strict=True):
        canvas.paste(picture, (left, top))
        draw.rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=_FRAME)


def _write(canvas: Image.Image, blocks: list[_Block]) -> None:
    draw = ImageDraw.Draw(canvas)
    for block in blocks:
        for number, line in enumerate(block.lines):
            at = (block.left, block.top + number * _spacing(heading=block.heading))
            draw.text(at, line, fill=_TONES.get(block.tone, _FOREGROUND), font=_font(heading=block.heading))


def _stack(texts: Iterable[tuple[str, str, bool]], left: int, top: int, right: int) -> Iterator[_Block]:
    """Stack texts from ``top`` down, between ``left`` and the margin; each has a tone, and is a heading or not."""
    for text, tone, heading in texts:
        lines = _truncate_lines(
            list(islice(_wrap(_plain(text), right - _MARGIN - left, heading=heading), _MOST_LINES + 1))
        )
        block = _Block(lines=lines, left=left, top=top, tone=tone, heading=heading)
        yield block
        top = block.bottom + 2


def _truncate_lines(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][:-4]} ...")


def _wrap(text: str, room: int, *, heading: bool) -> Iterator[str]:
    """Wrap a text to lines of at most ``room`` pixels, at spaces and within a word that is too long."""
    font, line = _font(heading=heading), ""
    for word in text.split(" "):
        rest = f"{line} {word}" if line else word
        while font.getlength(rest) > room:
            if line:
                yield line
                line, rest = "", word
            else:
                cut = _count_fitting(rest, room, heading=heading)
                yield rest[:cut]
                rest = rest[cut:]
        line = rest
    yield line


def _count_fitting(word: str, room: int, *, heading: bool) -> int:
    """Count the characters of a word that fit: at least 1."""
    font, fitting = _font(heading=heading), 1
    while fitting < len(word) and font.getlength(word[: fitting + 1]) <= room:
        fitting += 1
    return fitting


def _plain(text: str) -> str:
    """Escape characters that the font does not have, and limit the text to 2000 characters."""
    return for_terminal(text[:2000]).encode("ascii", "backslashreplace").decode("ascii")


def _spacing(*, heading: bool) -> int:
    return (_HEADING if heading else _TEXT) + 5


@cache
def _font(*, heading: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's default font; smaller if Pillow has no FreeType."""
    try:
        return ImageFont.load_default(_HEADING if heading else _TEXT)
    except ImportError:
        return ImageFont.load_default()
