"""Image header metadata and pixels: against Pillow and OpenCV as users call them, and without simplejpeg."""

import contextlib
import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile
from sample_images import encode_image, jpeg, picture

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Orientation
from sm_imgcheck.io.images import decode_jpeg
from sm_imgcheck.io.images.content import image_format, name_content
from sm_imgcheck.io.images.decode import decode, decode_with_header
from sm_imgcheck.io.images.decode_jpeg import fast_dct_jpeg
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.images.icc import join_icc, read_icc
from sm_imgcheck.io.images.jpeg import MAX_JPEG_SEGMENTS, jpeg_segments, scan_jpeg
from sm_imgcheck.io.images.quiet import name_failure
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.rules.source_image import MOST_FRAMES

LIMIT = 10_000_000
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def problem(body, **options):
    with pytest.raises(CandidateError) as caught:
        decode(body, **{"max_pixels": LIMIT, **options})
    return caught.value.code, caught.value.problem


def plain(body, mode="RGB"):
    return np.asarray(Image.open(io.BytesIO(body)).convert(mode))


def chunk(name, data, *, checksum=None):
    guard = zlib.crc32(name + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", guard)


def with_chunk(body, name, data, **options):
    """A PNG with one more chunk after its header."""
    return body[:33] + chunk(name, data, **options) + body[33:]


def with_segment(body, marker, data):
    """A JPEG with one more segment at its beginning."""
    return body[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data + body[2:]


@pytest.fixture
def no_simplejpeg(monkeypatch):
    monkeypatch.setattr(decode_jpeg, "turbo_jpeg", lambda *_, **__: (None, ""))


JPEGS = {
    "4:2:0": {},
    "4:2:2": {"subsampling": 1},
    "4:4:4": {"subsampling": 0},
    "progressive": {"progressive": True},
    "gray": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
    "restart": {"restart_marker_blocks": 3},
}


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("size", [(48, 64), (17, 31), (1, 1), (3, 2)], ids=str)
def test_jpeg_pixels_equal_pillow_with_and_without_simplejpeg(options, size, monkeypatch):
    mode = options.get("mode", "RGB")
    image = Image.fromarray(picture()).crop((0, 0, size[1], size[0])).convert(mode)
    body = encode_image(image, "JPEG", **{key: value for key, value in options.items() if key != "mode"})
    expected = np.asarray(Image.open(io.BytesIO(body))).reshape(*size, -1)
    quick = decode(body)
    monkeypatch.setattr(decode_jpeg, "turbo_jpeg", lambda *_, **__: (None, ""))
    assert np.array_equal(quick, expected)
    assert np.array_equal(decode(body), expected)
    assert read_header(body, max_pixels=LIMIT).mode == mode


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("size", [(48, 64), (17, 31), (2, 2), (40, 5)], ids=str)
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.sample(3)
def test_fast_dct_pixels_are_equal_without_simplejpeg(options, size, gray, monkeypatch):
    body = jpeg(np.ascontiguousarray(picture()[: size[0], : size[1]]), **options)
    quick = decode(body, dct="tensorflow", gray=gray)
    monkeypatch.setattr(decode_jpeg, "turbo_jpeg", lambda *_, **__: (None, ""))
    assert np.array_equal(decode(body, dct="tensorflow", gray=gray), quick)


def test_fast_dct_of_440_subsampling_equals_the_default_path():
    # 4:4:0: OpenCV writes it, Pillow does not.
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440]
    body = cv2.imencode(".jpg", picture(33, 21), sampling)[1].tobytes()
    header = read_header(body, max_pixels=LIMIT)
    assert header.subsampling == "4:4:0"
    assert np.array_equal(fast_dct_jpeg(body, header, "RGB"), decode(body, dct="tensorflow"))


@pytest.mark.parametrize("cut", [None, -300])
def test_441_subsampling_decodes_as_pillow_and_its_damage_is_reported(cut):
    # No writer here makes 4:4:1: a 4:1:1 file with both axes swapped in its header is a valid one.
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411]
    body = bytearray(cv2.imencode(".jpg", picture(64, 96), sampling)[1].tobytes())
    frame = body.index(b"\xff\xc0") + 5
    body[frame : frame + 4] = struct.pack(">HH", 96, 64)
    body[frame + 6] = 0x14
    body = bytes(body if cut is None else body[:cut] + body[-2:])
    header = read_header(body, max_pixels=LIMIT)
    pixels, header = decode_with_header(body, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert header.subsampling == "4:4:1"
    assert np.array_equal(pixels, plain(body))
    assert bool(header.warnings) == (cut is not None)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_gray_plane_of_jpeg_equals_opencv(mode, no_simplejpeg):
    body = jpeg(mode=mode)
    expected = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(decode(body, gray=True)[..., 0], expected)


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "L"), ("BMP", "RGB"), ("WEBP", "RGB"), ("TIFF", "RGB")]
)
def test_gray_plane_of_other_formats_equals_opencv(form, mode, capfd):
    body = encode_image(Image.fromarray(picture()).convert(mode), form)
    expected = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(decode(body, gray=True)[..., 0], expected)
    assert capfd.readouterr() == ("", "")


def test_gray_plane_of_ico_has_one_channel():
    body = encode_image(Image.fromarray(picture()), "ICO", sizes=[(32, 32)])
    assert decode(body, gray=True).shape == (24, 32, 1)


OTHERS = [
    ("PNG", "1", "L"),
    ("PNG", "L", "L"),
    ("PNG", "LA", "LA"),
    ("PNG", "P", "RGB"),
    ("PNG", "RGB", "RGB"),
    ("PNG", "RGBA", "RGBA"),
    ("WEBP", "RGB", "RGB"),
    ("WEBP", "RGBA", "RGBA"),
    ("BMP", "L", "L"),
    ("BMP", "RGB", "RGB"),
    ("GIF", "P", "RGB"),
    ("TIFF", "CMYK", "CMYK"),
    ("TIFF", "RGBA", "RGBA"),
    ("TIFF", "1", "L"),
    ("JPEG2000", "RGB", "RGB"),
    ("AVIF", "RGB", "RGB"),
]


@pytest.mark.parametrize(("form", "mode", "expected"), OTHERS)
def test_other_formats_equal_pillow(form, mode, expected):
    image = Image.fromarray(picture()).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(picture(seed=1)[..., 0]))
    body = encode_image(image, form)
    header = read_header(body, max_pixels=LIMIT)
    assert (header.format, header.mode, header.height, header.width) == (form, expected, 48, 64)
    assert np.array_equal(decode(body), plain(body, expected).reshape(48, 64, -1))


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_transparent_color_becomes_alpha(mode):
    image = Image.fromarray(picture()).convert(mode)
    body = encode_image(image, "PNG", transparency=(image.getpixel((0, 0))))
    pixels = decode(body)
    assert pixels.shape[2] == (2 if mode == "L" else 4)
    assert pixels[0, 0, -1] == 0
    assert pixels[..., -1].max() == 255


def test_sixteen_bit_samples_keep_their_range():
    deep = (np.arange(48 * 64, dtype=np.uint32).reshape(48, 64) * 21).astype(np.uint16)
    for form in ("PNG", "TIFF"):
        body = encode_image(Image.fromarray(deep), form)
        assert read_header(body, max_pixels=LIMIT).bits == 16
        assert np.array_equal(decode(body)[..., 0], deep)


def test_32_bit_samples_stay_float32():
    body = encode_image(Image.fromarray(picture()[..., 0].astype(np.float32)), "TIFF")
    assert read_header(body, max_pixels=LIMIT).bits == 32
    assert decode(body).dtype == np.float32


def test_frames_are_counted_and_the_first_is_decoded():
    frames = [Image.fromarray(picture(seed=seed)) for seed in range(3)]
    for form in ("GIF", "TIFF", "WEBP", "PNG", "AVIF"):
        more = {"lossless": True} if form == "WEBP" else {}
        body = encode_image(frames[0], form, save_all=True, append_images=frames[1:], **more)
        header = read_header(body, max_pixels=LIMIT)
        assert header.frames == 3, form
        assert np.array_equal(decode(body), plain(body, header.mode)), form
    body = encode_image(frames[0], "MPO", save_all=True, append_images=frames[1:])
    header = read_header(body, max_pixels=LIMIT)
    assert (header.format, header.frames, header.trailing_bytes) == ("JPEG", 3, 0)


def test_frame_count_stops_at_its_limit():
    body = encode_image(Image.fromarray(picture(4, 4, 1)[..., 0]), "GIF")
    one = body.index(b",")
    many = body[:one] + body[one:-1] * (MOST_FRAMES + 5) + b";"
    assert read_header(many, max_pixels=LIMIT).frames == MOST_FRAMES


def test_icc_profile_has_name_gamut_and_problem():
    assert read_icc(SRGB) == ("sRGB built-in", False, "")
    tags = {
        SRGB[at : at + 4]: struct.unpack(">II", SRGB[at + 4 : at + 12]) for at in range(132, 132 + 12 * SRGB[131], 12)
    }
    start = tags[b"rXYZ"][0]
    wide = SRGB[: start + 8] + struct.pack(">i", 40_000) + SRGB[start + 12 :]
    assert read_icc(wide)[1:] == (True, "")
    assert read_icc(SRGB[:100])[2] != ""
    assert "declares" in read_icc(SRGB[:-10])[2]
    assert read_icc(b"") == ("", False, "")
    for form in ("JPEG", "PNG", "WEBP", "TIFF"):
        header = read_header(encode_image(Image.fromarray(picture()), form, icc_profile=wide), max_pixels=LIMIT)
        assert (header.icc, header.wide_gamut, header.icc_problem) == ("sRGB built-in", True, ""), form


def test_icc_profile_pieces_are_joined_in_order():
    assert join_icc((b"\2\2cd", b"\1\2ab")) == (b"abcd", "")
    for pieces in ((b"\1\2ab",), (b"\1\2ab", b"\1\2cd"), (b"\1\2ab", b"\2\3cd"), (b"",)):
        profile, said = join_icc(pieces)
        assert profile == b""
        assert "missing or double" in said
    many = tuple(bytes([number, 255]) + b"x" for number in range(2, 255))
    assert join_icc(many)[1] == "has 253 pieces of 255 (number 2, 3, 4, 5, 6, 7, 8, 9 ...): some are missing or double"


def test_icc_srgb_converts_through_the_profile():
    image = Image.fromarray(picture())
    same = decode(encode_image(image, "PNG", icc_profile=SRGB), icc="srgb")
    assert np.abs(same.astype(int) - picture()).max() <= 1
    broken = encode_image(image, "PNG", icc_profile=SRGB[:200] + bytes(len(SRGB) - 200))
    header = read_header(broken, max_pixels=LIMIT)
    pixels, header = decode_with_header(broken, header, dct="accurate", gray=False, truncated="reject", icc="srgb")
    assert np.array_equal(pixels, picture())
    assert "cannot be used" in header.icc_problem


def test_icc_srgb_of_a_wide_gamut_image_equals_little_cms():
    tags = {
        SRGB[at : at + 4]: struct.unpack(">II", SRGB[at + 4 : at + 12]) for at in range(132, 132 + 12 * SRGB[131], 12)
    }
    start = tags[b"gXYZ"][0]
    wide = SRGB[: start + 8] + struct.pack(">i", 14_000) + SRGB[start + 12 :]
    body = encode_image(Image.fromarray(picture()).convert("RGBA"), "PNG", icc_profile=wide)
    made = decode(body, icc="srgb")
    reference = ImageCms.profileToProfile(
        Image.fromarray(picture()),
        ImageCms.ImageCmsProfile(io.BytesIO(wide)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert np.array_equal(made[..., :3], np.asarray(reference))
    assert made[..., 3].min() == 255
    assert not np.array_equal(made[..., :3], picture())


@pytest.mark.parametrize("simple", [True, False])
def test_truncated_jpeg_is_refused_or_filled_like_libjpeg(simple, request, monkeypatch):
    if not simple:
        request.getfixturevalue("no_simplejpeg")
    body = jpeg(picture(256, 320), quality=95)
    start = scan_jpeg(body).start
    cut = body[: start + (len(body) - start) * 3 // 4]
    code, said = problem(cut)
    assert code == "SRC110"
    assert "rows are missing" in said
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    expected = plain(cut)
    monkeypatch.undo()
    assert np.array_equal(decode(cut, truncated="allow"), expected)
    header = read_header(cut, max_pixels=LIMIT)
    _, header = decode_with_header(cut, header, dct="accurate", gray=False, truncated="allow", icc="ignore")
    assert header.truncated
    assert 0.1 < header.rows_lost < 0.4
    most = body[: start + (len(body) - start) // 5]
    assert problem(most)[0] == "SRC111"
    assert problem(most, truncated="allow")[0] == "SRC111"


@pytest.mark.parametrize(
    ("lost", "progressive", "words"),
    [
        (1, False, "its image data is complete"),
        (2, False, "its image data is complete"),
        (4, False, "the last rows or details are missing"),
        (2, True, "the last rows or details may be missing"),
    ],
)
def test_jpeg_without_its_last_bytes_is_complete_or_truncated(lost, progressive, words):
    code, said = problem(jpeg(picture(64, 64), quality=95, progressive=progressive)[:-lost])
    assert (code, words in said) == ("SRC110", True)


def test_jpeg_that_ends_before_a_restart_marker_lacks_rows():
    body = jpeg(picture(128, 64), quality=90, restart_marker_rows=1)
    at = body.index(b"\xff\xd5")
    assert " % of 128 rows are missing" in problem(body[:at])[1]
    last = body.rindex(b"\xff\xd6")
    assert "image data is complete" not in problem(body[:last])[1]


def test_jpeg_without_end_marker_is_decoded_with_a_warning():
    body = jpeg()[:-2]
    header = read_header(body, max_pixels=LIMIT)
    assert header.truncated
    pixels, heard = decode_with_header(body, header, dct="accurate", gray=False, truncated="allow", icc="ignore")
    assert np.array_equal(pixels, decode(body + b"\xff\xd9"))
    assert heard.warnings


def test_damage_ignored_by_pillow_becomes_a_warning():
    body = bytearray(jpeg(picture(256, 320), quality=95, subsampling=0))
    middle = (scan_jpeg(bytes(body)).start + len(body)) // 2
    body[middle : middle + 60] = bytes(range(1, 61))
    body[middle + 30 : middle + 32] = b"\xff\xd3"
    header = read_header(bytes(body), max_pixels=LIMIT)
    pixels, heard = decode_with_header(
        bytes(body), header, dct="accurate", gray=False, truncated="reject", icc="ignore"
    )
    assert any("Corrupt JPEG data" in said for said in heard.warnings)
    assert np.array_equal(pixels, plain(bytes(body)))


def cut_within(body, *, share, end=b"\xff\xd9"):
    """A JPEG whose first scan ends after ``share`` of its data, followed by ``end``."""
    inside, after = next((inside, after) for marker, _, inside, after in jpeg_segments(body) if marker == 0xDA)
    return body[: inside + 12 + int((after - inside - 12) * share)] + end


@pytest.mark.parametrize("simple", [True, False])
@pytest.mark.parametrize("options", [*JPEGS.values(), {"restart_marker_rows": 1}])
def test_severely_truncated_jpeg_is_refused_by_each_decoder(options, simple, request):
    if not simple:
        request.getfixturevalue("no_simplejpeg")
    tall = picture(320, 240) if options.get("mode") != "L" else picture(320, 240)[..., 0]
    body = jpeg(tall, **options)
    code, said = problem(cut_within(body, share=0.2))
    assert code == "SRC111"
    assert "rows are missing" in said
    header = read_header(body, max_pixels=LIMIT)
    _, heard = decode_with_header(
        cut_within(body, share=0.8), header, dct="accurate", gray=False, truncated="reject", icc="ignore"
    )
    assert 0.05 < heard.rows_lost < 0.4


@pytest.mark.parametrize("simple", [True, False])
@pytest.mark.parametrize("options", [*JPEGS.values(), {"restart_marker_rows": 1}])
def test_jpeg_with_gray_lower_part_is_complete_for_each_decoder(options, simple, request):
    if not simple:
        request.getfixturevalue("no_simplejpeg")
    gray = np.full((320, 240, 3), 128, np.uint8)
    for image in (gray, np.vstack([picture(96, 240), gray[96:]])):
        body = jpeg(image, **options)
        header = read_header(body, max_pixels=LIMIT)
        pixels, heard = decode_with_header(body, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
        assert heard == header
        assert pixels.shape[:2] == (320, 240)


def test_stray_bytes_with_damage_decode_equally_without_simplejpeg(monkeypatch):
    body = jpeg(picture(320, 240))
    cut = cut_within(body[:20] + b"stray" + body[20:], share=0.2)
    expected = decode(cut)
    monkeypatch.setattr(decode_jpeg, "turbo_jpeg", lambda *_, **__: (None, ""))
    assert np.array_equal(decode(cut), expected)


def test_stray_bytes_and_damaged_profiles_keep_the_pixels():
    whole = jpeg()
    stray = whole[:20] + b"abc" + whole[20:]
    header = read_header(stray, max_pixels=LIMIT)
    assert header.warnings == ("3 stray bytes between JPEG segments",)
    profile = with_segment(whole, 0xE2, b"ICC_PROFILE\0\1\2half")
    header = read_header(profile, max_pixels=LIMIT)
    pixels, heard = decode_with_header(profile, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert "missing or double" in heard.icc_problem
    assert heard.warnings == ()
    assert np.array_equal(pixels, decode(whole))


def test_bytes_after_the_end_are_counted():
    assert read_header(jpeg() + b"12345", max_pixels=LIMIT).trailing_bytes == 5
    for form in ("PNG", "GIF", "WEBP"):
        body = encode_image(Image.fromarray(picture()), form)
        assert read_header(body, max_pixels=LIMIT).trailing_bytes == 0
        assert read_header(body + b"1234", max_pixels=LIMIT).trailing_bytes == 4, form


def segments(*parts):
    return b"\xff\xd8" + b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(d) + 2) + d for m, d in parts)


def frame(height, width, components=1, bits=8):
    return struct.pack(">BHHB", bits, height, width, components) + b"\1\x11\0" * components


BROKEN = [
    (segments((0xE0, b"JFIF\0")), "SRC112", "frame header"),
    (segments((0xC0, frame(8, 8))), "SRC112", "no scan"),
    (segments((0xC0, frame(0, 8))), "SRC112", "got 0x8"),
    (segments((0xC0, frame(60_000, 60_000))), "SRC120", "60000x60000 (HxW)"),
    (segments((0xC3, frame(8, 8))), "SRC106", "lossless"),
    (segments((0xC5, frame(8, 8))), "SRC106", "hierarchical"),
    (segments((0xC1, frame(8, 8, bits=12))), "SRC106", "12 bits"),
    (segments((0xC0, frame(8, 8, bits=9))), "SRC112", "corrupt"),
    (segments((0xC0, frame(8, 8, components=2))), "SRC112", "2 components"),
    (b"\xff\xd8" + b"\xff\xfe\0\2" * (MAX_JPEG_SEGMENTS + 1), "SRC112", "segments"),
    (segments((0xC2, frame(3000, 3000))) + b"\xff\xda\0\2" * 200 + b"\xff\xd9", "SRC120", "got 200"),
    (b"GIF89a" + struct.pack("<HHBBB", 60_000, 60_000, 0, 0, 0), "SRC120", "60000x60000"),
    (b"BM" + bytes(12) + struct.pack("<Iii", 40, 60_000, -60_000), "SRC120", "60000x60000"),
    (b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\x3f\xff\xff\x3f", "SRC120", "4194304"),
    (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), "SRC120", "60000"),
    (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b""), "SRC112", "IHDR"),
    (b"RIFF\0\0\0\0WEBPjunk", "SRC112", "cannot be decoded"),
    (b"BM", "SRC112", "cannot be decoded"),
    (b"\0\0\1\0\0\0", "SRC112", "cannot be decoded"),
    (b"II*\0", "SRC112", "cannot be decoded"),
]


@pytest.mark.parametrize(("body", "code", "words"), BROKEN, ids=[case[2] for case in BROKEN])
def test_damaged_header_is_reported_before_allocation(body, code, words):
    found, said = problem(body)
    assert (found, words in said) == (code, True), said


def test_png_checksum_errors_are_reported_by_chunk():
    body = encode_image(Image.fromarray(picture()), "PNG")
    at = body.index(b"IDAT") + 10
    broken = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    assert problem(broken) == ("SRC112", "corrupt PNG: wrong checksum of the 'IDAT' chunk")
    odd = with_chunk(body, b"tIME", bytes(7), checksum=1)
    pixels, header = decode_with_header(
        odd, read_header(odd, max_pixels=LIMIT), dct="accurate", gray=False, truncated="reject", icc="ignore"
    )
    assert "wrong checksum of the 'tIME' chunk" in header.warnings[0]
    assert np.array_equal(pixels, picture())


def test_png_with_invalid_icc_chunk_is_decoded_without_it():
    body = with_chunk(encode_image(Image.fromarray(picture()), "PNG"), b"iCCP", b"name\0\7junk")
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(body))
    header = read_header(body, max_pixels=LIMIT)
    pixels, heard = decode_with_header(body, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert np.array_equal(pixels, picture())
    assert "cannot be decoded" in heard.refused
    assert "compression method" in header.icc_problem


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (b"zTXt", b"k\0\0" + zlib.compress(bytes(3 << 20))),
        (b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(3 << 20))),
        (b"iCCP", b"k\0\0" + zlib.compress(bytes(3 << 20))),
    ],
)
def test_metadata_bomb_is_reported_without_inflating_it(name, data):
    body = with_chunk(encode_image(Image.fromarray(picture()), "PNG"), name, data)
    assert problem(body)[0] == "SRC121"


def test_bmp_rejected_by_pillow_is_decoded_by_opencv(capfd):
    body = bytearray(encode_image(Image.fromarray(picture()), "BMP"))
    whole = decode(bytes(body))
    body[14] = 66  # a header size unknown to Pillow; the first 40 bytes are the usual ones
    body[10] += 26
    body[54:54] = bytes(26)
    header = read_header(bytes(body), max_pixels=LIMIT)
    pixels, heard = decode_with_header(
        bytes(body), header, dct="accurate", gray=False, truncated="reject", icc="ignore"
    )
    assert np.array_equal(pixels, whole)
    assert "Unsupported BMP header" in heard.refused
    assert capfd.readouterr() == ("", "")


def test_libtiff_output_is_not_printed(capfd):
    body = encode_image(Image.fromarray(picture()).convert("1"), "TIFF", compression="group4")
    broken = body[:8] + bytes(byte ^ 0x5A for byte in body[8:40]) + body[40:]
    with contextlib.suppress(CandidateError):
        decode(broken)
    assert capfd.readouterr() == ("", "")


def damaged_tiff(mode, compression):
    """A TIFF of several strips, one of which begins with nonsense."""
    body = bytearray(encode_image(Image.fromarray(picture(200, 300)).convert(mode), "TIFF", compression=compression))
    with Image.open(io.BytesIO(body)) as image:
        strips = image.tag_v2[273]
    at = strips[len(strips) // 2]
    body[at : at + 20] = bytes(range(200, 220))
    return bytes(body)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "YCbCr"])
def test_tiff_with_a_damaged_strip_is_refused(mode, compression, capfd):
    if mode == "YCbCr" and not sys.platform.startswith("linux"):
        pytest.skip("what libtiff prints can be heard on Linux only")
    code, said = problem(damaged_tiff(mode, compression))
    assert code == "SRC112"
    assert "cannot be decoded: " in said
    assert capfd.readouterr() == ("", "")


def big_endian_bigtiff(strip, *, width=64, orientation=1):
    """A big-endian BigTIFF of 64 rows of gray pixels in one deflated strip: a container unknown to Pillow."""
    tags = [(256, width), (257, 64), (258, 8), (259, 8), (262, 1), (273, 240), (274, orientation), (277, 1), (278, 64)]
    tags.append((279, len(strip)))
    fields = b"".join(struct.pack(">HHQHHI", tag, 3, 1, value, 0, 0) for tag, value in tags)
    return (b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, len(tags)) + fields).ljust(240, b"\0") + strip


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"mode": "L"}, {"mode": "L", "gray": True}])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_is_decoded_as_stored_and_rotated_by_orient(orientation, options):
    mode, stored = options.get("mode", "RGB"), Image.fromarray(picture(24, 36)).convert(options.get("mode", "RGB"))
    body = encode_image(stored, "TIFF", compression=options.get("compression"), tiffinfo={274: orientation})
    header = read_header(body, max_pixels=LIMIT)
    assert (header.height, header.width, header.orientation.pillow) == (24, 36, orientation)
    pixels = decode(body, gray=options.get("gray", False))
    assert np.array_equal(pixels, np.asarray(stored).reshape(24, 36, -1))
    assert np.array_equal(orient(pixels, orientation=orientation).squeeze(), plain(body, mode))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_tiff_with_invalid_orientation_is_not_rotated(value):
    body = encode_image(Image.fromarray(picture(24, 36)), "TIFF", tiffinfo={274: value})
    assert read_header(body, max_pixels=LIMIT).orientation == Orientation()
    assert np.array_equal(decode(body), picture(24, 36))


def test_tiff_decoded_by_opencv_is_returned_as_stored():
    strip = zlib.compress(picture(64, 40)[..., 0].tobytes())
    straight, turned = (big_endian_bigtiff(strip, width=40, orientation=turn) for turn in (1, 6))
    assert read_header(turned, max_pixels=LIMIT).orientation.opencv == 6
    assert decode(straight).shape == (64, 40, 3)
    assert np.array_equal(decode(turned), decode(straight))


def test_tiff_decoded_by_opencv_is_complete_or_refused(capfd):
    gray = picture(64, 64, 1)
    strip = zlib.compress(gray.tobytes())
    body = big_endian_bigtiff(strip)
    header = read_header(body, max_pixels=LIMIT)
    pixels, heard = decode_with_header(body, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert np.array_equal(pixels, np.repeat(gray, 3, axis=2))
    assert heard.refused
    assert problem(big_endian_bigtiff(bytes(20) + strip[20:]))[0] == "SRC112"
    assert capfd.readouterr() == ("", "")


def test_damaged_group4_tiff_is_decoded_with_warnings():
    image = Image.fromarray(picture(200, 300)).convert("1")
    body = bytearray(encode_image(image, "TIFF", compression="group4"))
    body[2000:2004] = bytes(4)
    header = read_header(bytes(body), max_pixels=LIMIT)
    _, heard = decode_with_header(bytes(body), header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert bool(heard.warnings) == sys.platform.startswith("linux")
    assert not any("tempfile" in said for said in heard.warnings)


def test_avif_brand_unknown_to_pillow_is_reported():
    body = encode_image(Image.fromarray(picture()), "AVIF")
    assert read_header(body, max_pixels=LIMIT).refused == ""
    broken = body.replace(b"ftypavif", b"ftypav*f")
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(broken))
    header = read_header(broken, max_pixels=LIMIT)
    pixels, heard = decode_with_header(broken, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    assert np.array_equal(pixels, decode(body))
    assert "unrecognized AVIF signature: got ... ftypav*f" in heard.refused


def test_decoder_errors_contain_no_python_type_names():
    said = [name_failure(TypeError("'NoneType' object is not iterable")), name_failure(SyntaxError("108"))]
    assert said == ["its structure is damaged"] * 2
    assert name_failure(OSError("broken data stream")) == "broken data stream"
    assert name_failure(ValueError(f"Invalid token for this mode: {b'x'}")) == "Invalid token for this mode: 'x'"


CONTENTS = [
    (b"", "SRC102", "empty"),
    (b"<!DOCTYPE html><html>", "SRC103", "HTML"),
    (b'\xef\xbb\xbf {"error": "no"}', "SRC103", "JSON"),
    (b"<?xml version='1.0'?><feed/>", "SRC103", "XML"),
    (b"<?xml version='1.0'?><svg xmlns=''/>", "SRC104", "SVG"),
    (b"<svg/>", "SRC104", "SVG"),
    (b"/9j/4AAQSkZJRg", "SRC103", "base64"),
    (b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==", "SRC103", "base64"),
    (b"data:image/png;base64,iVBORw0KGgo", "SRC103", "data: URL"),
    (b"hello there", "SRC103", "text"),
    (b"PK\x03\x04", "SRC103", "zip"),
    (b"\x1f\x8b\x08", "SRC103", "gzip"),
    (b"version https://git-lfs.github.com/spec/v1", "SRC103", "git lfs pull"),
    (b"%PDF-1.7", "SRC104", "PDF"),
    (b"%!PS-Adobe-3.0 EPSF", "SRC104", "PostScript"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "SRC104", "HEIC"),
    (b"\0\0\0\x18ftypisom\0\0\0\0", "SRC103", "video"),
    (b"\xff\x0a\0\0", "SRC104", "JPEG XL"),
    (b"\xff\xd8\xfe\xe0", "SRC105", "corrupt"),
    (b"\x89PNG\n\x1a\n\0", "SRC105", "corrupt"),
    (bytes(range(1, 40)), "SRC105", "unknown signature"),
]


@pytest.mark.parametrize(("body", "code", "words"), CONTENTS, ids=[case[2] for case in CONTENTS])
def test_non_image_bytes_are_named_by_content(body, code, words):
    assert image_format(body) == ""
    found, said = name_content(body)
    assert (found, words in said) == (code, True), said


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_raise_only_candidate_errors(seed, capfd):
    rng = np.random.default_rng(seed)
    image = Image.fromarray(picture(24, 32))
    bodies = [encode_image(image, form) for form in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO", "JPEG2000")]
    for body in bodies * 12:
        mutant = bytearray(body[: rng.integers(1, len(body) + 1)])
        for at in rng.integers(0, min(len(mutant), 200), 4):
            mutant[at] = rng.integers(0, 256)
        with contextlib.suppress(CandidateError):
            assert decode(bytes(mutant), max_pixels=100_000, truncated="allow").ndim == 3
    assert capfd.readouterr() == ("", "")
