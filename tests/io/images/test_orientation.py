"""The orientation that each library applies: against Pillow and OpenCV for each type of the tag, in EXIF and XMP."""

import base64
import io
import shutil
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from sample_images import encode_image, picture

from sm_imgcheck.core.types import Orientation
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.images.orientation import read_orientation
from sm_imgcheck.ops.kernels.color import orient

LIMIT = 10_000_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PIXELS = picture(16, 24)
TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "2I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "2i", 11: "f", 12: "d", 13: "I"}
TYPES |= {16: "Q", 99: "B", 129: "B"}
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
XMP_TEXT = b"XML:com.adobe.xmp\0\0\0\0\0"
ELEMENT = b"<rdf:Description><tiff:Orientation>8</tiff:Orientation></rdf:Description>"


def xmp(number):
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="{number}"/></x:xmpmeta>'.encode()


def value_bytes(order, kind, number):
    """One value of a TIFF type."""
    if kind == 2:
        return str(number).encode()
    return struct.pack(order + TYPES[kind], *((2 * number, 2) if kind in (5, 10) else (number,)))


def exif_block(order, kind, number, *, count=1):
    """An EXIF block with an orientation tag: 26 bytes, and the value where it needs more than four."""
    data = value_bytes(order, kind, number) * max(1, count)
    field = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(order + "I", 26)
    directory = struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, count) + field + bytes(4)
    return {"<": b"II*\0", ">": b"MM\0*"}[order] + directory + (data if len(data) > 4 else b"")


def segment(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def raw_profile(exif):
    """The text in which ImageMagick stores EXIF in a PNG."""
    block = b"Exif\0\0" + exif
    return b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n")


def encode_jpeg(exif, text):
    body = encode_image(Image.fromarray(PIXELS), "JPEG", quality=90)
    segments = [b"Exif\0\0" + exif] if exif is not None else []
    segments += [XMP_NAME + text] if text else []
    return body[:2] + b"".join(map(segment, segments)) + body[2:]


def encode_png(exif, text):
    body = encode_image(Image.fromarray(PIXELS), "PNG")
    chunks = [chunk(b"eXIf", exif)] if exif is not None else []
    chunks += [chunk(b"iTXt", XMP_TEXT + text)] if text else []
    return body[:33] + b"".join(chunks) + body[33:]


def encode_magick_png(exif, text):
    body = encode_png(None, text)
    return body if exif is None else body[:33] + chunk(b"zTXt", raw_profile(exif)) + body[33:]


def encode_webp(exif, text):
    return encode_image(Image.fromarray(PIXELS), "WEBP", lossless=True, exif=exif or b"", xmp=text or b"")


PLACEHOLDER = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x010E, 2, 4, 0x5A5A5A5A) + bytes(20)


def encode_avif(exif, text):
    """The EXIF block is replaced in the file: Pillow writes an orientation as a rotation of the container."""
    body = encode_image(Image.fromarray(PIXELS), "AVIF", quality=90, exif=PLACEHOLDER, xmp=text)
    assert body.count(PLACEHOLDER) == 1
    return body.replace(PLACEHOLDER, (exif or PLACEHOLDER).ljust(len(PLACEHOLDER), b"\0"))


def encode_tiff(exif, text):
    """An uncompressed TIFF with the fields of its size, the field of an EXIF block, and XMP."""
    order, data = ">" if exif and exif[:1] == b"M" else "<", PIXELS.tobytes()
    extra = struct.pack(order + "3H", 8, 8, 8) + (exif or b"")[26:]
    bits_at, text_at = 8 + len(data), 8 + len(data) + len(extra)
    fields = [(256, 3, 1, 24), (257, 3, 1, 16), (258, 3, 3, bits_at), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8)]
    fields += [(277, 3, 1, 3), (278, 3, 1, 16), (279, 4, 1, len(data))]
    entries = [
        struct.pack(order + ("HHIHxx" if kind == 3 and count == 1 else "HHII"), tag, kind, count, value)
        for tag, kind, count, value in fields
    ]
    if exif is not None:
        entry = exif[10:22] if len(exif) == 26 else exif[10:18] + struct.pack(order + "I", bits_at + 6)
        entries.insert(6, entry)
    if text:
        entries.append(struct.pack(order + "HHII", 700, 1, len(text), text_at))
    at = text_at + len(text or b"")
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return (
        {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", at) + data + extra + (text or b"") + directory
    )


ENCODERS = {
    "JPEG": encode_jpeg,
    "PNG": encode_png,
    "PNG of ImageMagick": encode_magick_png,
    "WebP": encode_webp,
    "TIFF": encode_tiff,
    "AVIF": encode_avif,
}
DECLARED = {
    f"{order}{kind}x{count}={number}, XMP {text}": (exif_block(order, kind, number, count=count), text)
    for order in "<>"
    for kind in TYPES
    for count, number in ((1, 6), (1, 0), (0, 6), (2, 6))
    for text in (None, 3)
    if (order, count) != (">", 0)
}
DECLARED |= {f"SHORT {number}": (exif_block("<", 3, number), 3) for number in (1, 2, 3, 4, 5, 7, 8, 9)}
DECLARED |= {f"XMP {number}": (None, number) for number in range(10)}


def difference(pixels, other):
    """The largest difference; 255 for different sizes."""
    return np.abs(pixels.astype(int) - other).max() if pixels.shape == other.shape else 255


def expected_orientations(body):
    """The orientations with which decoded pixels equal those of Pillow and of OpenCV."""
    plain = decode(body)
    by_pillow = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB"))
    by_opencv = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    turned = {number: orient(plain, orientation=number) for number in range(1, 9)}
    return tuple(min(turned, key=lambda number: difference(turned[number], image)) for image in (by_pillow, by_opencv))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Metadata Warning")
@pytest.mark.parametrize("form", ENCODERS)
def test_orientation_of_each_type_is_that_of_exif_transpose_and_of_opencv(form):
    for name, (exif, number) in DECLARED.items():
        body = ENCODERS[form](exif, None if number is None else xmp(number))
        header = read_header(body, max_pixels=LIMIT)
        assert (header.orientation.pillow, header.orientation.opencv) == expected_orientations(body), name
        assert bool(header.orientation.tags) == (header.orientation.choices != (1,)), name


# The kinds of declarations that differ between libraries: a byte, a fraction, no value, an unknown type, zero.
FEW = ((1, 6, 1), (5, 6, 1), (3, 6, 0), (99, 6, 1), (3, 0, 1), (3, 6, 1))


@pytest.mark.parametrize("form", ENCODERS)
def test_orientation_of_unusual_types_is_that_of_exif_transpose_and_of_opencv(form):
    for kind, number, count in FEW:
        body = ENCODERS[form](exif_block("<", kind, number, count=count), xmp(3))
        found = read_header(body, max_pixels=LIMIT).orientation
        assert (found.pillow, found.opencv) == expected_orientations(body), (kind, number, count)


@pytest.mark.parametrize(
    ("form", "kind", "count", "browser"),
    [
        ("JPEG", 3, 1, 6),
        ("JPEG", 4, 1, 1),
        ("JPEG", 3, 2, 1),
        ("PNG", 3, 1, 6),
        ("PNG of ImageMagick", 3, 1, 1),
        ("WebP", 3, 1, 1),
        ("AVIF", 3, 1, 1),
    ],
)
def test_browser_applies_one_short_of_jpeg_and_png_alone(form, kind, count, browser):
    body = ENCODERS[form](exif_block(">", kind, 6, count=count), xmp(3))
    assert read_header(body, max_pixels=LIMIT).orientation.browser == browser


# Draws each image on a canvas, as an upload form does.
CANVAS = """
async ([type, data]) => {
  const image = new Image()
  image.src = `data:${type};base64,${data}`
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = image.naturalWidth
  canvas.height = image.naturalHeight
  const context = canvas.getContext("2d")
  context.drawImage(image, 0, 0)
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data
  return [canvas.height, canvas.width, Array.from(pixels)]
}
"""
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WebP": "image/webp", "AVIF": "image/avif"}


@pytest.mark.slow
def test_orientation_of_each_type_is_that_of_a_browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (the group browser)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for name, (exif, number) in [*DECLARED.items()][::4]:
            for form, media_type in MEDIA_TYPES.items():
                body = ENCODERS[form](exif, None if number is None else xmp(number))
                height, width, data = page.evaluate(CANVAS, [media_type, base64.b64encode(body).decode()])
                image = np.array(data).reshape(height, width, 4)[..., :3]
                plain = decode(body)
                nearest = min(range(1, 9), key=lambda at: difference(orient(plain, orientation=at), image))
                assert read_header(body, max_pixels=LIMIT).orientation.browser == nearest, (form, name)
        browser.close()


@pytest.mark.parametrize(
    ("exif", "text", "words"),
    [
        (exif_block("<", 3, 6), b"", "EXIF orientation 6"),
        (exif_block(">", 4, 6), b"", "EXIF orientation 6"),
        (exif_block("<", 1, 6), b"", "EXIF orientation 6 (BYTE)"),
        (exif_block(">", 11, 6), xmp(3), "EXIF orientation 6 (FLOAT), XMP orientation 3"),
        (exif_block("<", 99, 6), xmp(3), "EXIF orientation 6 (type 99), XMP orientation 3"),
        (None, ELEMENT, "XMP orientation 8"),
        (exif_block("<", 3, 0), xmp(6), ""),
        (exif_block("<", 11, 6.5), b"", ""),
    ],
)
def test_orientation_has_the_words_of_the_tags_that_count(exif, text, words):
    assert read_orientation("JPEG", exif, text)[0].tags == words


EXIFS = [
    (b"", 1, "short header"),
    (b"XX*\0" + bytes(20), 1, "byte order"),
    (b"II\0*" + exif_block("<", 3, 6)[4:], 6, "byte order"),
    (b"II*\0" + struct.pack("<I", 9999) + bytes(10), 1, "first directory"),
    (b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 0x0112, 3, 1, 6, 0x0112, 3, 1, 1), 6, ""),
    (b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 0x0112, 1, 0, 6, 0x0112, 3, 1, 8), 8, ""),
    (b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 0x011A, 5, 1, 99, 0x0112, 3, 1, 6), 1, "is outside"),
    (b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 0x010F, 2, 900, 99, 0x0112, 3, 1, 6), 6, "is outside"),
    (b"II*\0" + struct.pack("<IHHHII", 8, 2, 0x0112, 3, 1, 3), 3, "runs past the end"),
    (b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 99, 1, 3), 1, "unknown type 99"),
    (b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x010E, 2, 90, 3), 1, "is outside"),
]


@pytest.mark.parametrize(("block", "orientation", "words"), EXIFS)
def test_exif_block_gives_orientation_and_problem(block, orientation, words):
    found, reason = read_orientation("JPEG", block)
    assert found.pillow == orientation
    assert words in reason
    assert bool(reason) == bool(words)


@pytest.mark.parametrize(("name", "opencv"), [(b"", 6), (b"Exif\0\0", 1)])
def test_png_exif_chunk_with_the_name_of_jpeg_is_read_by_pillow_alone(name, opencv):
    body = encode_png(name + exif_block("<", 3, 6), None)
    assert read_header(body, max_pixels=LIMIT).orientation.opencv == opencv
    assert expected_orientations(body) == (6, opencv)


@pytest.mark.parametrize("digits", [b"zz", b"456"])
def test_raw_profile_that_is_not_hexadecimal_is_a_corrupt_exif_block(digits):
    body = encode_png(None, None)
    body = body[:33] + chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  10\n" + digits) + body[33:]
    header = read_header(body, max_pixels=LIMIT)
    assert (header.orientation, "byte order" in header.exif_problem) == (Orientation(), True)


def test_png_text_after_the_pixels_counts():
    body = encode_png(None, None)
    body = body[:-12] + chunk(b"zTXt", raw_profile(exif_block(">", 3, 8))) + body[-12:]
    found = read_header(body, max_pixels=LIMIT).orientation
    assert (found.pillow, found.opencv) == expected_orientations(body) == (8, 1)


def test_jpeg_segment_with_another_name_is_not_read():
    body = encode_jpeg(None, None)
    body = body[:2] + segment(b"Exif\1\1" + exif_block("<", 3, 6)) + body[2:]
    assert read_header(body, max_pixels=LIMIT).orientation == Orientation()
    assert expected_orientations(body) == (1, 1)


def test_rotation_of_an_avif_container_is_not_applied_by_opencv():
    exif = Image.Exif()
    exif[0x0112] = 6  # Pillow writes it as a rotation of the container
    body = encode_image(Image.fromarray(PIXELS), "AVIF", exif=exif)
    found = read_header(body, max_pixels=LIMIT).orientation
    assert found == Orientation(pillow=6, opencv=1, browser=6, tags="container orientation 6")
    assert expected_orientations(body) == (6, 1)
    plain = encode_image(Image.fromarray(PIXELS), "AVIF")
    assert read_header(plain, max_pixels=LIMIT).orientation == Orientation()


def test_rotation_of_an_avif_container_replaces_exif_for_pillow():
    found = read_header(encode_avif(exif_block("<", 3, 6), None), max_pixels=LIMIT).orientation
    assert found == Orientation(pillow=1, opencv=6, tags="EXIF orientation 6, container orientation 1")


def two_tags(*, first=(0x010F, 2, 2, b"a\0\0\0"), second=(0x0112, 3, 1, b"\6\0\0\0"), count=2):
    """An EXIF block with two entries."""
    entries = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in (first, second))
    return b"II*\0" + struct.pack("<IH", 8, count) + entries + bytes(4)


SEGMENTS = {
    "no orientation": two_tags(second=(0x0110, 2, 2, b"a\0\0\0")),
    "bad byte order": b"XX*\0" + two_tags()[4:],
    "end of the directory missing": two_tags(second=(0x0110, 2, 2, b"a\0\0\0"), count=9),
    "value outside": two_tags(first=(0x010E, 2, 5000, struct.pack("<I", 100))),
    "6": exif_block("<", 3, 6),
    "3": exif_block("<", 3, 3),
    "0": exif_block("<", 3, 0),
    "empty": b"",
}


@pytest.mark.parametrize("first", SEGMENTS)
@pytest.mark.parametrize("second", SEGMENTS)
def test_orientation_of_two_exif_segments_is_that_of_opencv(first, second):
    body = encode_image(Image.fromarray(PIXELS), "JPEG")
    segments = b"".join(segment(b"Exif\0\0" + SEGMENTS[name]) for name in (first, second))
    header = read_header(body[:2] + segments + body[2:], max_pixels=LIMIT)
    stored = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    shown = cv2.imdecode(np.frombuffer(body[:2] + segments + body[2:], np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(orient(stored, orientation=header.orientation.opencv), shown)


def test_profile_of_empty_lines_is_read_in_bounded_memory():
    body = encode_image(Image.fromarray(PIXELS), "PNG")
    lines = chunk(b"tEXt", b"Raw profile type exif\0" + b"\n" * 4_000_000)
    body = body[:33] + lines + body[33:]
    tracemalloc.start()
    header = read_header(body, max_pixels=LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert header.orientation == Orientation()
    assert peak < 8 * len(lines)
