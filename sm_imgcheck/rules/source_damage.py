"""SRC: a file that can be read, but is damaged or inconsistent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from sm_imgcheck.core.media_types import IMAGE_SUFFIXES, RARE_IMAGE_SUFFIXES
from sm_imgcheck.core.phrases import count, percentage
from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule

_FORMATS = {
    suffix: form
    for table in (IMAGE_SUFFIXES, RARE_IMAGE_SUFFIXES)
    for form, suffixes in table.items()
    for suffix in suffixes
}
"""By suffix."""
# Pillow's ImageFile.MAXBLOCK: bytes that it passes to libjpeg per call.
_PILLOW_BLOCK = 65_536


SRC110 = Rule(
    "SRC110",
    "truncated",
    severity="error",
    doc="""The file is truncated; less than half of the image is missing.

    An upload or a download was interrupted. libjpeg fills the missing rows with gray.

    At an endpoint: Pillow raises ``image file is truncated (12 bytes not processed)``; OpenCV, TensorFlow and browsers
    return the remaining image, so the same file may work on the client and fail at the endpoint.

    Download it again. ``decode: {truncated: allow}`` accepts the remaining rows; ``ImageFile.LOAD_TRUNCATED_IMAGES =
    True`` does so in the model's code, for every image of the process.
    """,
)


@SRC110.check
def _truncated(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header = candidate.header
    if header is not None and header.truncated:
        share = f"about {percentage(header.rows_lost)} of {header.height} rows are missing" if header.rows_lost else ""
        yield SRC110.finding(
            f"truncated: {share or f'missing end marker of the {header.format}'}",
            severity="error" if spec.decode.truncated == "reject" else "warning",
            certainty="certain" if share else "likely",
            probability=1.0 if share else 0.9,
        )


SRC113 = Rule(
    "SRC113",
    "decoder-warning",
    severity="warning",
    doc="""A decoder returned an image with warnings.

    Stray bytes, gaps in the image data, checksums that do not match. Pillow and TensorFlow do not report them; OpenCV
    prints them to the container's log.

    At an endpoint: a prediction, possibly for an image with a gray or smeared part.

    View the image; save it again if it is complete, download it again if not.
    """,
)


@SRC113.check
def _decoder_warning(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.warnings and not candidate.header.refused:
        yield SRC113.finding(f"decoder warnings: {'; '.join(candidate.header.warnings[:3])}")


SRC114 = Rule(
    "SRC114",
    "fallback-decoder",
    severity="warning",
    doc="""Pillow rejects the file; a fallback decoder reads it.

    OpenCV reads some TIFF and BMP files that Pillow does not support, and a PNG with a corrupt comment or animation
    still contains an intact image.

    At an endpoint: a handler that uses Pillow fails with ``cannot identify image file``.

    Save the image again with any program that opens it.
    """,
)


@SRC114.check
def _fallback_decoder(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.refused:
        yield SRC114.finding(f"rejected by Pillow, read by a fallback decoder: {candidate.header.refused}")


SRC115 = Rule(
    "SRC115",
    "arithmetic-coded-jpeg",
    severity="warning",
    see="https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/src/jdarith.c",
    doc="""The JPEG is arithmetic-coded and too large for Pillow's default decoding.

    libjpeg cannot pause inside arithmetic-coded data, and Pillow passes it 64 KiB at a time. Browsers do not support
    arithmetic coding.

    At an endpoint: ``broken data stream when reading image file``.

    ``jpegtran -copy all in.jpg > out.jpg`` re-encodes it losslessly; ``convert`` decodes it in one block.
    """,
)


@SRC115.check
def _arithmetic_coded_jpeg(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    header, length = candidate.header, len(candidate.data) if candidate.kind == "image" else 0
    if header is not None and header.coding.startswith("arithmetic") and length > _PILLOW_BLOCK:
        yield SRC115.finding(
            f"size of {header.coding}-coded JPEG: got {length} bytes, expected at most {_PILLOW_BLOCK} (Pillow's limit)"
        )


SRC117 = Rule(
    "SRC117",
    "trailing-bytes",
    severity="warning",
    doc="""Bytes follow the end of the image.

    An appended second file, a phone's private data, or hidden content. Every decoder ignores these bytes; they are
    sent and count against the payload limit.

    At an endpoint: no effect, or a request that is too large.

    Save the image again without them: ``jpegtran -copy none``, ``exiftool -trailer:all=``.
    """,
)


@SRC117.check
def _trailing_bytes(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    header = candidate.header
    if header is not None and header.trailing_bytes and header.format == "JPEG":
        yield SRC117.finding(f"trailing bytes: got {_bytes(header.trailing_bytes)} after the end marker, expected none")


SRC116 = Rule(
    "SRC116",
    "appended-bytes",
    severity="notice",
    doc="""Bytes follow the end of a PNG, GIF or WebP image, or the values of an ``.npy`` file.

    Often a newline that an editor added, sometimes a second image or array: ``numpy.save`` called twice on one open
    file. These formats store their length, so all readers ignore the bytes; they are still sent.

    At an endpoint: no effect. ``numpy.load`` reads the first array only.

    Save the file again to remove them.
    """,
)


@SRC116.check
def _appended_bytes(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    header = candidate.header
    if candidate.trailing_bytes:
        yield SRC116.finding(f"appended bytes: got {_bytes(candidate.trailing_bytes)} after the values, expected none")
    if header is not None and header.trailing_bytes and header.format != "JPEG":
        yield SRC116.finding(f"appended bytes: got {_bytes(header.trailing_bytes)} after the image, expected none")


def _bytes(number: int) -> str:
    return count(number, "byte")


SRC118 = Rule(
    "SRC118",
    "wrong-extension",
    severity="warning",
    doc="""The file extension does not match the format of the content.

    A renamed file, or a server that converted the image and kept the name.

    At an endpoint: a content type derived from the name is wrong (a 415, or a decoder selected by it fails); the
    folder readers of Keras and TensorFlow select the decoder by the extension.

    Rename the file. This tool detects the format from the content.
    """,
)


@SRC118.check
def _wrong_extension(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is None or candidate.from_memory:
        return
    suffix = PurePath(candidate.path).suffix.lower()
    image_format = candidate.header.format
    suffix_format = _FORMATS.get(suffix, "")
    if suffix_format and suffix_format != image_format:
        expected = IMAGE_SUFFIXES[image_format][0]
        yield SRC118.finding(
            f"file extension: got {suffix}, expected {expected} ({image_format} content)",
            expected=expected,
            actual=suffix,
        )


SRC132 = Rule(
    "SRC132",
    "corrupt-exif",
    severity="warning",
    doc="""The EXIF block is corrupt.

    An editor truncated it or moved it without its offsets. The orientation is read from the intact part.

    At an endpoint: ``ImageOps.exif_transpose`` raises on some of these files (``UnidentifiedImageError``,
    ``struct.error``); others silently keep their stored orientation.

    ``exiftool -all= -tagsfromfile @ -all:all -unsafe FILE`` rewrites it. ``convert`` reads the orientation with its own
    parser, which never raises.
    """,
)


@SRC132.check
def _corrupt_exif(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.exif_problem:
        yield SRC132.finding(f"corrupt EXIF block: {candidate.header.exif_problem}")


SRC133 = Rule(
    "SRC133",
    "corrupt-icc-profile",
    severity="warning",
    doc="""The embedded ICC color profile is corrupt.

    Parts of it are missing, or it is truncated. Model pipelines ignore profiles, so it usually has no effect.

    At an endpoint: no effect, unless the handler converts colors (``ImageCms.PyCMSError: cannot open profile``).

    Remove it: ``exiftool -icc_profile= FILE``. With ``decode: {icc: reject}`` the file is rejected.
    """,
)


@SRC133.check
def _corrupt_icc_profile(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.icc_problem:
        yield SRC133.finding(
            f"corrupt ICC profile: {candidate.header.icc_problem}",
            severity="error" if spec.decode.icc == "reject" else None,
        )
