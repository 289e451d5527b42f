"""Changes of the spec's result that are described, not reproduced: blur, colors, noise; and what they are not."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from sample_images import encode_image, picture

from sm_imgcheck import validate
from sm_imgcheck.features.identify.change import describe_change


def make_texture(seed=3):
    """Pixels with edges and colors at every scale, away from black and white."""
    rng = np.random.default_rng(seed)
    pixels = 96 + picture(96, 128, seed=seed).astype(int) // 4
    for _ in range(80):
        y, x = rng.integers(0, 90), rng.integers(0, 120)
        pixels[y : y + rng.integers(3, 25), x : x + rng.integers(3, 25)] += rng.integers(-40, 40, 3)
    return np.clip(pixels, 30, 220).astype(np.uint8)


PIXELS = make_texture()
IMAGE = Image.fromarray(PIXELS)


def rotate_hue(degrees):
    hsv = cv2.cvtColor(PIXELS, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def with_hsv_saturation(factor):
    hsv = cv2.cvtColor(PIXELS.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor, 0, 1)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255


SEPIA = PIXELS @ np.array([[0.393, 0.349, 0.272], [0.769, 0.686, 0.534], [0.189, 0.168, 0.131]]) * 0.8
NOISE = PIXELS + np.random.default_rng(0).normal(0, 8, PIXELS.shape)
CHANGES = {
    "Pillow blur": (np.asarray(IMAGE.filter(ImageFilter.GaussianBlur(2))), "Gaussian blur (standard deviation 2.0"),
    "OpenCV blur": (cv2.GaussianBlur(PIXELS, (5, 5), 0), "Gaussian blur (standard deviation 1."),
    "box blur": (cv2.blur(PIXELS, (5, 5)), "Gaussian blur (standard deviation 1."),
    "sharpened": (np.asarray(IMAGE.filter(ImageFilter.SHARPEN)), "sharpened (1."),
    "saturation": (np.asarray(ImageEnhance.Color(IMAGE).enhance(1.4)), "its saturation multiplied by 1.40"),
    "saturation in HSV": (with_hsv_saturation(0.5), "its saturation in HSV multiplied by 0.50"),
    "hue": (rotate_hue(36), "its hue rotated by 36 degrees"),
    "sepia": (SEPIA, "each channel replaced by a weighted sum of the three"),
    "other channels": (PIXELS[..., [1, 2, 0]], "with its channels in the order GBR is 0 gray levels off"),
    "one channel": (PIXELS[..., [0, 0, 0]], "with its channels in the order RRR is 0 gray levels off"),
    "gain": (np.clip(PIXELS * 1.2, 0, 255), "with its gray levels multiplied by 1.20 is"),
    "constant": (np.clip(PIXELS + 20.0, 0, 255), "with its gray levels +20 added is"),
    "contrast": ((PIXELS - 128.0) * 0.7 + 128, "with its gray levels multiplied by 0.70 and +38 added is"),
    "inverted": (255 - PIXELS, "with its gray levels inverted is 0 gray levels off"),
    "white balance": (PIXELS * [1.1, 1, 0.8], "with its gray levels multiplied by 1.10, 1.00, 0.80 is"),
    "blue of 255": (
        np.dstack((PIXELS[..., :2], np.full(PIXELS.shape[:2], 255))),
        "multiplied by 1.00, 1.00, 0.00 and +0, +0, +255 added",
    ),
    "no green": (PIXELS * [1, 0, 1], "with its gray levels multiplied by 1.00, 0.00, 1.00 is 0 gray levels off"),
    "one color": (np.full(PIXELS.shape, (10, 90, 200)), "with its gray levels replaced by 10, 90, 200 is 0 gray"),
    "power": (255 * (PIXELS / 255) ** 2.2, "with its gray levels (0..1) raised to the power 2.20 is"),
    "noise": (NOISE, "the difference is independent noise (standard deviation 8 gray levels)"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_described(name):
    image, words = CHANGES[name]
    assert words in describe_change(image.astype(np.float32), PIXELS)


OTHERS = {
    "same": PIXELS,
    "rounding": PIXELS + np.random.default_rng(0).uniform(-1, 1, PIXELS.shape),
    "median": cv2.medianBlur(PIXELS, 5),
    "shifted": np.roll(PIXELS, 1, axis=1),
    "mirrored": PIXELS[:, ::-1],
    "another image": make_texture(17),
    "posterized": PIXELS & 0xE0,
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_differences_have_no_description(name):
    assert describe_change(OTHERS[name].astype(np.float32), PIXELS) == ""


def test_gray_image_has_blur_but_no_colors():
    gray = PIXELS[..., :1]
    blurred = cv2.GaussianBlur(gray, (0, 0), 2)[..., np.newaxis]
    assert "standard deviation 2.0" in describe_change(blurred, gray)
    assert "with its gray levels multiplied by 0.80 is" in describe_change(gray * 0.8, gray)
    assert describe_change(np.full_like(gray, 90), np.full_like(gray, 30)) == ""


@pytest.mark.parametrize("order", ["RGB", "BGR"])
@pytest.mark.sample(2)
def test_unknown_pipeline_states_the_change_from_the_result_of_the_spec(order):
    spec = {"shape": ["N", 96, 128, 3], "dtype": "float32", "channel_order": order, "value_range": [-1, 1]}
    image = rotate_hue(36) if order == "RGB" else rotate_hue(36)[..., ::-1]
    tensor = (image / np.float32(127.5) - 1).astype(np.float32)[None]
    [finding] = [
        each for each in validate(tensor, spec, source=encode_image(IMAGE, "PNG")).findings if each.code == "PIX102"
    ]
    assert "the spec's result with its hue rotated by 36 degrees is 0." in finding.message


def test_numbers_beyond_every_gray_level_have_no_description():
    assert describe_change(np.full(PIXELS.shape, np.inf), PIXELS) == ""
