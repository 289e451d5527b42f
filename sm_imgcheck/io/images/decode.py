"""The bytes of an image file as pixels, the same for every decoder that happens to be installed."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.containers import check_decoder_size
from sm_imgcheck.io.images.decode_jpeg import MOSTLY_LOST, decode_jpeg_with_header, decode_reduced
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.images.icc import join_icc, to_srgb
from sm_imgcheck.io.images.jpeg import scan_jpeg
from sm_imgcheck.io.images.opencv import is_blended, opencv_gray, quiet_opencv
from sm_imgcheck.io.images.orientation import as_stored
from sm_imgcheck.io.images.pillow import load_pillow, open_pillow, pillow_profile
from sm_imgcheck.io.images.png import check_data, essential_png, scan_png
from sm_imgcheck.rules.source_library import may_blend

__all__ = ["decode", "decode_with_header"]

# Files that only OpenCV reads are rare: their headers must be cheap to read.
SECOND_OPINION_PIXELS = 16_000_000


def decode(
    body: bytes,
    *,
    dct: str = "accurate",
    gray: bool = False,
    truncated: str = "reject",
    max_pixels: int = 178_956_970,
    icc: str = "ignore",
    reduction: int = 1,
) -> np.ndarray:
    """Return the pixels of an image file: HWC, 1 (L), 2 (LA), 3 (RGB) or 4 (RGBA, CMYK) channels, as its mode.

    As stored, without EXIF orientation; uint8, or uint16 over 0..65535 for one channel of more than 8 bits.

    dct: ``accurate`` (libjpeg's default, used by Pillow and OpenCV) or ``tensorflow`` (`tf.io.decode_jpeg`'s default).
    gray: one channel as OpenCV's IMREAD_GRAYSCALE returns it; for a JPEG its Y plane.
    truncated: ``allow`` fills missing rows as libjpeg does; a file without half of its rows is rejected anyway.
    icc: ``srgb`` converts with the embedded profile, unless it is corrupt.
    reduction: 2, 4 or 8 decodes a JPEG at that part of its size, as Pillow's ``draft`` and OpenCV's IMREAD_REDUCED do.
    Raises CandidateError for a file that cannot be decoded, before any allocation where the size is the reason.
    """
    header = read_header(body, max_pixels=max_pixels)
    if reduction != 1:
        return decode_reduced(body, header, reduction, gray=gray)
    return decode_with_header(body, header, dct=dct, gray=gray, truncated=truncated, icc=icc)[0]


def decode_with_header(
    body: bytes, header: Header, *, dct: str, gray: bool, truncated: str, icc: str
) -> tuple[np.ndarray, Header]:
    """As ``decode`` with the file's ``header``; also the header with what decoding has shown."""
    if header.format == "JPEG":
        pixels, header = decode_jpeg_with_header(body, header, dct=dct, gray=gray, truncated=truncated)
    else:
        pixels, header = decode_other_with_header(body, header)
    if gray:
        pixels = opencv_gray(body, header, pixels)
        if may_blend(header):  # these are the pixels of OpenCV
            header = replace_fields(header, is_blended=False)
    elif icc == "srgb":
        try:
            pixels = to_srgb(pixels, embedded_profile(body, header), header.mode)
        except CandidateError as problem:
            header = replace_fields(header, icc_problem=problem.problem)
    check_decoder_size((header.height, header.width), "the decoder", pixels.shape[:2])
    return pixels, header


def embedded_profile(body: bytes, header: Header) -> bytes:
    """Return the embedded profile; empty without one, and for a corrupt one."""
    if header.format == "JPEG":
        return join_icc(scan_jpeg(body).icc)[0]
    if header.format == "PNG":
        return scan_png(body).icc
    return pillow_profile(open_pillow(body, header.format)[0])[0]


def decode_other_with_header(body: bytes, header: Header) -> tuple[np.ndarray, Header]:
    """Decode any format but JPEG: with Pillow, then with a fallback decoder. Raises CandidateError."""
    image = None
    try:
        image, opening = open_pillow(body, header.format)
        pixels, loading = load_pillow(image, header)
        pixels = as_stored(pixels, header, "pillow")
    except CandidateError as problem:
        pixels = second_opinion(body, header, problem, is_open=image is not None)
        return pixels, replace_fields(header, refused=problem.problem)
    ending = png_data_warning(body, header, pixels) if header.format == "PNG" else ()
    warnings = tuple(dict.fromkeys((*header.warnings, *opening, *loading, *ending)))
    changes = {"warnings": warnings, "is_blended": is_blended(body, header, pixels)}
    return pixels, replace_fields(header, **changes, truncated=False)


TAIL = 16
"""Pixels at the end of a row that are equal where the data of a PNG ends early; few photographs have any."""
INFLATED_PIXELS = 500_000
"""Images up to this size are inflated a second time in any case, in some milliseconds."""


def png_data_warning(body: bytes, header: Header, pixels: np.ndarray) -> tuple[str, ...]:
    """Return a warning about the end of a PNG's data. Raises CandidateError where it ends before the last row."""
    tails = pixels[-2:, -TAIL:]
    if header.height * header.width > INFLATED_PIXELS and not any((row == row[-1]).all() for row in tails):
        return ()
    missing, problem = check_data(body, scan_png(body))
    if missing:
        clause = f"truncated: about {percentage(missing)} of {header.height} rows are missing"
        raise CandidateError("SRC111" if missing > MOSTLY_LOST else "SRC110", clause)
    return (problem,) if problem else ()


def second_opinion(body: bytes, header: Header, problem: CandidateError, *, is_open: bool) -> np.ndarray:
    """Return pixels of ``header.mode`` of a file that Pillow rejected with ``problem``, the error of last resort.

    A PNG file is tried again without its texts, profiles and animation. OpenCV tries containers that Pillow does not
    support, of the formats with a reader without output and with bounded memory; where Pillow ``opened`` the file, the
    pixels are damaged, and OpenCV would return them black. Raises CandidateError.
    """
    if header.format == "PNG":
        scan = scan_png(body)
        if not scan.complete:
            raise problem
        return load_pillow(open_pillow(essential_png(body, scan), "PNG")[0], header)[0]
    if is_open or header.format not in ("BMP", "TIFF") or header.height * header.width > SECOND_OPINION_PIXELS:
        raise problem
    pixels = quiet_opencv(body, "IMREAD_COLOR", complete=True)
    if pixels is None:
        raise problem
    pixels = as_stored(pixels[..., ::-1], header, "opencv")
    if pixels.shape[:2] != (header.height, header.width):
        raise problem
    return np.ascontiguousarray(pixels)
