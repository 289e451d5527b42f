"""The header of a PBM, PGM or PPM image (https://netpbm.sourceforge.net/doc), as Pillow's PpmImagePlugin reads it."""

from __future__ import annotations

import re

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import percentage

__all__ = ["USUAL_WHITE", "check_netpbm", "netpbm_header"]

# A number after spaces and comments; Pillow reads ten digits at most.
NUMBER = rb"(?:\s|#[^\r\n]*[\r\n])+([0-9]{1,10})(?=[\s#])"
BITMAP = re.compile(rb"P[14](?=\s)" + NUMBER + NUMBER)
PIXMAP = re.compile(rb"P[2356](?=\s)" + NUMBER + NUMBER + NUMBER)
# Bytes of a header with its comments: the expression keeps 120 bytes for each space.
LONGEST_HEADER = 65_536
BYTE, WORD = 255, 65_535
# Bitmaps, 8 and 16 bits.
USUAL_WHITE = (0, BYTE, WORD)
# Pillow decodes decimal numbers, and samples of other than 8 bits, in gray 16, in Python, some millions a second.
MOST_SLOW_SAMPLES = 50_000_000


@frozen
class NetpbmHeader:
    """What the header declares, and where the pixels begin."""

    plain: bool
    """Whether samples are decimal numbers, not bytes."""
    channels: int
    height: int
    width: int
    white: int
    """The sample of white; 0: a bitmap, one bit per pixel."""
    start: int

    @property
    def bits(self) -> int:
        """Bits per sample."""
        return (16 if self.white > BYTE else 8) if self.white else 1

    @property
    def needed_bytes(self) -> int:
        """The fewest bytes that hold the pixels: a decimal number has a digit and, except in bitmaps, a space."""
        samples = self.height * self.width * self.channels
        if self.plain:
            return 2 * samples - 1 if self.white else samples
        return samples * (self.bits // 8) if self.white else self.height * -(-self.width // 8)


def netpbm_header(body: bytes) -> NetpbmHeader | None:
    """Read the header; None for other content."""
    match = BITMAP.match(body, 0, LONGEST_HEADER) or PIXMAP.match(body, 0, LONGEST_HEADER)
    if match is None:
        return None
    kind = int(body[1:2])
    width, height, *white = map(int, match.groups())
    return NetpbmHeader(
        plain=kind < 4,  # P1 to P3
        channels=3 if kind in (3, 6) else 1,
        height=height,
        width=width,
        white=white[0] if white else 0,
        start=match.end() + 1,
    )


def check_netpbm(body: bytes) -> None:
    """Compare the pixels with the file's bytes, before room is made for them. Raises CandidateError."""
    header = netpbm_header(body)
    if header is None or header.white > WORD:
        raise CandidateError("SRC112", f"Netpbm header: expected a number for white up to {WORD}")
    size = f"{header.height}x{header.width} (HxW)"
    missing = 1 - (len(body) - header.start) / max(1, header.needed_bytes)
    if missing > 0:
        clause = f"truncated: {percentage(missing)} of the pixels of {size} are missing"
        raise CandidateError("SRC111" if missing > 1 / 2 else "SRC110", clause)
    is_slow = header.plain or header.white not in (0, BYTE, *[WORD] * (header.channels == 1))
    if is_slow and header.height * header.width * header.channels > MOST_SLOW_SAMPLES:
        raise CandidateError(
            "SRC120", f"Netpbm: got {size} in decimal numbers or unusual depth; too much work to decode"
        )
