"""SRC: a file that can be read, but is not sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from sm_imgcheck.core.media_types import IMAGE_SUFFIXES, RARE_IMAGE_SUFFIXES
from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule

_FORMATS = {
    suffix: form
    for table in (IMAGE_SUFFIXES, RARE_IMAGE_SUFFIXES)
    for form, suffixes in table.items()
    for suffix in suffixes
}
"""By suffix."""
# Pillow's ImageFile.MAXBLOCK: how much of a file it hands to libjpeg at a time.
_FED_AT_ONCE = 65_536


SRC110 = Rule(
    "SRC110",
    "truncated",
    severity="error",
    verdict="warning",
    doc="""The file ends before its picture does; less than half of it is missing.

    An upload or a download was cut off. libjpeg fills the rest with grey.

    At an endpoint: Pillow raises ``image file is truncated (12 bytes not processed)``; OpenCV, TensorFlow and browsers
    show what is there, so the same file works on one side and fails on the other.

    Fetch it again. ``decode: {truncated: allow}`` takes what is there; ``ImageFile.LOAD_TRUNCATED_IMAGES = True`` does
    it in the model's code, for every image of the process.
    """,
)


@SRC110.check
def _truncated(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.truncated:
        header, refused = candidate.header, spec.decode.truncated == "reject"
        share = f"about {header.rows_lost:.0%} of its {header.height} rows are grey" if header.rows_lost else ""
        yield SRC110.finding(
            f"ends before the mark that ends a {header.format}{': ' if share else ''}{share}",
            severity="error" if refused else "warning",
            certainty="certain" if share else "likely",
            probability=1.0 if share else 0.9,
        )


SRC113 = Rule(
    "SRC113",
    "decoder-complained",
    severity="warning",
    verdict="warning",
    doc="""A decoder delivered a picture, but complained on the way.

    Bytes that belong nowhere, image data that breaks off and goes on, checksums that do not match. Pillow and
    TensorFlow say nothing of it; OpenCV prints it to the log of the container, where nobody looks.

    At an endpoint: an answer, perhaps about a picture with a grey or smeared part.

    Look at the picture; save it again where it is whole, fetch it again where it is not.
    """,
)


@SRC113.check
def _decoder_complained(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.warnings and not candidate.header.refused:
        yield SRC113.finding(f"decodes with complaints: {'; '.join(candidate.header.warnings[:3])}")


SRC114 = Rule(
    "SRC114",
    "second-decoder-only",
    severity="warning",
    verdict="warning",
    doc="""Pillow refuses the file as it is; another way of reading it works.

    OpenCV reads some TIFF and BMP files that Pillow does not, and a PNG with a broken comment or a broken animation
    still holds a sound picture.

    At an endpoint: a handler that uses Pillow answers with ``cannot identify image file``.

    Save the image again with any program that opens it.
    """,
)


@SRC114.check
def _second_decoder_only(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.refused:
        yield SRC114.finding(f"{candidate.header.refused}; read another way")


SRC115 = Rule(
    "SRC115",
    "fragile-coding",
    severity="warning",
    verdict="warning",
    see="https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/src/jdarith.c",
    doc="""The JPEG is arithmetic-coded and large: Pillow's ordinary way of reading fails.

    libjpeg cannot pause inside arithmetic-coded data, and Pillow hands it 64 KiB at a time. Browsers read none at all.

    At an endpoint: ``broken data stream when reading image file``.

    ``jpegtran -copy all in.jpg > out.jpg`` codes it anew without any loss; ``convert`` reads it in one piece.
    """,
)


@SRC115.check
def _fragile_coding(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    header, size = candidate.header, len(candidate.data) if candidate.kind == "image" else 0
    if header is not None and header.coding.startswith("arithmetic") and size > _FED_AT_ONCE:
        yield SRC115.finding(f"is {header.coding}-coded and {size} bytes long; Pillow reads up to {_FED_AT_ONCE}")


def _bytes(number: int) -> str:
    return "1 byte" if number == 1 else f"{number} bytes"


SRC117 = Rule(
    "SRC117",
    "trailing-bytes",
    severity="warning",
    verdict="warning",
    doc="""Bytes follow the end of the image.

    A second file that was appended, a phone's private data, or something that was hidden there. Every decoder ignores
    them; they are sent and count against the payload limit all the same.

    At an endpoint: nothing, or a request that is too large.

    Save the image again without them: ``jpegtran -copy none``, ``exiftool -trailer:all=``.
    """,
)


@SRC117.check
def _trailing_bytes(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.trailing_bytes and candidate.header.format == "JPEG":
        yield SRC117.finding(f"has {_bytes(candidate.header.trailing_bytes)} after its end marker")


SRC116 = Rule(
    "SRC116",
    "appended-bytes",
    severity="notice",
    verdict="ok",
    doc="""Bytes follow the end of a PNG, GIF or WebP image, or the values of an ``.npy`` file.

    Often a line end that an editor added, sometimes a second image or a second array: ``numpy.save`` twice into one
    open file. These formats say how long they are, so no reader can be misled; the bytes are sent all the same.

    At an endpoint: nothing. ``numpy.load`` reads the first array and never looks at another.

    Save it again to be rid of them.
    """,
)


@SRC116.check
def _appended_bytes(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.trailing_bytes:
        yield SRC116.finding(f"has {_bytes(candidate.trailing_bytes)} after its values, which nobody looks at")
    if candidate.header is not None and candidate.header.trailing_bytes and candidate.header.format != "JPEG":
        yield SRC116.finding(f"has {_bytes(candidate.header.trailing_bytes)} after the end of the image")


SRC118 = Rule(
    "SRC118",
    "wrong-extension",
    severity="warning",
    verdict="warning",
    doc="""The file's name says another format than its bytes.

    A renamed file, or a server that converted the image and kept the name.

    At an endpoint: a content type that is guessed from the name is wrong (415, or a decoder that is chosen by it
    fails); Keras's and TensorFlow's folder readers pick the decoder by the suffix.

    Rename it. This tool goes by the bytes.
    """,
)


@SRC118.check
def _wrong_extension(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is None:
        return
    suffix = PurePath(candidate.path).suffix.lower()
    told = _FORMATS.get(suffix, "")
    if told and told != candidate.header.format:
        form = candidate.header.format
        yield SRC118.finding(f"is {form}, its name says {told}", expected=IMAGE_SUFFIXES[form][0], actual=suffix)


SRC132 = Rule(
    "SRC132",
    "broken-exif",
    severity="warning",
    verdict="warning",
    doc="""The EXIF block is damaged.

    An editor cut it off or moved it without its offsets. The orientation is taken from what can still be read.

    At an endpoint: ``ImageOps.exif_transpose`` raises on some of these files (``UnidentifiedImageError``,
    ``struct.error``); others are silently not turned.

    ``exiftool -all= -tagsfromfile @ -all:all -unsafe FILE`` writes it anew. Here the turn is our own and never raises.
    """,
)


@SRC132.check
def _broken_exif(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.exif_problem:
        yield SRC132.finding(f"has a damaged EXIF block: {candidate.header.exif_problem}")


SRC133 = Rule(
    "SRC133",
    "broken-icc",
    severity="warning",
    verdict="warning",
    doc="""The embedded colour profile cannot be read.

    Pieces of it are missing, or it was cut off. Model pipelines ignore profiles, so mostly nothing happens.

    At an endpoint: nothing, unless the handler converts colours (``ImageCms.PyCMSError: cannot open profile``).

    Strip it: ``exiftool -icc_profile= FILE``. Under ``decode: {icc: reject}`` the file is refused.
    """,
)


@SRC133.check
def _broken_icc(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.icc_problem:
        yield SRC133.finding(
            f"has a broken colour profile: {candidate.header.icc_problem}",
            severity="error" if spec.decode.icc == "reject" else None,
        )
