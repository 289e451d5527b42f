"""What a spec's decode policy refuses, in one place: for the checks, for ``process`` and for the generated handler."""

from __future__ import annotations

from sm_imgcheck.model import Decode, Header

__all__ = ["refusals"]


def refusals(header: Header, decode: Decode, *, channel_order: str) -> list[tuple[str, str]]:
    """What the policy refuses of an image: the key of ``decode`` that says so, and what the image is, as a clause.

    ``channel_order`` is the contract's: alpha is welcome where the model takes it, gray where the model is gray.
    Empty: the image may be used.
    """
    found = [
        ("exif", decode.exif == "reject" and header.orientation != 1, f"is stored turned (EXIF {header.orientation})"),
        ("icc", decode.icc == "reject" and bool(header.icc_problem), f"has a broken profile: {header.icc_problem}"),
        ("icc", decode.icc == "reject" and header.wide_gamut, f"has the colour profile {header.icc!r}, which is not sRGB"),
        ("cmyk", decode.cmyk == "reject" and header.mode == "CMYK", "is coded in CMYK inks"),
        ("gray", decode.gray == "reject" and header.mode in ("L", "LA") and channel_order != "GRAY", "is gray"),
        ("alpha", decode.alpha == "reject" and header.mode in ("LA", "RGBA") and "A" not in channel_order[3:], "has alpha"),
        ("bit_depth", header.bits > 16, f"has {header.bits} bits a sample, which have no agreed white"),
        ("bit_depth", decode.bit_depth == "reject" and 8 < header.bits <= 16, f"has {header.bits} bits a sample"),
    ]
    return [(key, clause) for key, refused, clause in found if refused]
