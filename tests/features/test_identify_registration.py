"""Random crops, rotations and other images: parts are found by keypoints, and only another image is called so."""

import io
import re
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from sample_images import jpeg, picture

import sm_imgcheck
from sm_imgcheck.features.identify import find
from sm_imgcheck.features.identify.registration import _affine, register

SIDE = 64
SPEC = {"shape": ["N", SIDE, SIDE, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
BILINEAR = Image.Resampling.BILINEAR


def draw_rectangles(seed):
    """Pixels with detail at every scale, neither square nor gray."""
    rng = np.random.default_rng(seed)
    pixels = picture(200, 281, seed=seed).astype(int)
    for _ in range(150):
        y, x = rng.integers(0, 190), rng.integers(0, 270)
        pixels[y : y + rng.integers(4, 30), x : x + rng.integers(4, 30)] += rng.integers(-90, 90, 3)
    return np.clip(pixels, 0, 255).astype(np.uint8)


PIXELS = draw_rectangles(7)


@pytest.fixture(scope="module")
def photo():
    return jpeg(PIXELS, quality=92)


def unit(image):
    return np.asarray(image, np.float32)[np.newaxis] / np.float32(255)


def decode(body):
    return Image.open(io.BytesIO(body)).convert("RGB")


def pixel_findings(tensor, source):
    result = sm_imgcheck.validate(tensor, SPEC, source=source)
    return {finding.code: finding for finding in result.findings if finding.code.startswith("PIX")}


@pytest.mark.parametrize("angle", [0, 20, -140])
def test_register_finds_the_corners_of_a_rotated_part(angle):
    image = Image.fromarray(PIXELS).rotate(angle, BILINEAR).crop((80, 50, 200, 150))
    registration = register(np.asarray(image.resize((144, 120), BILINEAR)), PIXELS)
    assert registration.angle == pytest.approx(angle, abs=0.5)
    y, x = 100 - 100, 140 - 140.5  # center of the part from the center of the image
    turned = np.deg2rad(angle)
    center = 140.5 + x * np.cos(turned) - y * np.sin(turned), 100 + x * np.sin(turned) + y * np.cos(turned)
    assert registration.corners(120, 144).mean(axis=0) == pytest.approx(center, abs=0.7)


def add_logo(pixels):
    """The pixels with one pattern in the upper left sixth, as of a logo."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 3
    logo = Image.fromarray(draw_rectangles(9)).resize((width, height))
    return np.concatenate([np.concatenate([logo, pixels[:height, width:]], axis=1), pixels[height:]])


@pytest.mark.parametrize(("seed", "is_same"), [(8, False), (7, True)])
def test_logo_alone_does_not_register(seed, is_same):
    tensor = Image.fromarray(add_logo(draw_rectangles(seed))).resize((160, 120), BILINEAR)
    assert (register(np.asarray(tensor), add_logo(PIXELS)) is not None) == is_same


def test_keypoints_on_one_line_have_no_map():
    points = np.repeat(np.arange(20, dtype=np.float32)[:, None], 2, axis=1)
    descriptors = np.eye(20, 128, dtype=np.float32)
    assert _affine((points, descriptors), (points * 0, descriptors))[1] == 0
    assert _affine((points, descriptors), (points, descriptors))[1] == 0


def test_another_image_does_not_register():
    assert register(draw_rectangles(8)[:150, :150], PIXELS) is None


def test_random_crop_that_is_mirrored_is_exact(photo):
    part = decode(photo).crop((61, 33, 61 + 97, 33 + 120)).resize((SIDE, SIDE), BILINEAR)
    origins = find(unit(np.asarray(part)[:, ::-1]), photo)
    assert origins[0].exact
    crop = next(step for step in origins[0].steps if step.op == "crop")
    assert crop.params["size"] == [120, 97]
    assert crop.params["offset"] == [33 - 40, 61 - 92]
    assert "mirror" in [step.op for step in origins[0].steps]


def test_random_rotation_is_an_error_that_states_the_angle(photo):
    image = decode(photo).rotate(20, BILINEAR).resize((SIDE, SIDE), BILINEAR)
    findings = pixel_findings(unit(image), photo)
    assert set(findings) == {"PIX102"}
    assert findings["PIX102"].severity == "error"
    assert "rotated by 20 degrees counterclockwise" in findings["PIX102"].message


@pytest.mark.slow
def test_unknown_pipeline_of_the_right_part_is_a_warning(photo):
    image = np.asarray(decode(photo).resize((SIDE, SIDE), BILINEAR), np.float32)
    waves = image + 40 * np.sin(np.arange(SIDE) / 3)[:, None, None]
    findings = pixel_findings(np.tanh(waves / 60)[np.newaxis].astype(np.float32), photo)
    assert findings["PIX102"].severity == "warning"


@pytest.mark.slow
def test_another_image_is_a_mismatch(photo):
    assert set(pixel_findings(unit(Image.fromarray(draw_rectangles(8)).resize((SIDE, SIDE))), photo)) == {"PIX101"}


@pytest.mark.slow
def test_different_photographs_do_not_register(shared_photos):
    paths = sorted((shared_photos / "bsds").glob("*.jpg"))[::8]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    pairs = pairwise(images)
    assert [at for at, (first, other) in enumerate(pairs) if register(first[40:], other) is not None] == []


@pytest.mark.slow
def test_different_photographs_with_one_logo_do_not_register(shared_photos):
    paths = sorted((shared_photos / "bsds").glob("*.jpg"))[::8]
    images = [add_logo(np.asarray(Image.open(path).convert("RGB"))) for path in paths]
    pairs = [pair for pair in pairwise(images) if pair[0].shape == pair[1].shape]
    assert [at for at, (first, other) in enumerate(pairs) if register(first, other) is not None] == []


@pytest.mark.slow
def test_border_of_reflected_pixels_is_not_a_part_of_the_image(photo):
    pixels = np.asarray(decode(photo))
    square = np.pad(pixels, ((40, 41), (0, 0), (0, 0)), mode="reflect")
    found = pixel_findings(unit(Image.fromarray(square).resize((SIDE, SIDE), BILINEAR)), photo)
    shown = r"rows 0 to 200 and columns 0 to 28[01] of the image \(200x281\) in its rows 9 to 55 and columns 0 to 64"
    assert re.search(shown, found["PIX102"].message)
