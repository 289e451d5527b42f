"""Files that Pillow reads and OpenCV rejects or reads differently have a warning; similar ones have none."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

from sm_imgcheck.io.images.header import read_header

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
def test_file_that_opencv_rejects_or_reads_differently_has_a_warning(name):
    body, words = FILES[name]
    warnings = read_header(body, max_pixels=LIMIT).warnings
    assert [words in warning for warning in warnings] == [True] * bool(words)
    by_pillow = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
    by_opencv = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    is_equal = by_opencv is not None and np.array_equal(by_opencv[..., ::-1], by_pillow)
    assert is_equal == (not words)
