"""An image candidate from its bytes."""

from __future__ import annotations

from typing import Literal

from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Candidate, Decode
from sm_imgcheck.pixels.content import image_format
from sm_imgcheck.pixels.decode import hear
from sm_imgcheck.pixels.look import look

__all__ = ["image_candidate"]


def image_candidate(body: bytes, path: str, decode: Decode, *, headers_only: bool, gray: bool) -> Candidate:
    """Look at the header, then decode, keeping what each has shown. Never raises."""
    header = pixels = problem = None
    try:
        header = look(body, max_pixels=decode.max_pixels)
        if not headers_only:
            icc = "srgb" if decode.icc == "srgb" else "ignore"
            pixels, header = hear(body, header, dct=decode.dct, gray=gray, truncated=decode.truncated, icc=icc)
    except CandidateError as found:
        problem = (found.code, found.problem)
    except MemoryError:
        problem = ("SRC120", "needs more memory than there is")
    kind: Literal["image", "unknown"] = "image" if header is not None or image_format(body) else "unknown"
    return Candidate(path=path, kind=kind, header=header, problem=problem, data=body, pixels=pixels)
