"""Image files that declare several sizes, one of them false."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image, features

HUGE = 60_000


def chunk(name, data):
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def ihdr(width, height):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def png(*chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def noise_file(form, size=(8, 8), mode="RGB", **options):
    """An image of noise, ``size`` as width and height."""
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, form, **options)
    return stream.getvalue()


def replace_once(body, old, new):
    """``body`` with the only ``old`` replaced."""
    assert body.count(old) >= 1
    return body.replace(old, new, 1)


def tiff(entries, data=b"", *, count=None):
    """A TIFF of one directory: (tag, type 3 or 4, value) each; the data begins at byte 1000."""
    fields = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries) if count is None else count) + fields + bytes(4)
    return head.ljust(1000, b"\0") + data


RGB_TIFF = [(258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)]


def strip_entries(width, height, *more):
    strips = [(273, 4, 1000), (278, 4, height), (279, 4, width * height)]
    return sorted([(256, 4, width), (257, 4, height), *RGB_TIFF, *strips, *more])


def tile_entries(width, height, tile, compression=8):
    tiles = [(322, 4, tile), (323, 4, tile), (324, 4, 1000), (325, 4, 100)]
    base = [entry for entry in RGB_TIFF if entry[0] != 259]
    return sorted([(256, 4, width), (257, 4, height), (259, 3, compression), *base, *tiles])


def j2k(**changes):
    """A codestream of 64x64 with some numbers of its SIZ or COD replaced, by offset after the marker's length."""
    body = bytearray(noise_file("JPEG2000", (64, 64), "L", no_jp2=True))
    for marker, offset, raw in changes.get("at", ()):
        place = body.index(marker) + 4 + offset
        body[place : place + len(raw)] = raw
    return bytes(body)


def sof(width, height):
    return b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\1\x11\0\2\x11\0\3\x11\0"


def icon(picture):
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 8, 8, 0, 0, 1, 32, len(picture), 22) + picture


SIZ, COD = b"\xff\x51", b"\xff\x52"


@cache
def photo():
    return noise_file("JPEG", (16, 16), quality=90, subsampling=0)


def enlarged_photo():
    frame = photo().index(b"\xff\xc0") + 5
    return photo()[:frame] + struct.pack(">HH", 13_000, 13_000) + photo()[frame + 4 :]


def photo_with_two_frames():
    scan = photo().index(b"\xff\xda")
    return photo()[:scan] + sof(HUGE, HUGE) + photo()[scan:]


def jp2(old, new):
    return replace_once(noise_file("JPEG2000", (64, 64), "L"), old, new)


def cut_j2k():
    sizes = struct.pack(">II", 13_000, 13_000)
    return j2k(at=[(SIZ, 2, sizes), (SIZ, 18, sizes)])[:900]


def avif_of_another_size():
    size, lie = struct.pack(">II", 640, 480), struct.pack(">II", 8, 8)
    return replace_once(noise_file("AVIF", (640, 480), speed=10), b"ispe\0\0\0\0" + size, b"ispe\0\0\0\0" + lie)


def avif_with_a_track_of_another_size():
    moving = noise_file("AVIF", (640, 480), speed=10, save_all=True, append_images=[Image.new("RGB", (640, 480))])
    return replace_once(moving, struct.pack(">II", 640 << 16, 480 << 16), struct.pack(">II", 8 << 16, 8 << 16))


PIXELS = chunk(b"IDAT", zlib.compress(b"\0" * 25 * 8))
SMALL, LARGE = ihdr(8, 8), ihdr(HUGE, HUGE)
CONTRADICTIONS = {
    "SOF beyond bytes": (enlarged_photo, "for 13000x13000 (HxW), at least 990234 expected"),
    "two IHDR": (
        lambda: png(SMALL, LARGE, PIXELS),
        "PNG header chunks (IHDR): got 2, expected 1 (the second at byte 33)",
    ),
    "two IHDR of one size": (lambda: png(SMALL, SMALL, PIXELS), "PNG header chunks (IHDR): got 2"),
    "IHDR after IDAT": (lambda: png(SMALL, PIXELS, LARGE), "PNG header chunks (IHDR): got 2"),
    "two IHDR in ICO": (lambda: icon(png(SMALL, LARGE, PIXELS)), "PNG header chunks (IHDR): got 2"),
    "two SOF": (photo_with_two_frames, ""),
    "ImageWidth twice": (
        lambda: tiff(strip_entries(8, 8, (256, 4, HUGE)), bytes(64)),
        "2 times ImageWidth, expected 1: 8 and 60000",
    ),
    "tile beyond picture": (
        lambda: tiff(tile_entries(4, 4, 26_000), bytes(100)),
        "tiles of 26000x26000 (HxW) for an image of 4x4",
    ),
    "pixels beyond bytes": (
        lambda: tiff(strip_entries(12_000, 12_000), bytes(64)),
        "12000x12000 (HxW) = 144000000 bytes",
    ),
    "deflated beyond bytes": (
        lambda: tiff(tile_entries(12_000, 12_000, 12_000), bytes(100)),
        "expected at most 1201248",
    ),
    "ihdr not SIZ": (lambda: jp2(b"ihdr\0\0\0@", b"ihdr\x08\0\0\1"), "codestream (SIZ) 64x64 in 1"),
    "components not SIZ": (
        lambda: jp2(b"ihdr\0\0\0@\0\0\0@\0\1", b"ihdr\0\0\0@\0\0\0@\0\3"),
        "in 3 components",
    ),
    "samples beyond bytes": (cut_j2k, "13000x13000 (HxW) in 900 bytes"),
}
"""Makers of files by what is wrong with them, and what their finding contains."""
if features.check("avif"):
    CONTRADICTIONS["ispe not AV1"] = (avif_of_another_size, "AV1 data 480x640")
    CONTRADICTIONS["track not AV1"] = (avif_with_a_track_of_another_size, "AV1 data 480x640")
