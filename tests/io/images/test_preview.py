"""A JPEG that is read to find damage is decoded at an eighth of its size, with the verdict of its complete pixels."""

import io
import random
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from sample_images import picture

from sm_imgcheck.core.types import Decode, Header
from sm_imgcheck.features.pictures.levels import sample_levels
from sm_imgcheck.io.images.decode_jpeg import undamaged_preview
from sm_imgcheck.pipeline.read import from_bytes

KINDS = {
    "baseline": ("RGB", {}),
    "progressive": ("RGB", {"progressive": True}),
    "4:4:4": ("RGB", {"subsampling": 0}),
    "restart markers": ("RGB", {"restart_marker_blocks": 4}),
    "gray": ("L", {}),
    "CMYK": ("CMYK", {}),
}


def photo(kind):
    """A JPEG of 144x200 (HxW)."""
    mode, options = KINDS[kind]
    stream = io.BytesIO()
    Image.fromarray(picture(144, 200)).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


def mutate(body, rng):
    """The same with one damaged place: a changed byte, a marker, missing or repeated bytes, or an early end."""
    place = rng.randrange(2, len(body))
    marker = bytes((255, rng.choice((0xD0, 0xD9, 0xDA, 0xC4, 0xC0, 0xFE))))
    return rng.choice(
        (
            body[:place] + bytes([rng.randrange(256)]) + body[place + 1 :],
            body[:place] + marker + body[place:],
            body[:place] + body[place + rng.choice((1, 9, 200)) :],
            body[:place] + body[place - rng.randrange(1, 200) : place] + body[place:],
            body[:place],
        )
    )


def verdict(body, depth):
    found = from_bytes(body, "x.jpg", Decode(), depth=depth)
    return found.problem, found.header


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged_jpeg_has_a_preview_and_no_pixels(kind):
    found = from_bytes(photo(kind), "x.jpg", Decode(), depth="damage")
    whole = from_bytes(photo(kind), "x.jpg", Decode())
    assert (found.problem, found.header, found.pixels) == (None, whole.header, None)
    assert found.preview.shape == (18, 25, whole.pixels.shape[2])
    means = whole.pixels.reshape(18, 8, 25, 8, -1).mean(axis=(1, 3))
    assert np.abs(found.preview - means).mean() < 3


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_jpeg_has_the_verdict_of_its_complete_pixels(kind):
    rng, body = random.Random(kind), photo(kind)
    mutated = [mutate(body, rng) for _ in range(60)]
    verdicts = [verdict(one, "damage") for one in mutated]
    assert verdicts == [verdict(one, "pixels") for one in mutated]
    assert 0 < sum(problem is None and not (header and header.warnings) for problem, header in verdicts) < 60


@pytest.mark.slow
def test_every_jpeg_of_the_corpus_has_the_verdict_of_its_complete_pixels(shared_corpus):
    bodies = [file.read_bytes() for file in sorted(shared_corpus.rglob("*")) if file.is_file()]
    jpegs = [body for body in bodies if body[:2] == b"\xff\xd8"]
    assert len(jpegs) > 50
    for body in jpegs:
        assert verdict(body, "damage") == verdict(body, "pixels")


@pytest.mark.parametrize("size", [(127, 300), (300, 127)])
def test_small_jpeg_is_decoded_completely(size):
    stream = io.BytesIO()
    Image.fromarray(picture(*size)).save(stream, "JPEG")
    found = from_bytes(stream.getvalue(), "x.jpg", Decode(), depth="damage")
    assert found.preview is None
    assert found.pixels.shape == (*size, 3)


def test_other_formats_and_converted_profiles_are_decoded_completely():
    stream = io.BytesIO()
    Image.fromarray(picture(144, 200)).save(stream, "PNG")
    assert from_bytes(stream.getvalue(), "x.png", Decode(), depth="damage").pixels.shape == (144, 200, 3)
    assert from_bytes(photo("baseline"), "x.jpg", Decode(icc="srgb"), depth="damage").pixels.shape == (144, 200, 3)


def test_gray_levels_are_sampled_from_the_preview_of_a_jpeg_at_every_depth():
    found = from_bytes(photo("gray"), "x.jpg", Decode(), depth="damage")
    assert sample_levels(found) == found.preview[::2, ::2].tobytes("F")
    assert sample_levels(from_bytes(photo("gray"), "x.jpg", Decode(), depth="pixels")) == sample_levels(found)


def test_gray_levels_of_a_png_and_of_a_jpeg_are_nearly_equal():
    image, levels = Image.fromarray(picture(144, 200)), []
    for form, options in (("JPEG", {"quality": 100, "subsampling": 0}), ("PNG", {})):
        stream = io.BytesIO()
        image.save(stream, form, **options)
        candidate = from_bytes(stream.getvalue(), "x", Decode(), depth="damage")
        levels.append(np.frombuffer(sample_levels(candidate), np.uint8).astype(int))
    assert len(levels[0]) == len(levels[1]) > 300
    assert np.abs(levels[0] - levels[1]).max() <= 2


LOSSLESS = b"\xff\xd8" + b"".join(
    b"\xff" + bytes([marker]) + struct.pack(">H", len(segment) + 2) + segment
    for marker, segment in (
        (0xC4, b"\0" + bytes([1] + [0] * 15) + b"\0"),  # one code: every difference is 0
        (0xC3, struct.pack(">BHHB", 8, 256, 256, 1) + b"\1\x11\0"),
        (0xDA, b"\1\1\0\1\0\0"),
    )
)
LOSSLESS += bytes(256 * 256 // 8) + b"\xff\xd9"


def test_lossless_jpeg_behind_a_header_of_another_does_not_write_beyond_the_preview():
    script = (
        "import sys\nfrom sm_imgcheck.core.types import Header\n"
        "from sm_imgcheck.io.images.decode_jpeg import undamaged_preview\nbody = sys.stdin.buffer.read()\n"
        "for _ in range(50): undamaged_preview(body, Header(format='JPEG', mode='L', height=256, width=256))"
    )
    done = subprocess.run([sys.executable, "-c", script], input=LOSSLESS, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    header = Header(format="JPEG", mode="L", height=256, width=256)
    assert undamaged_preview(LOSSLESS, header) is not None  # libjpeg reads it, and does not reduce it
