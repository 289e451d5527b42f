"""Files that OpenCV rejects or reads differently have a finding for OpenCV alone; similar ones have none."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

from sm_imgcheck import rules
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.pipeline.read import from_bytes
from sm_imgcheck.spec.parse import parse

LIMIT = 10_000_000
PIXELS = picture(37, 53)
PALETTE = Image.fromarray(PIXELS).quantize(16)
GIF = encode_image(PALETTE, "GIF", interlace=0)


def bmp(bits):
    """An uncompressed BMP of one color with a number of bits per pixel."""
    row = bytes([0x55] * ((bits * 53 + 31) // 32 * 4))
    palette = bytes(range(4 * 16)) if bits == 4 else b""
    head = struct.pack("<IiiHHIIiiII", 40, 53, 37, 1, bits, 0, 37 * len(row), 0, 0, len(palette) // 4, 0)
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + 37 * len(row), 0, 0, start) + head + palette + 37 * row


def rle_bmp(data):
    """A BMP of 8 bits per pixel with run-length encoding."""
    head = struct.pack("<IiiHHIIiiII", 40, 53, 37, 1, 8, 1, len(data), 0, 0, 16, 0)
    return b"BM" + struct.pack("<IHHI", 118 + len(data), 0, 0, 118) + head + bytes(range(64)) + data


def tiff(bits, photometric, *, compression=1):
    """A TIFF of one color and one channel, with a palette where the photometric interpretation is 3."""
    row = bytes([0x55] * ((bits * 53 + 7) // 8))
    strip = zlib.compress(37 * row) if compression == 8 else 37 * row
    palette = struct.pack(f"<{3 << bits}H", *(257 * level for level in range(3 << bits))) if photometric == 3 else b""
    fields = [(256, 3, 1, 53), (257, 3, 1, 37), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, photometric)]
    fields += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, 37), (279, 4, 1, len(strip))]
    fields += [(320, 3, 3 << bits, 8 + len(strip))] if palette else []
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *field) for field in fields) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(strip) + len(palette)) + strip + palette + directory


def png_without_palette():
    body = encode_image(PALETTE, "PNG")
    at = body.index(b"PLTE") - 4
    return body[:at] + body[at + 12 + int.from_bytes(body[at : at + 4], "big") :]


FILES = {
    "GIF": (GIF, ""),
    "GIF without end": (GIF[:-1], "GIF: missing end (trailer)"),
    "GIF with a small screen": (GIF[:6] + struct.pack("<HH", 20, 20) + GIF[10:], "frame ends at 37x53, screen 20x20"),
    "GIF of a background beyond its palette": (
        GIF[:11] + b"\x10" + GIF[12:],
        "GIF: background color 16, palette of 16",
    ),
    "GIF of the last background": (GIF[:11] + b"\x0f" + GIF[12:], ""),
    "BMP of 16 bits": (bmp(16), "BMP: 16 bits per pixel"),
    "BMP of 24 bits": (bmp(24), ""),
    "BMP of delta codes": (rle_bmp(b"\0\2\5\3" + b"\x35\1\0\0" * 37 + b"\0\1"), "BMP: run-length encoding"),
    "BMP of 4 bits": (bmp(4), ""),
    "TIFF of 1 bit": (tiff(1, 1), ""),
    "TIFF of 2 bits": (tiff(2, 1), "TIFF: 2 bits per sample"),
    "TIFF of 4 bits": (tiff(4, 1), "TIFF: 4 bits per sample"),
    "TIFF of 4 bits with a palette": (tiff(4, 3), ""),
    "TIFF of 8 bits": (tiff(8, 1), ""),
    "TIFF of 8 bits, Deflate": (tiff(8, 1, compression=8), ""),
    "TIFF of 8 bits, Zstandard": (
        encode_image(Image.fromarray(PIXELS), "TIFF", compression="zstd"),
        "TIFF: compression Zstandard",
    ),
    "TIFF of L*a*b*": (encode_image(Image.new("LAB", (53, 37), (120, 140, 90)), "TIFF"), "TIFF: colors in CIE L*a*b*"),
    "PNG without palette": (png_without_palette(), "PNG palettes (PLTE): got 0, expected 1"),
    "PNM without end": (b"P2 3 1 255 1 2 3", "Netpbm: no space after the last number"),
    "PNM": (b"P2 3 1 255 1 2 3\n", ""),
}


@pytest.mark.parametrize("name", FILES)
def test_header_of_a_file_states_what_opencv_rejects_or_reads_differently(name):
    body, words = FILES[name]
    differences = read_header(body, max_pixels=LIMIT).unlike_opencv
    assert [words in difference for difference in differences] == [True] * bool(words)
    by_pillow = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
    by_opencv = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    is_equal = by_opencv is not None and np.array_equal(by_opencv[..., ::-1], by_pillow)
    assert is_equal == (not words)


def library_findings(body, library, *, depth="pixels"):
    """Severity and message of each finding about decoders: SRC113 and SRC141."""
    spec = {"shape": ["N", "H", "W", 3], "dtype": "uint8", "channel_order": "RGB"}
    exif = {"exif": "ignore"} if library == "tensorflow" else {}
    parsed = parse({**spec, "decode": {"library": library, "alpha": "drop", **exif}})
    findings = rules.run(from_bytes(body, "x", parsed.decode, depth=depth), parsed)
    return [(each.code, each.severity, each.message) for each in findings if each.code in ("SRC113", "SRC141")]


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][1]])
def test_difference_of_opencv_is_reported_for_a_spec_of_opencv_only(name):
    body, words = FILES[name]
    ((code, severity, message),) = library_findings(body, "opencv")
    assert (code, severity, words in message) == ("SRC141", "warning", True)
    for library in ("pillow", "tensorflow"):
        assert not any("OpenCV" in message for *_, message in library_findings(body, library))


def transparent_tiff(alpha, color=None, *, mode="RGBA"):
    """A TIFF with one value of alpha in its upper half and 255 below."""
    colors = PIXELS[..., : len(mode) - 1] if color is None else np.full((37, 53, len(mode) - 1), color, np.uint8)
    plane = np.full((37, 53, 1), 255, np.uint8)
    plane[:18] = alpha
    return encode_image(Image.fromarray(np.concatenate([colors, plane], axis=2), mode), "TIFF")


def transparent_gif(clear, background):
    """A GIF with 16 colors: the indices of its transparent and its background color."""
    return encode_image(PALETTE, "GIF", interlace=0, transparency=clear, background=background)


TRANSPARENT = {
    "TIFF": transparent_tiff(128),
    "TIFF of black": transparent_tiff(0, 0),
    "TIFF of a color that rounding keeps": transparent_tiff(254, 127),
    "TIFF of a color that rounding lowers": transparent_tiff(254, 128),
    "opaque TIFF": transparent_tiff(255),
    "TIFF of LA": transparent_tiff(128, mode="LA"),
    "GIF": transparent_gif(3, 0),
    "GIF with its transparent color as background": transparent_gif(3, 3),
    "GIF without transparent pixels": transparent_gif(200, 3),
    "PNG": encode_image(Image.fromarray(np.dstack([PIXELS, PIXELS[..., :1]])), "PNG"),
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_transparent_pixels_are_reported_where_opencv_changes_their_colors(name):
    body = TRANSPARENT[name]
    by_opencv = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    is_changed = not np.array_equal(by_opencv, np.broadcast_to(decode(body)[..., :-1], by_opencv.shape))
    findings = [severity for _, severity, _ in library_findings(body, "opencv")]
    assert findings == ["warning"] * is_changed
    assert library_findings(body, "pillow") == []


@pytest.mark.parametrize("name", TRANSPARENT)
def test_gray_plane_has_the_pixels_of_opencv_and_no_finding(name):
    body = TRANSPARENT[name]
    keys = {"shape": ["N", "H", "W", 1], "dtype": "uint8", "channel_order": "GRAY"}
    spec = parse({**keys, "decode": {"library": "opencv", "to_gray": "y_plane", "alpha": "drop"}})
    candidate = from_bytes(body, "x", spec.decode, gray=True)
    by_opencv = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(candidate.pixels[..., 0], by_opencv)
    assert "SRC141" not in [finding.code for finding in rules.run(candidate, spec)]


@pytest.mark.parametrize("name", ["TIFF", "opaque TIFF", "GIF"])
def test_transparency_in_a_header_alone_is_a_notice_with_its_condition(name):
    ((_, severity, message),) = library_findings(TRANSPARENT[name], "opencv", depth="header")
    assert (severity, "if the image has any" in message) == ("notice", True)


def test_gif_with_a_palette_of_its_frame_alone_has_a_notice():
    body = TRANSPARENT["GIF"]
    palette, frame = body[13:61], body.index(b",\0\0\0\0", 61)
    flags = bytes([body[10] & 0x7F]), bytes([body[frame + 9] | 0x83])
    moved = body[:10] + flags[0] + body[11:13] + body[61 : frame + 9] + flags[1] + palette + body[frame + 10 :]
    assert np.array_equal(decode(moved), decode(body))
    ((_, severity, _),) = library_findings(moved, "opencv")
    assert severity == "notice"
