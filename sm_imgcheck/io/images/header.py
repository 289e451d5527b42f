"""What an image file says of itself, read without decoding it: cheap and bounded whatever it declares."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.containers import declared_by
from sm_imgcheck.io.images.icc import join_icc, read_icc
from sm_imgcheck.io.images.jpeg import (
    JpegScan,
    exif_number,
    jpeg_coding,
    jpeg_colour,
    jpeg_subsampling,
    read_exif,
    scan_jpeg,
    without_app1_name,
)
from sm_imgcheck.io.images.pillow import (
    open_pillow,
    pillow_frames,
    pillow_knows,
    pillow_mode,
    pillow_profile,
    pillow_turn,
)
from sm_imgcheck.io.images.png import scan_png
from sm_imgcheck.io.images.sizes import check_decoder_size, check_sizes
from sm_imgcheck.io.images.sniff import image_format, name_content

__all__ = ["check_pixels", "look"]

# Scans of a progressive file are decoded one by one over the whole image: an encoder writes about ten.
MAX_SCAN_PIXELS = 100
# A JPEG of so many pixels is decoded, and judged by what is lost of it, however few its bytes are.
FREE_JPEG_PIXELS = 4_000_000


def look(body: bytes, *, max_pixels: int) -> Header:
    """The header of an image file's first picture.

    Raises CandidateError for what is no image, is of a kind that cannot be decoded, is broken before its pixels begin,
    or declares more than ``max_pixels`` pixels: nothing of that size has been allocated by then.
    """
    form = image_format(body)
    if not form:
        raise CandidateError(*name_content(body))
    if form == "JPEG":
        return look_jpeg(body, max_pixels=max_pixels)
    if form == "PNG":
        return look_png(body, max_pixels=max_pixels)
    return look_other(body, form, max_pixels=max_pixels)


def check_pixels(height: int, width: int, max_pixels: int) -> None:
    """Raise CandidateError for a size that is no size, or more than ``max_pixels``."""
    if height * width > max_pixels:
        raise CandidateError(
            "SRC120",
            f"declares {height}x{width} (HxW) = {height * width} pixels, decode.max_pixels allows {max_pixels}",
        )
    if height < 1 or width < 1:
        raise CandidateError("SRC112", f"declares a size of {height}x{width} (HxW)")


def look_jpeg(body: bytes, *, max_pixels: int) -> Header:
    """As ``look``, from the markers alone."""
    scan = scan_jpeg(body)
    check_jpeg(scan, max_pixels=max_pixels)
    orientation, exif_problem = read_exif(scan.exif) if scan.exif is not None else (1, "")
    profile, icc_problem = join_icc(scan.icc)
    icc, wide_gamut, unreadable = read_icc(profile)
    return Header(
        format="JPEG",
        mode={1: "L", 3: "RGB", 4: "CMYK"}[len(scan.components)],
        height=scan.height,
        width=scan.width,
        bits=scan.bits,
        orientation=orientation,
        frames=jpeg_pictures(scan.index),
        icc=icc,
        wide_gamut=wide_gamut,
        coding=jpeg_coding(scan.sof),
        subsampling=jpeg_subsampling(scan.components),
        trailing_bytes=0 if scan.index else len(body) - scan.end,
        exif_problem=exif_problem,
        icc_problem=icc_problem or unreadable,
        warnings=(f"{scan.stray} stray bytes between JPEG segments",) if scan.stray else (),
        truncated=not scan.complete,
    )


def check_jpeg(scan: JpegScan, *, max_pixels: int) -> None:
    """Raise CandidateError for a frame that no 8-bit decoder takes."""
    if not scan.sof:
        raise CandidateError("SRC112", "ends before its JPEG frame header: nothing says how large the image is")
    check_pixels(scan.height, scan.width, max_pixels)
    coding = jpeg_coding(scan.sof)
    if "lossless" in coding or coding == "hierarchical" or (scan.bits == 12 and coding != "baseline"):
        raise CandidateError("SRC106", f"is a {coding} JPEG of {scan.bits} bits a sample; 8-bit DCT ones are read")
    if scan.bits != 8 or not jpeg_colour(scan):
        what = f"{scan.bits} bits a sample in {len(scan.components)} components"
        raise CandidateError("SRC112", f"has a damaged JPEG frame header ({what})")
    if scan.scans > MAX_SCAN_PIXELS and scan.scans * scan.height * scan.width > MAX_SCAN_PIXELS * max_pixels:
        raise CandidateError("SRC120", f"has {scan.scans} scans of {scan.height}x{scan.width} (HxW): far too much work")
    if scan.start < 0:
        raise CandidateError("SRC112", "ends before its JPEG image data (no scan)")
    check_jpeg_bytes(scan)


def check_jpeg_bytes(scan: JpegScan) -> None:
    """Raise CandidateError for a large frame with less data than half of its rows take, before room is made for it.

    Huffman codes take a bit at least for each block of 8x8 samples (T.81, annex F); an arithmetic coder takes less.
    """
    length, pixels = scan.end - scan.start, scan.height * scan.width
    tall, wide = (max(1, *(factors[k] for factors in scan.components)) for k in (2, 1))
    samples = pixels * sum(h * v for _, h, v in scan.components) // (tall * wide)
    if pixels > FREE_JPEG_PIXELS and "arithmetic" not in jpeg_coding(scan.sof) and samples // 64 > 2 * 8 * length:
        what = f"{length} bytes of image data for {scan.height}x{scan.width} (HxW), at least {samples // 512} expected"
        raise CandidateError("SRC111", f"has {what}: more than half of its rows are lost")


def jpeg_pictures(index: bytes) -> int:
    """How many pictures a multi-picture index lists (CIPA DC-007, tag 0xB001); 1 where there is no index."""
    big = index[:2] != b"II"
    for at in range(10, min(len(index) - 11, 130), 12):
        if exif_number(index[at : at + 2], big=big) == 0xB001:
            return max(1, exif_number(index[at + 8 : at + 12], big=big))
    return 1


def look_png(body: bytes, *, max_pixels: int) -> Header:
    """As ``look``, from the chunks alone."""
    if body[12:16] == b"IHDR":
        check_pixels(int.from_bytes(body[20:24], "big"), int.from_bytes(body[16:20], "big"), max_pixels)
    scan = scan_png(body)
    orientation, exif_problem = read_exif(without_app1_name(scan.exif)) if scan.exif is not None else (1, "")
    icc, wide_gamut, unreadable = read_icc(scan.icc)
    mode = {0: "L", 2: "RGB", 3: "RGB", 4: "LA", 6: "RGBA"}[scan.colour]
    return Header(
        format="PNG",
        mode={"L": "LA", "RGB": "RGBA"}.get(mode, mode) if scan.transparency and scan.depth != 16 else mode,
        height=scan.height,
        width=scan.width,
        bits=scan.depth,
        orientation=orientation,
        frames=scan.frames,
        icc=icc,
        wide_gamut=wide_gamut,
        trailing_bytes=len(body) - scan.end,
        exif_problem=exif_problem,
        icc_problem=scan.icc_problem or unreadable,
        warnings=scan.warnings,
        truncated=not scan.complete,
    )


def look_other(body: bytes, form: str, *, max_pixels: int) -> Header:
    """As ``look``, from what the container declares, then from what Pillow reads of it before decoding."""
    declared = declared_by(form, body)
    if declared:
        check_pixels(declared.height, declared.width, max_pixels)
    check_sizes(form, body)
    try:
        image, said = open_pillow(body, form)
    except CandidateError as problem:
        if declared is None:
            raise
        height, width, turn = declared.height, declared.width, declared.orientation
        return Header(format=form, mode="RGB", height=height, width=width, orientation=turn, warnings=(str(problem),))
    width, height = image.size
    exif, (profile, mistyped) = image.info.get("exif"), pillow_profile(image)
    orientation, exif_problem = read_exif(without_app1_name(exif)) if exif and form != "TIFF" else (1, "")
    if form == "TIFF":
        height, width, orientation = pillow_turn(image)
    check_pixels(height, width, max_pixels)
    if declared:
        check_decoder_size((declared.height, declared.width), "Pillow", (height, width))
    icc, wide_gamut, icc_problem = read_icc(profile)
    mode, bits = pillow_mode(image), declared.bits if declared else pillow_bits(image)
    frames, broken = (declared.frames, ()) if declared else pillow_frames(image)
    return Header(
        format=form,
        mode=mode,
        height=height,
        width=width,
        bits=bits,
        orientation=orientation,
        frames=frames,
        icc=icc,
        wide_gamut=wide_gamut,
        trailing_bytes=declared.trailing if declared else 0,
        exif_problem=exif_problem,
        icc_problem=mistyped or icc_problem,
        warnings=(*said, *broken),
        refused="" if pillow_knows(body, form) else f"begins as no {form} that Pillow knows ({printable(body[:12])})",
    )


def printable(head: bytes) -> str:
    """The first bytes of a file, for a message."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in head)


def pillow_bits(image: Any) -> int:
    """Bits a sample of a lazily opened image."""
    return {"I": 32, "F": 32, "1": 1}.get(image.mode, 16 if image.mode.startswith("I;16") else 8)
