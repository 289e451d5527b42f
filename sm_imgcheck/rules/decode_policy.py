"""What a spec's decode policy refuses, in one place: for the checks, for the planner and for the generated handler.

And how far reading goes where the checks have to know it.
"""

from __future__ import annotations

from sm_imgcheck.core.types import Decode, Header

__all__ = ["MOST_FRAMES", "refusals"]

MOST_FRAMES = 10_000
"""Pictures of one file are counted no further: it takes time, and the first alone is used."""


def refusals(header: Header, decode: Decode, *, channel_order: str) -> list[tuple[str, str]]:
    """What the policy refuses of an image: the key of ``decode`` that does it, and what the image is, as a clause.

    Alpha is welcome where the model takes it, gray where the model is gray; samples of 32 bits are refused whatever the
    policy says. Empty: the image may be used.
    """
    deep = 8 < header.bits <= 16 and decode.bit_depth == "reject"
    veiled = header.mode in ("LA", "RGBA") and channel_order not in ("RGBA", "BGRA")
    found = (
        ("exif", decode.exif == "reject" and header.orientation != 1, f"is stored turned (EXIF {header.orientation})"),
        ("icc", decode.icc == "reject" and header.icc_problem != "", f"has a broken profile ({header.icc_problem})"),
        ("icc", decode.icc == "reject" and header.wide_gamut, f"has the profile {header.icc!r}, which is not sRGB"),
        ("cmyk", decode.cmyk == "reject" and header.mode == "CMYK", "is coded in CMYK inks"),
        ("gray", decode.gray == "reject" and header.mode in ("L", "LA") and channel_order != "GRAY", "is gray"),
        ("alpha", decode.alpha == "reject" and veiled, "has alpha"),
        ("bit_depth", deep, f"has {header.bits} bits a sample"),
    )
    made = [(key, f"{clause}, which decode.{key}: reject refuses") for key, refused, clause in found if refused]
    if header.bits > 16:
        made.append(("bit_depth", f"has {header.bits} bits a sample, and nothing says which value is white"))
    return made
