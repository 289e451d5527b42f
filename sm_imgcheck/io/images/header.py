"""Image header metadata, read without decoding, in bounded time; and the format that the first bytes show."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.core.types import Header, Orientation
from sm_imgcheck.io.images.avif import avif_exif
from sm_imgcheck.io.images.containers import check_decoder_size, check_sizes, declared_by
from sm_imgcheck.io.images.content import image_format, name_content
from sm_imgcheck.io.images.icc import join_icc, read_icc
from sm_imgcheck.io.images.jpeg import (
    JpegScan,
    is_last_scan,
    jpeg_coding,
    jpeg_color_space,
    jpeg_subsampling,
    scan_jpeg,
)
from sm_imgcheck.io.images.orientation import make_orientation, read_exif, read_orientation, without_app1_name
from sm_imgcheck.io.images.pillow import (
    open_pillow,
    pillow_accepts,
    pillow_frames,
    pillow_mode,
    pillow_profile,
    pillow_size,
)
from sm_imgcheck.io.images.png import scan_png
from sm_imgcheck.io.images.tiff import tiff_number

if TYPE_CHECKING:
    from PIL import ImageFile

__all__ = ["check_pixels", "read_header"]

# Scans of a progressive file are decoded one by one over the whole image: an encoder writes about ten.
MAX_SCAN_PIXELS = 100
# OpenCV's limit on either side (CV_IO_MAX_IMAGE_WIDTH); a strip of one pixel costs a resize as much as a square.
MAX_SIDE = 1 << 20
# A JPEG whose bytes before the image data are those of a recent file has its header, which takes 30 us instead of 90:
# images of one size from one encoder start with the same tables. About 600 bytes without EXIF and ICC.
MAX_RECENT_JPEGS, MAX_START_BYTES = 8, 1 << 14
_recent_jpegs: deque[tuple[bytes, Header]] = deque(maxlen=MAX_RECENT_JPEGS)
# A JPEG of at most this number of pixels is decoded however few bytes it has, and its missing rows are reported.
FREE_JPEG_PIXELS = 4_000_000


def read_header(body: bytes, *, max_pixels: int) -> Header:
    """Return the header of an image file's first image.

    Raises CandidateError for a file that is not an image, has an unsupported format, is damaged before its pixels, or
    declares more than ``max_pixels`` pixels; no memory of that size is allocated before.
    """
    form = image_format(body)
    if not form:
        raise CandidateError(*name_content(body))
    if form == "JPEG":
        return read_jpeg_header(body, max_pixels=max_pixels)
    if form == "PNG":
        return read_png_header(body, max_pixels=max_pixels)
    return read_other_header(body, form, max_pixels=max_pixels)


def check_pixels(height: int, width: int, max_pixels: int) -> None:
    """Raise CandidateError for an invalid size, or more than ``max_pixels``."""
    if height * width > max_pixels:
        raise CandidateError(
            "SRC120",
            f"pixels: got {height}x{width} (HxW) = {height * width}, expected at most {max_pixels} (decode.max_pixels)",
        )
    if height < 1 or width < 1:
        raise CandidateError("SRC112", f"declared size: got {height}x{width} (HxW), expected at least 1x1")


def check_sides(height: int, width: int) -> None:
    """Raise CandidateError for a side longer than ``MAX_SIDE``."""
    if max(height, width) > MAX_SIDE:
        raise CandidateError("SRC120", f"sides: got {height}x{width} (HxW), expected at most {MAX_SIDE} pixels")


def read_jpeg_header(body: bytes, *, max_pixels: int) -> Header:
    """As ``look``, from the markers alone."""
    for start, header in _recent_jpegs:
        if body.startswith(start) and is_last_scan(body, len(start)):
            check_pixels(header.height, header.width, max_pixels)
            return header
    scan = scan_jpeg(body)
    header = make_jpeg_header(body, scan, max_pixels=max_pixels)
    start = body[: scan.start + 2 + int.from_bytes(body[scan.start + 2 : scan.start + 4], "big")]
    is_plain = scan.scans == 1 and is_last_scan(body, len(start)) and not scan.index
    if is_plain and len(start) <= MAX_START_BYTES and scan.height * scan.width <= FREE_JPEG_PIXELS:
        _recent_jpegs.append((start, header))
    return header


def make_jpeg_header(body: bytes, scan: JpegScan, *, max_pixels: int) -> Header:
    """As ``look``, from the markers of the file."""
    check_jpeg(body, scan, max_pixels=max_pixels)
    orientation, exif_problem = read_orientation(
        "JPEG", b"".join(scan.exif) if scan.exif else None, scan.xmp, opencv=scan.exif
    )
    profile, icc_problem = join_icc(scan.icc)
    icc, wide_gamut, unreadable = read_icc(profile)
    return Header(
        format="JPEG",
        mode={1: "L", 3: "RGB", 4: "CMYK"}[len(scan.components)],
        height=scan.height,
        width=scan.width,
        bits=scan.bits,
        orientation=orientation,
        frames=mpo_image_count(scan.index),
        icc=icc,
        wide_gamut=wide_gamut,
        coding=jpeg_coding(scan.sof),
        subsampling=jpeg_subsampling(scan.components),
        trailing_bytes=0 if scan.index else len(body) - scan.end,
        exif_problem=exif_problem,
        icc_problem=icc_problem or unreadable,
        warnings=(f"{scan.stray} stray bytes between JPEG segments",) if scan.stray else (),
        truncated=not scan.complete,
        refused=scan.short_segment,
    )


def check_jpeg(body: bytes, scan: JpegScan, *, max_pixels: int) -> None:
    """Raise CandidateError for a frame that no 8-bit decoder supports."""
    if not scan.sof and b"\xff\xd8\xff\xf7" in body[:64]:  # ISO/IEC 14495-1
        raise CandidateError("SRC106", "JPEG encoding: got JPEG-LS, expected 8-bit DCT")
    if not scan.sof:
        raise CandidateError("SRC112", "truncated before the JPEG frame header: image size unknown")
    check_pixels(scan.height, scan.width, max_pixels)
    coding = jpeg_coding(scan.sof)
    if "lossless" in coding or coding == "hierarchical" or (scan.bits == 12 and coding != "baseline"):
        raise CandidateError("SRC106", f"JPEG encoding: got {coding}, {scan.bits} bits a sample; expected 8-bit DCT")
    if scan.bits != 8 or not jpeg_color_space(scan):
        subject = f"{scan.bits} bits a sample in {len(scan.components)} components"
        raise CandidateError("SRC112", f"corrupt JPEG frame header: {subject}")
    if scan.scans > MAX_SCAN_PIXELS and scan.scans * scan.height * scan.width > MAX_SCAN_PIXELS * max_pixels:
        raise CandidateError(
            "SRC120", f"JPEG scans: got {scan.scans} of {scan.height}x{scan.width} (HxW); too much work to decode"
        )
    if scan.start < 0:
        raise CandidateError("SRC112", "truncated before the JPEG image data (no scan)")
    check_jpeg_bytes(scan)


def check_jpeg_bytes(scan: JpegScan) -> None:
    """Raise CandidateError for a large frame with less data than half of its rows take, before room is made for it.

    Huffman codes take a bit at least for each block of 8x8 samples (T.81, annex F); an arithmetic coder takes less.
    """
    length, pixels = scan.end - scan.start, scan.height * scan.width
    tall, wide = (max(1, *(factors[k] for factors in scan.components)) for k in (2, 1))
    samples = pixels * sum(h * v for _, h, v in scan.components) // (tall * wide)
    if pixels > FREE_JPEG_PIXELS and "arithmetic" not in jpeg_coding(scan.sof) and samples // 64 > 2 * 8 * length:
        subject = (
            f"{length} bytes of image data for {scan.height}x{scan.width} (HxW), at least {samples // 512} expected"
        )
        raise CandidateError("SRC111", f"truncated: {subject}; more than half of the rows are missing")


def mpo_image_count(index: bytes) -> int:
    """Return the number of images in a multi-picture index (CIPA DC-007, tag 0xB001); 1 without an index."""
    for at in range(10, min(len(index) - 11, 130), 12):
        if tiff_number(index, at, 2) == 0xB001:
            return max(1, tiff_number(index, at + 8, 4))
    return 1


def read_png_header(body: bytes, *, max_pixels: int) -> Header:
    """As ``look``, from the chunks alone."""
    if body[12:16] == b"IHDR":
        check_pixels(int.from_bytes(body[20:24], "big"), int.from_bytes(body[16:20], "big"), max_pixels)
    scan = scan_png(body)
    check_sides(scan.height, scan.width)
    if 0.0 < scan.missing_rows <= 1.0:
        clause = f"{percentage(scan.missing_rows)} of {scan.height} rows are missing"
        raise CandidateError("SRC111" if scan.missing_rows > 0.5 else "SRC110", f"truncated: {clause}")
    orientation, exif_problem = read_orientation("PNG", scan.exif, scan.xmp, opencv=(scan.opencv_exif,))
    icc, wide_gamut, unreadable = read_icc(scan.icc)
    mode = {0: "L", 2: "RGB", 3: "RGB", 4: "LA", 6: "RGBA"}[scan.color]
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
        unlike_opencv=scan.unlike_opencv,
        truncated=not scan.complete,
    )


def read_other_header(body: bytes, form: str, *, max_pixels: int) -> Header:
    """As ``look``, from what the container declares, then from what Pillow reads of it before decoding."""
    container = declared_by(form, body)
    if container:
        check_pixels(container.height, container.width, max_pixels)
    check_sizes(form, body)
    try:
        image, messages = open_pillow(body, form)
    except CandidateError as problem:
        if container is None:
            raise
        return Header(
            format=form,
            mode="RGB",
            height=container.height,
            width=container.width,
            orientation=tiff_orientation(body) if form == "TIFF" else Orientation(),
            warnings=(str(problem),),
        )
    height, width = pillow_size(image)
    orientation, exif_problem = pillow_orientation(image, body)
    profile, profile_warnings = pillow_profile(image)
    check_pixels(height, width, max_pixels)
    if form != "BMP":  # uncompressed: its bytes limit its sides
        check_sides(height, width)
    if container:
        check_decoder_size((container.height, container.width), "Pillow", (height, width))
    icc, wide_gamut, icc_problem = read_icc(profile)
    mode, bits = pillow_mode(image), container.bits if container else pillow_bits(image)
    frames, frame_warnings = (container.frames, ()) if container else pillow_frames(image)
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
        trailing_bytes=container.trailing if container else 0,
        exif_problem=exif_problem,
        icc_problem=profile_warnings or icc_problem,
        warnings=(*messages, *frame_warnings),
        unlike_opencv=container.unlike_opencv if container else (),
        refused="" if pillow_accepts(body, form) else f"unrecognized {form} signature: got {printable(body[:12])}",
    )


def pillow_orientation(image: ImageFile.ImageFile, body: bytes) -> tuple[Orientation, str]:
    """Return the orientation of a lazily opened image, and what is wrong with its EXIF block, if anything."""
    exif, xmp = image.info.get("exif"), image.info.get("xmp") or b""
    xmp = xmp if isinstance(xmp, bytes) else b""
    if image.format == "TIFF":
        return tiff_orientation(body, xmp), ""
    if image.format == "AVIF":
        return read_orientation("AVIF", exif, xmp, opencv=(avif_exif(body),))
    return read_orientation(image.format or "", exif and without_app1_name(exif), xmp)


def tiff_orientation(body: bytes, xmp: bytes = b"") -> Orientation:
    """Return the orientation of a TIFF, which Pillow and OpenCV, by libtiff, apply when they decode it."""
    tag = read_exif(body)
    return make_orientation((tag.pillow, tag.libtiff, tag.libtiff), {"EXIF": tag.words}, xmp)


def printable(head: bytes) -> str:
    """The first bytes of a file, for a message."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in head)


def pillow_bits(image: ImageFile.ImageFile) -> int:
    """Bits a sample of a lazily opened image."""
    return {"I": 32, "F": 32, "1": 1}.get(image.mode, 16 if image.mode.startswith("I;16") else 8)
