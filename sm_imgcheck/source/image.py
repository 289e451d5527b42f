"""An image candidate from its bytes."""

from __future__ import annotations

from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Candidate, Decode
from sm_imgcheck.pixels.content import image_format
from sm_imgcheck.pixels.decode import hear
from sm_imgcheck.pixels.look import look
from sm_imgcheck.value import changed

__all__ = ["image_candidate"]


def image_candidate(body: bytes, path: str, decode: Decode, *, headers_only: bool, gray: bool) -> Candidate:
    """Look at the header, then decode, keeping what each has shown. Never raises."""
    seen = Candidate(path=path, kind="image" if image_format(body) else "unknown", data=body)
    try:
        header = look(body, max_pixels=decode.max_pixels)
        seen = changed(seen, header=header)
        if headers_only:
            return seen
        icc = "srgb" if decode.icc == "srgb" else "ignore"
        pixels, header = hear(body, header, dct=decode.dct, gray=gray, truncated=decode.truncated, icc=icc)
    except CandidateError as problem:
        return changed(seen, problem=(problem.code, problem.problem))
    except MemoryError:
        return changed(seen, problem=("SRC120", "needs more memory than there is"))
    return changed(seen, header=header, pixels=pixels)
