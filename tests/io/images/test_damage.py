"""Damage and formats that one decoder accepts without an error and another rejects."""

import csv
import io
import itertools
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_images import jpeg, picture

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Decode
from sm_imgcheck.io.images.content import image_format, name_content
from sm_imgcheck.io.images.decode import decode, decode_with_header
from sm_imgcheck.io.images.header import MAX_SIDE, read_header
from sm_imgcheck.io.images.jpeg import scan_jpeg
from sm_imgcheck.io.images.orientation import read_orientation
from sm_imgcheck.io.images.png import check_data, scan_png
from sm_imgcheck.io.images.quiet import quietly
from sm_imgcheck.pipeline.read import read

LIMIT = 200_000_000


def error_code(body):
    with pytest.raises(CandidateError) as caught:
        decode(body, max_pixels=LIMIT)
    return caught.value.code


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(height=16, width=24, *, rows=None, color=2, interlace=0, extra=b"", palette=b"", end=True):
    """A PNG of random RGB or gray pixels; rows: how many of them its data contains."""
    channels = {0: 1, 2: 3, 3: 1}[color]
    pixels = np.random.default_rng(0).integers(0, 256 if color != 3 else 2, (height, 1 + width * channels), np.uint8)
    pixels[:, 0] = 0
    data = zlib.compress(pixels[: height if rows is None else rows].tobytes())
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, interlace)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + extra + chunk(b"IDAT", data)
    return body + (chunk(b"IEND", b"") if end else b"")


PALETTE = chunk(b"PLTE", bytes(range(6)))


@pytest.mark.parametrize(("rows", "code"), [(15, "SRC110"), (9, "SRC110"), (7, "SRC111"), (1, "SRC111")])
@pytest.mark.parametrize("color", [0, 2, 3])
def test_png_with_fewer_rows_is_truncated(rows, code, color):
    body = png(rows=rows, color=color, palette=PALETTE if color == 3 else b"")
    Image.open(io.BytesIO(body)).load()  # Pillow accepts it
    assert error_code(body) == code


@pytest.mark.parametrize(("color", "bits"), [(7, 8), (1, 8), (2, 5), (3, 16), (6, 4), (0, 3)])
def test_png_header_with_an_impossible_pixel_format_is_named(color, bits):
    body = bytearray(png())
    body[24:26] = bits, color
    body[29:33] = struct.pack(">I", zlib.crc32(body[12:29]))
    with pytest.raises(CandidateError, match=f"got color type {color} with {bits} bits per sample") as caught:
        decode(bytes(body), max_pixels=LIMIT)
    assert caught.value.code == "SRC112"


def test_complete_png_with_a_black_last_row_is_accepted():
    pixels = picture(16, 24).copy()
    pixels[-2:] = 0
    for options in ({}, {"interlace": 1}):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG", **options)
        assert (decode(stream.getvalue(), max_pixels=LIMIT) == pixels).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2), (16, 24), (5, 9)])
def test_check_data_counts_the_passes_of_an_interlaced_png(height, width):
    sizes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    image = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    data = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, right in sizes
        if image[top::down, left::right].size
        for row in image[top::down, left::right]
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    start, end = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header), chunk(b"IEND", b"")
    whole = start + chunk(b"IDAT", zlib.compress(data)) + end
    assert check_data(whole, scan_png(whole)) == (0.0, "")
    assert (decode(whole, max_pixels=LIMIT)[..., 0] == image).all()
    short = start + chunk(b"IDAT", zlib.compress(data[:-1])) + end
    assert check_data(short, scan_png(short)) == (pytest.approx(1 / len(data)), "")


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        (png(end=False), "missing end chunk (IEND)"),
        (png(extra=chunk(b"ABCD", b"x")), "unknown critical chunk 'ABCD'"),
    ],
)
def test_png_grammar_errors_that_pillow_ignores_are_warnings(body, warning):
    assert any(warning in text for text in read_header(body, max_pixels=LIMIT).warnings)


def test_png_data_without_its_checksum_is_a_warning():
    body = png()
    start, end = body.index(b"IDAT") - 4, len(body) - 12
    data = body[start + 8 : end - 4]
    damaged = body[:start] + chunk(b"IDAT", data[:-4]) + body[end:]
    header = read_header(damaged, max_pixels=LIMIT)
    _, header = decode_with_header(damaged, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert any("lacks its end" in warning for warning in header.warnings)


@pytest.mark.parametrize(("palette", "number"), [(b"", 0), (PALETTE, 1), (PALETTE + PALETTE, 2)])
def test_png_with_a_wrong_number_of_palettes_is_unlike_opencv(palette, number):
    differences = read_header(png(color=3, palette=palette), max_pixels=LIMIT).unlike_opencv
    words = f"PNG palettes (PLTE): got {number}, expected 1; OpenCV rejects the file"
    assert differences == (() if number == 1 else (words,))


def test_png_with_unknown_ancillary_chunk_has_no_warning():
    assert read_header(png(extra=chunk(b"abCd", b"x")), max_pixels=LIMIT).warnings == ()


def test_png_whose_data_cannot_contain_its_rows_is_refused_before_decoding():
    header = struct.pack(">IIBBBBB", 60_000, 2_000, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    with pytest.raises(CandidateError) as caught:
        read_header(body, max_pixels=LIMIT)
    assert caught.value.code == "SRC111"


@pytest.mark.parametrize("size", [(1, MAX_SIDE + 1), (MAX_SIDE + 1, 1)])
def test_images_with_an_extreme_side_are_refused(size):
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    with pytest.raises(CandidateError) as caught:
        read_header(body, max_pixels=LIMIT)
    assert caught.value.code == "SRC120"


@pytest.mark.parametrize(
    ("segment", "name"), [(b"\xff\xe0\0\x07JFIF\0", "JFIF segment"), (b"\xff\xee\0\x07Adobe", "Adobe segment")]
)
def test_short_jfif_and_adobe_segments_are_reported_as_rejected_by_pillow(segment, name):
    body = jpeg(picture(16, 24))
    end_of_jfif = 4 + int.from_bytes(body[4:6], "big")
    body = body[:2] + segment + body[end_of_jfif:]
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(body))
    assert name in read_header(body, max_pixels=LIMIT).refused
    assert decode(body, max_pixels=LIMIT).shape == (16, 24, 3)


def test_complete_segments_are_not_reported_as_rejected():
    assert read_header(jpeg(picture(16, 24)), max_pixels=LIMIT).refused == ""


def test_jpeg_with_odd_subsampling_and_damaged_data_is_an_error(shared_cases):
    body = (shared_cases / "robust/02-jpeg-odd-subsampling-unheard/410-90-percent-overwritten.jpg").read_bytes()
    assert error_code(body) == "SRC111"


def test_exif_text_in_utf8_is_valid():
    entry = struct.pack("<HHII", 0x010E, 129, 3, 0x636261)
    block = b"II*\0" + struct.pack("<IH", 8, 1) + entry + b"\0\0\0\0"
    assert read_orientation("JPEG", block)[1] == ""


def tiff(*entries):
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + b"\0\0\0\0" + bytes(64)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (tiff((50706, 1, 4, 0x401)), "DNG raw image"),
        (tiff((254, 4, 1, 1), (271, 2, 6, 40), (330, 4, 1, 50)), "camera raw image"),
        (tiff((259, 3, 1, 34713), (271, 2, 6, 40)), "camera raw image"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "Canon raw image (CR2)"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), "Canon raw image (CR3)"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(40), "Fujifilm raw image"),
        (b"IIU\0" + bytes(40), "Panasonic raw image"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC image"),
        (b"\xff\x0a" + bytes(40), "JPEG XL image"),
    ],
)
def test_unsupported_photographs_are_named_with_their_converter(body, words):
    code, clause = name_content(body)
    assert (image_format(body), code) == ("", "SRC104")
    assert words in clause
    assert "convert it to" in clause


def test_ordinary_tiff_with_a_camera_name_is_not_a_raw_file():
    stream = io.BytesIO()
    Image.fromarray(picture(8, 8)).save(stream, "TIFF", tiffinfo={271: "Canon", 254: 0})
    assert image_format(stream.getvalue()) == "TIFF"


def damage(body, *, is_cut, share, random):
    """The body with the last ``share`` of its image data removed or overwritten; None: too little data."""
    if body[:2] == b"\xff\xd8":
        scan = scan_jpeg(body)
        start, end = scan.start + 20, scan.end - 2
        if scan.start < 0 or end - start < 40:
            return None
        at = end - int((end - start) * share)
        return body[:at] if is_cut else body[:at] + random.integers(0, 255, end - at, np.uint8).tobytes() + body[end:]
    places = [(start, end) for start, end in scan_png(body).needed if body[start + 4 : start + 8] == b"IDAT"]
    data = b"".join(body[start + 8 : end - 4] for start, end in places)
    if len(data) < 60:
        return None
    at = len(data) - int(len(data) * share)
    tail = b"" if is_cut else random.integers(0, 256, len(data) - at, np.uint8).tobytes()
    return body[: places[0][0]] + chunk(b"IDAT", data[:at] + tail) + body[places[-1][1] :]


def decoder_warnings(body):
    """Whether Pillow, and whether OpenCV, rejects the file or prints a warning."""
    printed = []
    try:
        Image.open(io.BytesIO(body)).load()
        pillow = False
    except Exception:  # noqa: BLE001 - plugins raise any error for damaged files
        pillow = True
    pixels, _ = quietly(lambda: cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR), lines=printed)
    return pillow, pixels is None or printed != []


@pytest.mark.slow
def test_planted_damage_is_reported_when_a_decoder_reports_it(shared_corpus, tmp_path):
    random = np.random.default_rng(3)
    path = tmp_path / "candidate"
    missed, count = [], 0
    with (shared_corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["expected"] == "ok"]
    for row in rows:
        body = (shared_corpus / row["file"]).read_bytes()
        if body[:2] != b"\xff\xd8" and body[:4] != b"\x89PNG":
            continue
        before = decoder_warnings(body)
        for is_cut, share in itertools.product((True, False), (0.1, 0.5, 0.9)):
            damaged = damage(body, is_cut=is_cut, share=share, random=random)
            if damaged is None or decoder_warnings(damaged) == before:
                continue
            path.write_bytes(damaged)
            candidate = read(path, Decode())
            header = candidate.header
            count += 1
            if candidate.problem is None and not (header.warnings or header.truncated or header.rows_lost):
                missed.append((row["file"], is_cut, share))
    assert missed == []
    assert count > 400
