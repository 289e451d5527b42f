"""Netpbm images (PBM, PGM, PPM): pixels as Pillow and OpenCV read them, and files that cannot hold them."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

from sm_imgcheck import validate
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.content import image_format, name_content
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.io.images.header import read_header

PIXELS = picture(9, 13)
GRAY = PIXELS[..., 1]


def plain(kind, values, *white):
    """A file whose samples are decimal numbers, with comments."""
    head = "\n".join(["# made by hand", "13 # width", "9", *map(str, white)])
    return f"P{kind}\n{head}\n{' '.join(map(str, values.ravel()))}\n".encode()


FILES = {
    "P1": plain(1, (GRAY < 90).astype(int)),
    "P2": plain(2, GRAY // 3, 100),
    "P3": plain(3, PIXELS, 255),
    "P4": encode_image(Image.fromarray(GRAY).convert("1"), "PPM"),
    "P5": encode_image(Image.fromarray(GRAY), "PPM"),
    "P5 of 16 bits": encode_image(Image.fromarray(GRAY.astype(np.uint16) * 257), "PPM"),
    "P6": encode_image(Image.fromarray(PIXELS), "PPM"),
    "P6 with a comment": b"P6 # comment\n13 9\n255\n" + PIXELS.tobytes(),
}


@pytest.mark.parametrize("name", FILES)
def test_pixels_equal_pillow(name):
    body = FILES[name]
    header = read_header(body, max_pixels=1000)
    image = Image.open(io.BytesIO(body))
    assert (header.format, header.height, header.width) == ("PPM", 9, 13)
    assert header.bits == {"P1": 1, "P4": 1, "P5 of 16 bits": 16}.get(name, 8)
    expected = np.asarray(image if header.bits == 16 else image.convert("RGB" if header.mode == "RGB" else "L"))
    assert np.array_equal(decode(body), expected.reshape(9, 13, -1))


@pytest.mark.parametrize("name", ["P3", "P4", "P5", "P6"])
def test_pixels_equal_opencv(name):
    expected = cv2.imdecode(np.frombuffer(FILES[name], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.array_equal(np.broadcast_to(decode(FILES[name]), expected.shape), expected)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (FILES["P6"][:-100], "SRC110", "truncated: 28 % of the pixels of"),
        (FILES["P6"][:60], "SRC111", "truncated"),
        (FILES["P3"][:120], "SRC111", "truncated"),
        (b"P6 100000 100000 255\n", "SRC120", "max_pixels"),
        (b"P5 2 2 65536\n" + bytes(8), "SRC112", "up to 65535"),
        (b"P5 2 2 0\n" + bytes(8), "SRC112", "cannot be decoded"),
        (b"P5 0 2 255\n", "SRC112", "at least 1x1"),
    ],
)
def test_impossible_files_are_refused(body, code, words):
    with pytest.raises(CandidateError, match=words) as caught:
        decode(body, max_pixels=1000)
    assert caught.value.code == code


def test_slow_encodings_of_many_pixels_are_refused():
    with pytest.raises(CandidateError, match="too much work") as caught:
        read_header(b"P5 7100 7100 9\n" + bytes(7100 * 7100), max_pixels=100_000_000)
    assert caught.value.code == "SRC120"


@pytest.mark.parametrize("text", [b"P3 is a printer", b"P6\n12", b"P61 2 3 4\n", b"P7\nWIDTH 1\n", b"P2 1 2\n"])
def test_other_text_is_not_an_image(text):
    assert image_format(text) == ""
    assert name_content(text)[0] in ("SRC103", "SRC104")


@pytest.mark.parametrize("white", [1, 15, 100, 254, 255, 256, 1023, 65535])
@pytest.mark.parametrize("kind", [2, 3, 5, 6])
def test_unusual_number_for_white_is_reported_where_opencv_does_not_scale(kind, white):
    samples = np.full((9, 13, 3 if kind in (3, 6) else 1), white)
    binary = f"P{kind} 13 9 {white}\n".encode() + samples.astype(np.uint8 if white < 256 else ">u2").tobytes()
    body = plain(kind, samples, white) if kind < 4 else binary
    is_scaled = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).min() == 255
    words = f"Netpbm: white is {white}; Pillow scales the samples, and OpenCV does not"
    assert read_header(body, max_pixels=1000).unlike_opencv == (() if is_scaled else (words,))


def test_bytes_after_the_pixels_are_reported():
    assert read_header(FILES["P6"] + b"more", max_pixels=1000).trailing_bytes == 4


def test_image_of_a_folder_is_validated(tmp_path):
    path = tmp_path / "sign.ppm"
    path.write_bytes(FILES["P6"])
    spec = {"shape": ["N", "H", "W", 3], "dtype": "uint8", "channel_order": "RGB"}
    assert [finding.code for finding in validate(path, spec).findings] == ["SHP102"]
