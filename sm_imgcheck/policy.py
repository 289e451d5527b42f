"""What a spec's decode policy refuses, in one place: for the checks, for the planner and for the generated handler."""

from __future__ import annotations

from sm_imgcheck.model import Decode, Header

__all__ = ["refusals"]


def refusals(header: Header, decode: Decode, *, channel_order: str) -> list[tuple[str, str]]:
    """What the policy refuses of an image: the code of the check that reports it, and what the image is, as a clause.

    Alpha is welcome where the model takes it, gray where the model is gray. Empty: the image may be used.
    """
    deep = header.bits > 16 or (header.bits > 8 and decode.bit_depth == "reject")
    veiled = header.mode in ("LA", "RGBA") and channel_order not in ("RGBA", "BGRA")
    found = (
        ("SRC131", decode.exif == "reject" and header.orientation != 1, f"is stored turned (EXIF {header.orientation})"),
        ("SRC133", decode.icc == "reject" and header.icc_problem != "", f"has a broken profile ({header.icc_problem})"),
        ("SRC134", decode.icc == "reject" and header.wide_gamut, f"has the profile {header.icc!r}, which is not sRGB"),
        ("SRC135", decode.cmyk == "reject" and header.mode == "CMYK", "is coded in CMYK inks"),
        ("SRC136", decode.gray == "reject" and header.mode in ("L", "LA") and channel_order != "GRAY", "is gray"),
        ("SRC137", decode.alpha == "reject" and veiled, "has alpha"),
        ("SRC138", deep, f"has {header.bits} bits a sample"),
    )
    return [(code, clause) for code, refused, clause in found if refused]
