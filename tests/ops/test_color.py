"""Color and orientation ops: against plain loops and against the libraries that they reproduce."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sample_images import picture

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.ops.kernels.color import color, orient

GRID = np.array(list(itertools.product(range(0, 256, 17), repeat=4)), np.uint8).reshape(256, 256, 4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_equals_pillow_exif_transpose(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(picture(5, 7))
    image.info["exif"] = exif.tobytes()
    turned = orient(picture(5, 7), orientation=orientation)
    assert np.array_equal(turned, np.asarray(ImageOps.exif_transpose(image)))
    assert turned.flags.c_contiguous


@given(st.integers(1, 8), st.integers(1, 6), st.integers(1, 6))
def test_inverse_orientation_restores_the_image(orientation, height, width):
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    back = {6: 8, 8: 6}.get(orientation, orientation)
    assert np.array_equal(orient(orient(image, orientation=orientation), orientation=back), image)


def test_equal_color_modes_return_the_same_pixels():
    for mode, to, channels in (("RGB", "RGB", 3), ("L", "GRAY", 1), ("RGBA", "RGBA", 4)):
        image = picture(channels=channels)
        assert np.array_equal(color(image, mode=mode, to=to), image)


def test_cmyk_is_converted_as_pillow_does():
    expected = np.asarray(Image.frombytes("CMYK", (256, 256), GRID.tobytes()).convert("RGB"))
    assert np.array_equal(color(GRID, mode="CMYK", to="RGB"), expected)


def test_cmyk_is_converted_as_opencv_and_tensorflow_do():
    light = 255 - GRID.astype(int)
    expected = [
        [[k - ((255 - c) * k >> 8) for c in (cyan, magenta, yellow)] for cyan, magenta, yellow, k in row]
        for row in light[::32, ::32].tolist()
    ]
    assert np.array_equal(color(GRID, mode="CMYK", to="RGB", cmyk="opencv")[::32, ::32], expected)
    expected = light[..., :3] * light[..., 3:] // 255
    assert np.array_equal(color(GRID, mode="CMYK", to="RGB", cmyk="tensorflow"), expected)


def test_luma_equals_pillow_convert():
    image = GRID[..., :3]
    assert np.array_equal(color(image, mode="RGB", to="GRAY")[..., 0], np.asarray(Image.fromarray(image).convert("L")))


def test_y_plane_gray_equals_opencv():
    image = np.ascontiguousarray(GRID[..., :3])
    made = color(image, mode="RGB", to="GRAY", to_gray="y_plane")
    assert np.array_equal(made[..., 0], cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def test_gray_is_repeated_for_each_color_channel():
    image = picture(channels=1)
    made = color(image, mode="L", to="RGB")
    assert made.shape == (48, 64, 3)
    assert all(np.array_equal(made[..., k], image[..., 0]) for k in range(3))


def test_alpha_is_dropped_kept_or_added():
    image = picture(channels=4)
    assert np.array_equal(color(image, mode="RGBA", to="RGB"), image[..., :3])
    assert np.array_equal(color(image, mode="RGBA", to="RGBA", alpha="composite"), image)
    made = color(image[..., :3], mode="RGB", to="RGBA")
    assert (made[..., 3] == 255).all()
    made = color(image[..., :2], mode="LA", to="RGBA")
    assert np.array_equal(made, image[..., [0, 0, 0, 1]])


@pytest.mark.parametrize("background", [(255, 255, 255), (10, 200, 60)])
@pytest.mark.parametrize(("mode", "channels"), [("RGBA", 4), ("LA", 2)])
def test_alpha_is_composited_over_the_background(mode, channels, background):
    image = picture(channels=channels)
    made = color(image, mode=mode, to="RGB", alpha="composite", background=list(background))
    for y, x in ((0, 0), (0, 1), (20, 20), (47, 63)):
        *solid, alpha = image[y, x].tolist()
        solid = solid * 3 if len(solid) == 1 else solid
        exact = [
            (alpha * value + (255 - alpha) * ground) / 255 for value, ground in zip(solid, background, strict=True)
        ]
        assert np.abs(made[y, x] - np.array(exact)).max() <= 0.5
    gray = color(image, mode=mode, to="GRAY", alpha="composite", background=list(background))
    assert gray.shape == (48, 64, 1)


def test_sixteen_bit_samples_keep_their_upper_byte():
    deep = np.array([0, 255, 256, 65_535, 32_768], np.uint16).reshape(1, 5, 1)
    made = color(deep, mode="L", to="RGB", bit_depth="scale")
    assert made[0, :, 0].tolist() == [0, 0, 1, 255, 128]
    with pytest.raises(CandidateError, match="bit_depth"):
        color(deep, mode="L", to="RGB")
    with pytest.raises(CandidateError, match="float32"):
        color(deep.astype(np.float32), mode="L", to="RGB", bit_depth="scale")


def test_cmyk_already_converted_to_rgb_is_unchanged():
    image = picture()
    assert np.array_equal(color(image, mode="CMYK", to="RGB"), image)
